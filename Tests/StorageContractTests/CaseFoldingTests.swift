import Storage
import Testing
import TestSupport

/// `CaseFolding`: Postgres's `lower` and `ILIKE` under C.UTF-8 (database.md §8.1).
@Suite struct CaseFoldingTests {
    @Test(
        "lower maps one scalar to one scalar",
        arguments: [
            ("", ""), ("aZ@[`{", "az@[`{"), ("ÀÉÖÞ", "àéöþ"), ("×÷", "×÷"), ("\u{130}", "i"), ("I\u{131}", "i\u{131}"),
            ("ſ", "ſ"), ("\u{212A}", "k"), ("\u{212B}", "å"), ("\u{2126}", "ω"), ("ẞß", "ßß"), ("ΑΣ", "ασ"),
            ("Σς", "σς"),
            ("Ǆǅǆ", "ǆǆǆ"), ("Ж", "ж"), ("Ա", "ա"), ("日本", "日本"), ("🙂", "🙂"), ("E\u{301}", "e\u{301}"),
            ("\u{10400}", "\u{10428}"), ("Ⅷ", "ⅷ"), ("Ⓐ", "ⓐ"),
        ])
    func lower(_ text: String, _ folded: String) {
        #expect(Array(CaseFolding.lower(text).unicodeScalars) == Array(folded.unicodeScalars))
        #expect(Array(CaseFolding.lower(folded).unicodeScalars) == Array(folded.unicodeScalars), "folding twice")
    }

    // swift-format-ignore
    static let likes: [(text: String, pattern: String, isLike: Bool)] = [
        ("", "", true), ("", "%", true), ("", "%%%", true), ("", "_", false), ("a", "", false), ("a", "A", true),
        ("a", "_", true), ("é", "_", true), ("e\u{301}", "_", false), ("e\u{301}", "__", true), ("🙂", "_", true),
        ("🇨🇦", "_", false), ("🇨🇦", "__", true), ("\r\n", "_", false), ("\r\n", "__", true), ("a\nb", "a%b", true),
        ("abc", "a%c", true), ("abc", "a%d", false), ("abc", "%b%", true), ("abc", "_b_", true), ("abc", "____", false),
        ("abcabd", "%abd", true), ("aaa", "%a_a", true), ("aa", "%a_a", false), ("abab", "a%ab", true),
        ("ab", "ab%_", false),
        ("mississippi", "m%iss%ip%i", true), ("mississippi", "m%iss%iss%iss%", false), ("abc", "a%%_c", true),
        ("%", "\\%", true), ("a", "\\%", false), ("_", "\\_", true), ("a", "\\_", false), ("\\", "\\\\", true),
        ("a", "\\A", true), ("a\\", "a\\\\", true), ("a%c", "a\\%c", true), ("abc", "a\\%c", false),
        ("ab", "a\\b", true),
        ("É", "é", true), ("é", "É", true), ("\u{130}", "i", true), ("i", "\u{130}", true),
        ("\u{130}", "\u{131}", false),
        ("\u{212A}", "K", true), ("k", "\u{212A}", true), ("ſ", "S", false), ("s", "ſ", false), ("ß", "ẞ", true),
        ("ß", "ss", false),
        ("Σ", "ς", false), ("é", "e\u{301}", false), ("ab", "\\a\\b", true), ("%%", "\\%%", true), ("%a", "\\%_", true),
    ]

    @Test("ILIKE, row by row", arguments: likes)
    func like(_ row: (text: String, pattern: String, isLike: Bool)) {
        #expect(CaseFolding.isLike(row.text, row.pattern) == row.isLike)
    }

    @Test("the table is what Postgres says")
    func tableOnPostgres() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let pairs = Self.likes.map { "(\(quoted($0.text)), \(quoted($0.pattern)))" }.joined(separator: ",")
            let rows = try database.sql("SELECT t ILIKE p FROM (VALUES \(pairs)) AS v (t, p)")
            #expect(rows == Self.likes.map { [$0.isLike ? "t" : "f"] })
        }
    }

    @Test("a pattern that would make a backtracking matcher run for ever is answered")
    func pathological() {
        let text = String(repeating: "a", count: 2_000)
        let pattern = String(repeating: "%a", count: 500) + "%b"
        #expect(!CaseFolding.isLike(text, pattern))
        #expect(CaseFolding.isLike(text + "b", pattern))
    }
}

/// A text as a Postgres literal, whatever stands in it.
func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "'": "''"
        case "\\": "\\\\"
        default: String(scalar)
        }
    }
    return "E'\(escaped.joined())'"
}
