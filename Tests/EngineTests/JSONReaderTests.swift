import JSON
import Testing

/// RFC 8259, and Go's habits of keys-and-shell.md §8.3.
@Suite("Reading JSON (RFC 8259, keys-and-shell.md §8.3)")
struct JSONReaderTests {
    @Test(
        "a valid document is its value",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), (" \t\r\n1\n ", .number("1")),
            ("0", .number("0")),
            ("-0", .number("-0")), ("-1.50", .number("-1.50")), ("1e9", .number("1e9")), ("1E+9", .number("1E+9")),
            ("0.1e-7", .number("0.1e-7")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")),
            (#""""#, .string("")), (#""ab""#, .string("ab")), (#""ü€𝄞""#, .string("ü€𝄞")),
            ("\"\u{7f}\"", .string("\u{7f}")),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")), (#""\u0041\u00fc\u20AC""#, .string("Aü€")),
            (#""\u0000""#, .string("\0")), (#""\ud834\udd1e""#, .string("𝄞")), (#""\uD834\uDD1Ex""#, .string("𝄞x")),
            ("[]", .array([])), ("[ ]", .array([])),
            ("[1,[2],{}]", .array([.number("1"), .array([.number("2")]), .object([])])),
            ("{}", .object([])),
            ("{ \"a\" : 1 , \"a\" : null }", .object([.init("a", .number("1")), .init("a", .null)])),
            (#"{"":[]}"#, .object([.init("", .array([]))])), (#"{"\u0061":1}"#, .object([.init("a", .number("1"))])),
        ] as [(String, JSONValue)])
    func accepted(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONReader.only(Array(text.utf8)) == value)
        #expect(try JSONReader.first(Array(text.utf8)) == value)
    }

    static let invalid = [
        "nul", "nulL", "True", "tru", "NaN", "Infinity", "-", "-a", "+1", ".5", "1.", "1.e1", "1e", "1e+", "1ex", "--1",
        "-.1",
        "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\"\\u\"", "\"\\U0041\"", "\"a\nb\"",
        "\"\u{0}\"",
        "\"\t\"", "\"\u{1f}\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"",
        "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{,}",
        "{\"a\"::1}",
        "[\"a\":1]", "\u{feff}1", "/*a*/1", "#", "\u{a0}1", "\\u0031", "\u{c}1", "undefined", "\"\\ud800\\u12\"",
    ]

    @Test("an invalid document is refused", arguments: invalid)
    func refused(_ text: String) {
        #expect(throws: JSONError.self) { try JSONReader.first(Array(text.utf8)) }
        #expect(throws: JSONError.self) { try JSONReader.only(Array(text.utf8)) }
    }

    @Test("nothing but white space is `EOF`, a text that ends early `unexpected EOF` (keys-and-shell.md §8.3)")
    func ends() {
        for text in ["", " ", "\n\t\r "] {
            #expect(throws: JSONError.empty) { try JSONReader.first(Array(text.utf8)) }
        }
        for text in ["{", "[", "\"", "{\"a\":", "[1,", "tru", "-", "1e", "{\"a\":1", "\"\\u00"] {
            #expect(throws: JSONError.truncated) { try JSONReader.first(Array(text.utf8)) }
        }
        #expect("\(JSONError.empty)" == "EOF")
        #expect("\(JSONError.truncated)" == "unexpected EOF")
    }

    @Test(
        "only the first value is read; whatever follows is ignored",
        arguments: [
            ("{} garbage", .object([])), ("1 2", .number("1")), ("null}", .null), ("[]\u{0}", .array([])),
            ("\"a\"\"b", .string("a")),
            ("{}{", .object([])), ("01", .number("0")), ("truefalse", .bool(true)),
        ] as [(String, JSONValue)])
    func firstOnly(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONReader.first(Array(text.utf8)) == value)
        #expect(throws: JSONError.self) { try JSONReader.only(Array(text.utf8)) }
    }

    @Test(
        "a surrogate that stands alone becomes U+FFFD, what follows it is kept",
        arguments: [
            (#""\ud800""#, "\u{fffd}"), (#""\udc00""#, "\u{fffd}"), (#""\ud800a""#, "\u{fffd}a"),
            (#""\udc00\ud800""#, "\u{fffd}\u{fffd}"), (#""\ud800\u0041""#, "\u{fffd}A"),
            (#""\ud800\ud834\udd1e""#, "\u{fffd}𝄞"),
            (#""\ud800\n""#, "\u{fffd}\n"), (#""\udbff\udfff""#, "\u{10ffff}"),
            (#""\ud800\ud800""#, "\u{fffd}\u{fffd}"),
        ])
    func surrogates(_ text: String, _ expected: String) throws {
        #expect(try JSONReader.only(Array(text.utf8)) == .string(expected))
    }

    @Test(
        "bytes that are not UTF-8 become U+FFFD, with and without escapes around them",
        arguments: [[0xff], [0x80], [0xc0], [0xfe], [0xf5]] as [[UInt8]])
    func invalidUTF8(_ bytes: [UInt8]) throws {
        let quoted = [34, 97] + bytes + [98, 34]
        #expect(try JSONReader.only(quoted) == .string("a\u{fffd}b"))
        let escaped = [34, 92, 110] + bytes + [92, 110, 34]
        #expect(try JSONReader.only(escaped) == .string("\n\u{fffd}\n"))
        #expect(try JSONReader.only([123] + quoted + [58, 49, 125]) == .object([.init("a\u{fffd}b", .number("1"))]))
        #expect(throws: JSONError.self) { try JSONReader.only(bytes) }
    }
}
