import HTTP
import HTTPEngine
import Testing

/// RFC 9112 §2.2, §2.3, §3: the request line, its versions and the four forms of a target.
@Suite("Request line (RFC 9112 §2-§3)")
struct ParserRequestLineTests {
    struct Target: Sendable {
        let line: String
        let method: HTTP.Method
        let path: String
        let query: String?

        init(_ line: String, _ method: HTTP.Method, _ path: String, _ query: String? = nil) {
            (self.line, self.method, self.path, self.query) = (line, method, path, query)
        }
    }

    @Test(
        "a well-formed request line is taken apart into method, path and query",
        arguments: [
            Target("GET / HTTP/1.1", .get, "/"),
            Target("HEAD /a HTTP/1.1", .head, "/a"),
            Target("POST /a/b HTTP/1.1", .post, "/a/b"),
            Target("PUT /a HTTP/1.1", .put, "/a"),
            Target("PATCH /a HTTP/1.1", .patch, "/a"),
            Target("DELETE /a HTTP/1.1", .delete, "/a"),
            Target("TRACE /a HTTP/1.1", .trace, "/a"),
            Target("OPTIONS /a HTTP/1.1", .options, "/a"),
            Target("FOO /a HTTP/1.1", .other, "/a"),
            Target("M-SEARCH /a HTTP/1.1", .other, "/a"),
            Target("get /a HTTP/1.1", .other, "/a"),
            Target("GETX /a HTTP/1.1", .other, "/a"),
            Target("GET /a?b=c&d HTTP/1.1", .get, "/a", "b=c&d"),
            Target("GET /a? HTTP/1.1", .get, "/a", ""),
            Target("GET /a?b?c HTTP/1.1", .get, "/a", "b?c"),
            Target("GET /?/ HTTP/1.1", .get, "/", "/"),
            Target("GET //a///b/ HTTP/1.1", .get, "//a///b/"),
            Target("GET /%2F%zz HTTP/1.1", .get, "/%2F%zz"),
            Target("GET /a:b@c;d=e,f!$&'()*+~._- HTTP/1.1", .get, "/a:b@c;d=e,f!$&'()*+~._-"),
            Target("GET http://example.com/x?y HTTP/1.1", .get, "/x", "y"),
            Target("GET HTTP://EXAMPLE.com:80/x HTTP/1.1", .get, "/x"),
            Target("GET https://[::1]:8443/x HTTP/1.1", .get, "/x"),
            Target("OPTIONS * HTTP/1.1", .options, "*"),
            Target("GET / HTTP/1.0", .get, "/"),
        ])
    func wellFormed(_ target: Target) throws {
        let head = try #require(Seen.parsing("\(target.line)\r\nHost: a\r\n\r\n").head)
        #expect(head.method == target.method)
        #expect(head.path == target.path)
        #expect(head.query == target.query)
        #expect(head.isHTTP10 == target.line.hasSuffix("1.0"))
        #expect(head.consumed == target.line.utf8.count + 13)
    }

    @Test("an absolute target without a path stands for the root (RFC 9112 §3.2.1, §3.2.2)")
    func absoluteWithoutPath() throws {
        let plain = try #require(Seen.parsing("GET http://example.com HTTP/1.1\r\nHost: a\r\n\r\n").head)
        #expect(PathSegments(Array(plain.path.utf8)[...])?.count == 0)
        let query = try #require(Seen.parsing("GET http://example.com?a=b HTTP/1.1\r\nHost: a\r\n\r\n").head)
        #expect(PathSegments(Array(query.path.utf8)[...])?.count == 0)
        #expect(query.query == "a=b")
    }

    @Test("CONNECT takes an authority and names no path of ours (RFC 9112 §3.2.3)")
    func connect() throws {
        let head = try #require(Seen.parsing("CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n").head)
        #expect(head.method == .connect)
        #expect(!head.path.hasPrefix("/"))
    }

    @Test("empty lines in front of a request are ignored (RFC 9112 §2.2)", arguments: ["\r\n", "\r\n\r\n"])
    func emptyLines(_ lines: String) throws {
        let head = try #require(Seen.parsing("\(lines)GET /a HTTP/1.1\r\nHost: a\r\n\r\n").head)
        #expect(head.path == "/a")
        #expect(head.consumed == lines.utf8.count + 28)
    }

    @Test(
        "a faulty request line is refused with 400",
        arguments: [
            "GET /", "GET / ", "GET", "GET ", " GET / HTTP/1.1", "\tGET / HTTP/1.1", "GET  / HTTP/1.1",
            "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t",
            "GET / HTTP/1.1 x", "GET / http/1.1", "GET / HTTP/1.1x", "GET / HTTP/11", "GET / HTTP/1.", "GET / HTTP/.1",
            "GET / HTTP/1,1", "GET / HTTP/a.b", "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTPS/1.1",
            "GET / HTTP 1.1",
            "GET / HTTP", "GET / H", "GET / HTTP/", "GET /a b HTTP/1.1", "GET /a#b HTTP/1.1", "GET /?a#b HTTP/1.1",
            "GET /\u{1} HTTP/1.1", "GET /\u{7f} HTTP/1.1", "GET /\u{0} HTTP/1.1", "GET /ü HTTP/1.1",
            "GET a HTTP/1.1", "GET example.com:443 HTTP/1.1", "GET * HTTP/1.1", "OPTIONS ** HTTP/1.1",
            "OPTIONS *a HTTP/1.1", "GET ?a HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET http:/a HTTP/1.1",
            "GET http:a HTTP/1.1", "GET http:// HTTP/1.1", "GET http:///a HTTP/1.1", "GET http://?a HTTP/1.1",
            "GET http://u@a/ HTTP/1.1", "GET http://u:p@a/ HTTP/1.1", "GET http://a\\b/ HTTP/1.1", "(GET) / HTTP/1.1",
            "GE:T / HTTP/1.1", "G\u{0}T / HTTP/1.1", "GÉT / HTTP/1.1", "GET /\rHTTP/1.1", "GET / HTTP/1.1\r",
            "\u{16}\u{3}\u{1}\u{2}", "{\"a\":1}",
        ])
    func malformed(_ line: String) {
        #expect(Seen.parsing("\(line)\r\nHost: a\r\n\r\n") == .reject(.badRequest))
    }

    @Test(
        "a major version that is not ours is refused with 505 (RFC 9110 §15.6.6)",
        arguments: ["HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"])
    func versions(_ version: String) {
        #expect(Seen.parsing("GET / \(version)\r\nHost: a\r\n\r\n") == .reject(.versionNotSupported))
    }

    @Test("the preface of HTTP/2 is no request of ours")
    func prefaceOfHTTP2() {
        #expect(Seen.parsing("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").head == nil)
        #expect(Seen.parsing("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") != .more)
    }
}
