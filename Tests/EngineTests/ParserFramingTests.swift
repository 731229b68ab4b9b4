import HTTP
import HTTPEngine
import Testing

/// RFC 9112 §6, §9.3 and RFC 9110 §10.1.1; decisions.md #23: framing that could be read in two ways is refused.
@Suite("Message framing (RFC 9112 §6, decisions.md #23)")
struct ParserFramingTests {
    private static func head(_ lines: String, _ version: String = "HTTP/1.1") -> Seen {
        Seen.parsing("POST / \(version)\r\nHost: a\r\n\(lines)\r\n\r\n")
    }

    @Test(
        "a body's length is read from Content-Length",
        arguments: [
            ("Content-Length: 5", BodyFraming.length(5)), ("content-length:5", .length(5)),
            ("CONTENT-LENGTH: \t5\t ", .length(5)), ("Content-Length: 0", .none), ("X: y", .none),
            ("Content-Length: 1048576", .length(1_048_576)),
            ("Content-Length: 999999999999999999", .length(999_999_999_999_999_999)),
            ("Transfer-Encoding: chunked", .chunked), ("transfer-encoding:CHUNKED", .chunked),
            ("Transfer-Encoding: Chunked\t", .chunked), ("X-Transfer-Encoding: chunked", .none),
            ("Content-Lengths: 5", .none), ("TE: chunked", .none),
        ])
    func framing(_ line: String, _ framing: BodyFraming) {
        #expect(Self.head(line).head?.framing == framing)
    }

    @Test(
        "a Content-Length that is not one run of digits is refused",
        arguments: [
            "", " ", "+5", "-5", "-0", "5,5", "5, 5", "5 5", "0x5", "5.0", "5e1", "5;", "\"5\"", "five", "５", "5\u{0}",
            "99999999999999999999", "18446744073709551621", "9223372036854775808", "4294967301x", "1_000", ",5", "5,",
        ])
    func faultyLengths(_ value: String) {
        #expect(Self.head("Content-Length: \(value)") == .reject(.badRequest))
    }

    @Test(
        "a transfer coding whose end cannot be known is refused with 400 (RFC 9112 §6.3)",
        arguments: [
            "", "gzip", "identity", "chunked, gzip", "chunked, identity", "chunked, chunked", "chunked,chunked",
            "xchunked", "chunkedx", "chunked x", "\"chunked\"", "chunked;q=1", "chun ked", "\u{b}chunked",
            "chunked\u{0}",
            "gzip, chunked, chunked",
        ])
    func faultyCodings(_ value: String) {
        #expect(Self.head("Transfer-Encoding: \(value)") == .reject(.badRequest))
    }

    @Test("a coding that we do not know in front of chunked is refused with 501 (RFC 9112 §6.1)")
    func unknownCodings() {
        #expect(Self.head("Transfer-Encoding: gzip, chunked") == .reject(.notImplemented))
        #expect(Self.head("Transfer-Encoding: deflate,chunked") == .reject(.notImplemented))
    }

    @Test(
        "contradictory framing is refused and never accepted",
        arguments: [
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 0\r\nContent-Length: 0", "Content-Length: 0\r\ncontent-length: 5",
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 0",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\ntransfer-encoding: identity",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked", "Content-Length : 5", "Transfer-Encoding:\r\n chunked",
            "X: y\r\n Transfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "X: y\nContent-Length: 5",
        ])
    func contradictory(_ lines: String) {
        #expect(Self.head(lines) == .reject(.badRequest))
    }

    @Test("chunked in HTTP/1.0 is faulty framing (RFC 9112 §6.1)")
    func chunkedInHTTP10() {
        #expect(Self.head("Transfer-Encoding: chunked", "HTTP/1.0") == .reject(.badRequest))
        #expect(
            Self.head("Connection: keep-alive\r\nTransfer-Encoding: chunked", "HTTP/1.0") == .reject(.badRequest))
    }

    @Test(
        "whether a connection stays open follows RFC 9112 §9.3",
        arguments: [
            ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false),
            ("HTTP/1.1", "connection:CLOSE", false),
            ("HTTP/1.1", "Connection: keep-alive", true), ("HTTP/1.1", "Connection: upgrade", true),
            ("HTTP/1.1", "Connection: keep-alive, close", false), ("HTTP/1.1", "Connection: close, keep-alive", false),
            ("HTTP/1.1", "Connection: x,close ,y", false), ("HTTP/1.1", "Connection: closed", true),
            ("HTTP/1.1", "Connection: x\r\nConnection: close", false), ("HTTP/1.1", "Connection:", true),
            ("HTTP/1.1", "Connection: close\r\nConnection: keep-alive", false), ("HTTP/1.0", "X: y", false),
            ("HTTP/1.0", "Connection: keep-alive", true), ("HTTP/1.0", "Connection: Keep-Alive", true),
            ("HTTP/1.0", "Connection: keep-alive, close", false), ("HTTP/1.0", "Connection: close", false),
        ])
    func keepAlive(_ version: String, _ line: String, _ keepsAlive: Bool) {
        #expect(Self.head(line, version).head?.keepsAlive == keepsAlive)
    }

    @Test(
        "100-continue is expected only with a body and HTTP/1.1 (RFC 9110 §10.1.1)",
        arguments: [
            ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 5", true),
            ("HTTP/1.1", "expect: 100-Continue\r\nTransfer-Encoding: chunked", true),
            ("HTTP/1.1", "Expect: 100-continue", false),
            ("HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 0", false),
            ("HTTP/1.0", "Expect: 100-continue\r\nContent-Length: 5", false), ("HTTP/1.1", "Content-Length: 5", false),
        ])
    func expect(_ version: String, _ lines: String, _ expects: Bool) {
        #expect(Self.head(lines, version).head?.expectsContinue == expects)
    }

    @Test("any other expectation is refused with 417", arguments: ["200-ok", "100-continue; a=b", "100-continued"])
    func otherExpectations(_ value: String) {
        #expect(Self.head("Expect: \(value)\r\nContent-Length: 5") == .reject(.expectationFailed))
    }
}
