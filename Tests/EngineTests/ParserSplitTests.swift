import FuzzTargets
import HTTP
import HTTPEngine
import Testing

/// Where the network cuts a request says nothing about it.
@Suite("Heads in pieces")
struct ParserSplitTests {
    static let accepted = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET /a?b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://example.com:80/x?y=z HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
        "POST /api/v2/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nX:\r\nX: \t y \t\r\n\r\n",
        "FOO /ünicode HTTP/1.1\r\nHost: a\r\n\r\n".replacing("ü", with: "%C3%BC"),
        "GET / HTTP/1.1\r\nCookie: a=b; c=\"d\"\r\nCookie: e=f\r\nHost: [::1]:80\r\nX: öbs\r\n\r\n",
    ]

    static let refused = [
        "GET / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    @Test("a request cut in two at any byte gives the head it gives in one piece", arguments: accepted)
    func twoPieces(_ wire: String) throws {
        let bytes = Array(wire.utf8)
        let whole = Seen.parsing(wire)
        #expect(whole.head?.consumed == bytes.count)
        let memory = GuardedBuffer()
        for cut in 0..<bytes.count {
            var parser = RequestParser(limits: Limits())
            #expect(memory.with(bytes[..<cut]) { Seen(parser.parse($0, from: 0), $0) } == .more, "cut at \(cut)")
            #expect(memory.with(bytes) { Seen(parser.parse($0, from: 0), $0) } == whole, "cut at \(cut)")
        }
    }

    @Test("a request that comes byte by byte gives the head it gives in one piece", arguments: accepted)
    func byteByByte(_ wire: String) {
        let bytes = Array(wire.utf8)
        let memory = GuardedBuffer()
        var parser = RequestParser(limits: Limits())
        for count in 0..<bytes.count {
            #expect(memory.with(bytes[..<count]) { Seen(parser.parse($0, from: 0), $0) } == .more, "\(count) bytes")
        }
        #expect(memory.with(bytes) { Seen(parser.parse($0, from: 0), $0) } == Seen.parsing(wire))
    }

    @Test("a refused request is refused alike in one piece and byte by byte", arguments: refused)
    func refusals(_ wire: String) {
        let bytes = Array(wire.utf8)
        let memory = GuardedBuffer()
        var parser = RequestParser(limits: Limits())
        var seen = Seen.more
        for count in 0...bytes.count where seen == .more {
            seen = memory.with(bytes[..<count]) { Seen(parser.parse($0, from: 0), $0) }
        }
        #expect(seen == Seen.parsing(wire))
        guard case .reject = seen else {
            Issue.record("accepted: \(seen)")
            return
        }
    }

    @Test("requests that follow each other in one buffer are cut at any byte and read by one parser")
    func pipeline() {
        let bytes = Array(Self.accepted.joined().utf8)
        let memory = GuardedBuffer()
        for cut in 0...bytes.count {
            var parser = RequestParser(limits: Limits())
            var start = 0
            var methods: [HTTP.Method] = []
            for end in [cut, bytes.count] {
                memory.with(bytes[..<end]) { buffer in
                    while case .head(let head, let consumed) = parser.parse(buffer, from: start) {
                        methods.append(head.method)
                        start = consumed
                    }
                }
            }
            #expect(start == bytes.count, "cut at \(cut)")
            #expect(methods == [.get, .get, .get, .options, .connect, .get, .post, .post, .other, .get])
        }
    }

    @Test("the short requests of llhttp's corpus, cut at any two bytes, get the verdict they get in one piece")
    func everyPair() {
        let memory = GuardedBuffer()
        var pairs = 0
        for sample in HTTP1Case.all where sample.wire.count <= 48 {
            var parser = RequestParser(limits: Limits())
            let whole = memory.with(sample.wire) { Seen(parser.parse($0, from: 0), $0) }
            for first in 0..<sample.wire.count {
                for second in first..<sample.wire.count {
                    var parser = RequestParser(limits: Limits())
                    var pieces = Seen.more
                    for end in [first, second, sample.wire.count] where pieces == .more {
                        pieces = memory.with(sample.wire[..<end]) { Seen(parser.parse($0, from: 0), $0) }
                    }
                    if pieces != whole {
                        Issue.record("\(sample) cut at \(first) and \(second): \(pieces), not \(whole)")
                    }
                    pairs += 1
                }
            }
        }
        #expect(pairs > 40_000)
    }
}
