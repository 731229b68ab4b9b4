import HTTP
@testable import HTTPEngine
import Testing

/// RFC 9110 §5.5, §6.6.1, §8.6: no value ends its line early; what the engine adds to every answer.
@Suite("Responses")
struct ResponseTests {
    @Test(
        "CR, LF and NUL in a value are sent as spaces, so no field can be injected",
        arguments: [
            ("a\r\nSet-Cookie: x=y", "a  Set-Cookie: x=y"), ("a\nb", "a b"), ("a\rb", "a b"), ("a\u{0}b", "a b"),
            ("\r\n\r\n<html>", "    <html>"), ("", ""), ("ü\tq", "ü\tq"), ("a\r\n", "a  "),
        ])
    func injection(_ value: String, _ sent: String) {
        var response = Response(.ok)
        response.add(.setCookie, value)
        #expect(String(decoding: response.fieldBytes, as: UTF8.self) == "Set-Cookie: \(sent)\r\n")
        let block = FieldBlock([(.vary, value)])
        var second = Response(.ok)
        second.add(block)
        #expect(String(decoding: second.fieldBytes, as: UTF8.self) == "Vary: \(sent)\r\n")
    }

    @Test("fields are sent in the order of their calls and found by name")
    func order() {
        var response = Response(.created)
        response.add(.vary, "Origin")
        response.add(.contentType, Array("a/b".utf8))
        response.add(.vary, "Cookie")
        #expect(
            String(decoding: response.fieldBytes, as: UTF8.self)
                == "Vary: Origin\r\nContent-Type: a/b\r\nVary: Cookie\r\n")
        #expect(response.values(HeaderName("vary")) == ["Origin", "Cookie"])
        #expect(response.values(.allow).isEmpty)
    }

    private static func written(
        _ response: Response, _ method: HTTP.Method = .get, closing: Bool = false, http10: Bool = false
    ) -> String {
        var head = RequestHead()
        head.method = method
        head.isHTTP10 = http10
        var out: [UInt8] = Array("before".utf8)
        let dates = DateCache()
        dates.refresh()
        ResponseWriter.write(response, to: head, closing: closing, date: dates, into: &out)
        let line = String(decoding: dates.line, as: UTF8.self)
        return String(decoding: out, as: UTF8.self).replacing(line, with: "Date: D\r\n")
    }

    @Test("an answer is a status line, Date, Content-Length, its fields, an empty line and its body, exactly")
    func bytes() {
        var response = Response(.ok, body: Array("hello".utf8))
        response.add(.vary, "Origin")
        #expect(
            Self.written(response)
                == "beforeHTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nVary: Origin\r\n\r\nhello")
        #expect(
            Self.written(response, closing: true)
                == "beforeHTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nVary: Origin\r\n"
                + "Connection: close\r\n\r\nhello"
        )
        #expect(Self.written(response, http10: true).contains("\r\nConnection: keep-alive\r\n"))
        #expect(Self.written(response, closing: true, http10: true).contains("\r\nConnection: close\r\n"))
    }

    @Test("HEAD is answered with the length of the body and without it (RFC 9110 §9.3.2)")
    func head() {
        let text = Self.written(Response(.ok, body: Array("hello".utf8)), .head)
        #expect(text.contains("\r\nContent-Length: 5\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("204 has neither Content-Length nor body (RFC 9110 §8.6)")
    func noContent() {
        let text = Self.written(Response(.noContent, body: Array("x".utf8)))
        #expect(text == "beforeHTTP/1.1 204 No Content\r\nDate: D\r\n\r\n")
    }

    @Test("an empty body has length 0, a long one its digits")
    func lengths() {
        #expect(Self.written(Response(.notFound)).contains("\r\nContent-Length: 0\r\n"))
        #expect(
            Self.written(Response(.ok, body: [UInt8](repeating: 32, count: 1_048_576)))
                .contains("\r\nContent-Length: 1048576\r\n"))
    }

    @Test("Date has the form of RFC 9110 §5.6.7")
    func date() throws {
        let cache = DateCache()
        cache.refresh()
        let text = String(decoding: cache.line, as: UTF8.self)
        let days = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
        let months = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
        let form = try Regex("Date: \(days), [0-3][0-9] \(months) 2[0-9]{3} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT\r\n")
        #expect(try form.wholeMatch(in: text) != nil, "\(text)")
    }
}
