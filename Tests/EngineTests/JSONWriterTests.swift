import JSON
import Testing

/// users.md §1.1 and keys-and-shell.md §8.5: compact, keys in order, Go's escaping, one newline at the end.
@Suite("Writing JSON (keys-and-shell.md §8.5)")
struct JSONWriterTests {
    private static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(
        "a string is escaped as Go escapes it, byte for byte",
        arguments: [
            ("", ""), ("abc", "abc"), ("\"", #"\""#), ("\\", #"\\"#), ("/", "/"), ("<a>&", #"\u003ca\u003e\u0026"#),
            ("\u{8}\u{c}\n\r\t", #"\b\f\n\r\t"#), ("\u{0}\u{1}\u{1f}\u{b}", #"\u0000\u0001\u001f\u000b"#),
            ("\u{7f}", "\u{7f}"),
            ("\u{2028}\u{2029}", #"\u2028\u2029"#), ("a\u{2028}b", #"a\u2028b"#),
            ("\u{2027}\u{202a}€", "\u{2027}\u{202a}€"),
            ("ü€𝄞👋", "ü€𝄞👋"), ("\u{fffd}", "\u{fffd}"), ("'", "'"), ("\u{85}\u{a0}", "\u{85}\u{a0}"),
            ("e\u{301}", "e\u{301}"),
        ])
    func escaping(_ value: String, _ expected: String) {
        #expect(Array(Self.text { $0.string(value) }.utf8) == Array("\"\(expected)\"".utf8))
        #expect(
            Self.text {
                $0.object {
                    $0.key(value); $0.null()
                }
            } == "{\"\(expected)\":null}")
    }

    @Test(
        "integers are written with all their digits",
        arguments: [
            (0, "0"), (-1, "-1"), (9, "9"), (10, "10"), (Int64.max, "9223372036854775807"),
            (.min, "-9223372036854775808"),
            (604_800_000_000_000, "604800000000000"),
        ] as [(Int64, String)])
    func integers(_ value: Int64, _ expected: String) {
        #expect(Self.text { $0.integer(value) } == expected)
    }

    @Test("structure is compact, in the order of the calls, with commas where they belong")
    func structure() {
        let text = Self.text {
            $0.object {
                $0.key("z" as StaticString)
                $0.integer(1)
                $0.key("a" as StaticString)
                $0.array([[1, 2], [], [3]] as [[Int64]]) { $0.array($1) { $0.integer($1) } }
                $0.key("o" as StaticString)
                $0.object { _ in }
                $0.key("p" as StaticString)
                $0.plain { $0.append(113) }
                $0.key("l" as StaticString)
                $0.array([true, false]) { $0.bool($1) }
                $0.key("n" as StaticString)
                $0.null()
                $0.key("e" as StaticString)
                $0.array([String]()) { $0.string($1) }
                $0.key("m" as StaticString)
                $0.array([1, 2] as [Int64]) { writer, number in
                    writer.object {
                        $0.key("i" as StaticString)
                        $0.integer(number)
                    }
                }
            }
        }
        #expect(
            text == #"{"z":1,"a":[[1,2],[],[3]],"o":{},"p":"q","l":[true,false],"n":null,"e":[],"m":[{"i":1},{"i":2}]}"#
        )
    }

    @Test("JSON that was written already takes its place with its commas")
    func ready() {
        let text = Self.text { writer in
            writer.array([#"{"a":1}"#, "[]"]) { $0.json(Array($1.utf8)) }
        }
        #expect(text == #"[{"a":1},[]]"#)
    }

    @Test("a document ends in one newline")
    func newline() {
        var writer = JSONWriter()
        writer.array([1] as [Int64]) { $0.integer($1) }
        #expect(writer.finished() == Array("[1]\n".utf8))
    }
}
