import HTTP
import Testing

/// Queries as HTML forms write them and Go reads them; cookies by RFC 6265 §5.4.
@Suite("Query items and cookies")
struct QueryAndCookieTests {
    @Test(
        "a query is pairs of decoded names and values, in order",
        arguments: [
            ("", ""), ("a=b", "a=b"), ("a=b&c=d", "a=b|c=d"), ("a", "a="), ("a=", "a="), ("=b", "=b"),
            ("a=b=c", "a=b=c"),
            ("a+b=c+d", "a b=c d"), ("a%3Db=c%26d", "a=b=c&d"), ("a=1&a=2", "a=1|a=2"), ("&&a=b&&", "a=b"),
            ("a;b=c&d=e", "d=e"), ("a=b;c", ""), ("a=%3B", "a=;"), ("a=%zz&b=c", "b=c"), ("a=%4&b=c", "b=c"),
            ("%zz=a&b=c", "b=c"), ("a=%C3%BC", "a=ü"), ("a=%FF", "a=\u{fffd}"), ("a=?", "a=?"),
        ])
    func query(_ text: String, _ expected: String) {
        let bytes = Array("xx\(text)yy".utf8)
        let items = QueryItems(bytes[2..<(bytes.count - 2)]).items
        #expect(items.map { "\($0.name)=\($0.value)" }.joined(separator: "|") == expected)
    }

    @Test("the first and all values of a name")
    func lookUp() {
        let items = QueryItems(Array("a=1&b=2&a=3".utf8)[...])
        #expect(items.first("a") == "1")
        #expect(items.all("a") == ["1", "3"])
        #expect(items.first("c") == nil)
        #expect(items.all("A").isEmpty)
    }

    /// A request whose fields are `lines`.
    private static func request(_ lines: [(String, String)]) -> Request {
        var bytes: [UInt8] = []
        var fields: [Request.Field] = []
        for (name, value) in lines {
            let start = bytes.count
            bytes += Array(name.utf8)
            let middle = bytes.count
            bytes += Array(value.utf8)
            fields.append(Request.Field(name: start..<middle, value: middle..<bytes.count))
        }
        return Request(
            method: .get, path: 0..<0, query: nil, fields: fields, bytes: bytes, body: [],
            peer: PeerAddress(v4: 0x7f00_0001))
    }

    @Test(
        "a cookie is found by its exact name, the first one wins",
        arguments: [
            (["s=1"], "1"), (["a=0; s=1"], "1"), (["a=0;s=1"], "1"), (["s=1; s=2"], "1"), (["a=0", "s=1"], "1"),
            (["s="], ""),
            (["s=\"q\""], "q"), (["s=\""], "\""), (["s=\"\""], ""), (["s=a=b"], "a=b"), (["s"], nil), (["S=1"], nil),
            (["ss=1"], nil), (["xs=1; s=2"], "2"), ([""], nil), ([], nil), ([" \ts=1\t ; a=b"], "1"),
            ([";;; s=1"], "1"),
            (["a=\"; s=1"], "1"),
        ] as [([String], String?)])
    func cookie(_ lines: [String], _ expected: String?) {
        let request = Self.request([("Host", "s=9")] + lines.map { ("cOOkie", $0) })
        #expect(Cookies.value("s", in: request).map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test("a request's fields are found without regard to case, first and all")
    func fields() {
        let request = Self.request([("X-a", "1"), ("host", "h"), ("x-A", "2")])
        #expect(request.text(.host) == "h")
        #expect(request.text(HeaderName("X-A")) == "1")
        #expect(request.values(HeaderName("x-a")).map { String(decoding: $0, as: UTF8.self) } == ["1", "2"])
        #expect(request.value(.cookie) == nil)
    }

    @Test("two header names that differ in case only are the same name (RFC 9110 §5.1)")
    func headerNames() {
        #expect(HeaderName("Host") == HeaderName("hOST"))
        #expect(HeaderName("Host") != HeaderName("Hos"))
        // Only letters have a case: `@` and a backquote are 0x20 apart too.
        #expect(!HeaderName("a@").matches(Array("a`".utf8)))
        #expect(!HeaderName("a[").matches(Array("a{".utf8)))
    }
}
