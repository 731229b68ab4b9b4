import HTTP
import HTTPEngine
import Testing

/// RFC 9112 §2.2, §3.2, §5: the Host field, field names and values, folding, line ends.
@Suite("Fields (RFC 9112 §3.2, §5)")
struct ParserFieldTests {
    @Test(
        "a value is what stands between its white space; names and repetitions stay as they were sent",
        arguments: [
            ("X: a", "X: a"), ("X:a", "X: a"), ("X:  a\t ", "X: a"), ("X:\ta\t", "X: a"), ("X:", "X: "),
            ("X: \t ", "X: "), ("X: a  b\tc", "X: a  b\tc"), ("x-Y_z: \"q\"", "x-Y_z: \"q\""),
            ("!#$%&'*+-.^_`|~09aZ: v", "!#$%&'*+-.^_`|~09aZ: v"), ("X: ü", "X: ü"), ("X: a:b", "X: a:b"),
        ])
    func accepted(_ line: String, _ seen: String) throws {
        let head = try #require(Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n").head)
        #expect(head.fields == ["Host: a", seen])
    }

    @Test("repeated fields stay in their order")
    func order() throws {
        let head = try #require(
            Seen.parsing("GET / HTTP/1.1\r\nX: 1\r\nHost: a\r\nx: 2\r\nY: 3\r\nX: 1\r\n\r\n").head)
        #expect(head.fields == ["X: 1", "Host: a", "x: 2", "Y: 3", "X: 1"])
    }

    @Test(
        "a faulty field line is refused with 400",
        arguments: [
            "X : a", "X\t: a", " X: a", "\tX: a", ": a", ":", "X", "X a", "X Y: a", "X(: a", "X\u{0}: a", "Xü: a",
            "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n : b", "X: a\u{0}b", "X: a\u{1}", "X: \u{7f}", "X: a\rb", "X: a\r",
            "X: a\r\r", "\rX: a", "X\r: a", "X;: a", "X=: a", "\"X\": a", "X: a\u{b}", "X: a\u{c}b", "X: \u{1b}",
        ])
    func malformed(_ line: String) {
        #expect(Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n") == .reject(.badRequest))
    }

    @Test(
        "a line that ends in a bare line feed is refused, wherever it stands",
        arguments: [
            "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\nHost: a\n\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            "GET / HTTP/1.1\r\nX: a\n b\r\nHost: a\r\n\r\n", "GET /\n HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
    func bareLineFeed(_ wire: String) {
        #expect(Seen.parsing(wire) == .reject(.badRequest))
    }

    @Test(
        "a host, with or without a port, is taken (RFC 9112 §3.2)",
        arguments: [
            "a", "example.com", "example.com:80", "example.com:", "127.0.0.1:3000", "[::1]", "[::1]:3000", "a_b-c.d~e",
            "xn--bcher-kva.example", "%41", "",
        ])
    func hosts(_ value: String) throws {
        let head = try #require(Seen.parsing("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n").head)
        #expect(head.fields == ["Host: \(value)"])
    }

    @Test(
        "what is no host and port is refused with 400 (RFC 9112 §3.2: an invalid field value)",
        arguments: [
            "a b", "a/b", "http://a", "u@a", "a,b c", "a\\b", "a?b", "a#b", "a\"", "<a>", "ü", "a\tb", "a:b", "a:80:80",
            "[::1", "::1]", "[::1]x", "a:80a", "%zz", "[]", "a[b]",
        ])
    func noHosts(_ value: String) {
        #expect(Seen.parsing("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n") == .reject(.badRequest))
    }

    @Test("HTTP/1.1 has exactly one Host, HTTP/1.0 at most one (RFC 9112 §3.2)")
    func hostCount() {
        #expect(Seen.parsing("GET / HTTP/1.1\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET http://a/ HTTP/1.1\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == .reject(.badRequest))
        #expect(Seen.parsing("GET / HTTP/1.0\r\n\r\n").head?.isHTTP10 == true)
        #expect(Seen.parsing("GET / HTTP/1.0\r\nHost: a\r\n\r\n").head?.isHTTP10 == true)
    }
}
