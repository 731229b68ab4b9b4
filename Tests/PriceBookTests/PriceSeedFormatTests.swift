internal import PriceBook
internal import Testing

/// model-prices.md §4.5.
@Suite struct PriceSeedFormatTests {
    @Test("32: sorted, indented, null explicit, one newline")
    func writesTheFile() {
        let rows = [
            PriceRow(provider: "openai", model: "a&b", inputPrice: 0),
            PriceRow(
                provider: "anthropic", model: "x", inputPrice: 1, outputPrice: .max, cacheReadPrice: 3,
                cacheWritePrice: 4),
        ]
        let file = """
            [
              {
                "provider": "anthropic",
                "model": "x",
                "input_price": 1,
                "output_price": 9223372036854775807,
                "cache_read_price": 3,
                "cache_write_price": 4
              },
              {
                "provider": "openai",
                "model": "a\\u0026b",
                "input_price": 0,
                "output_price": null,
                "cache_read_price": null,
                "cache_write_price": null
              }
            ]

            """
        #expect(String(decoding: PriceSeed.render(rows), as: UTF8.self) == file)
        #expect(PriceSeed.isCanonical(Array(file.utf8)))
        #expect(PriceSeed.render([]) == Array("[]\n".utf8))
    }

    @Test(
        "strings are escaped as Go does it",
        arguments: [
            ("<b>&", #"\u003cb\u003e\u0026"#), ("\u{2028}\u{2029}", #"\u2028\u2029"#), ("q\"b\\s/", #"q\"b\\s/"#),
            ("\u{0}\u{1f}\u{7f}", "\\u0000\\u001f\u{7f}"), ("\u{8}\u{c}\n\r\t", #"\b\f\n\r\t"#),
            ("é e\u{301} 模 🦊 \u{fffd} \u{feff}", "é e\u{301} 模 🦊 \u{fffd} \u{feff}"),
        ])
    func escapes(id: String, written: String) {
        let file = String(decoding: PriceSeed.render([PriceRow(provider: id, model: "m")]), as: UTF8.self)
        let line = file.split(separator: "\n")[2]
        #expect(line.utf8.elementsEqual("    \"provider\": \"\(written)\",".utf8))
    }

    @Test("ids are sorted by their bytes, not by what they look like")
    func sortsBytewise() throws {
        let models = ["\u{e9}", "e\u{301}", "z", "Z", "", "\u{10000}", "\u{ffff}", "ea", "e"]
        let rows = try PriceSeed.check(PriceSeed.render(models.map { PriceRow(provider: "p", model: $0) }))
        let sorted = ["", "Z", "e", "ea", "e\u{301}", "z", "\u{e9}", "\u{ffff}", "\u{10000}"]
        #expect(rows.map { Array($0.model.utf8) } == sorted.map { Array($0.utf8) })
    }

    @Test("one provider that begins like another stays apart from it")
    func sortsProvidersFirst() {
        let short = PriceRow(provider: "a", model: "z")
        let long = PriceRow(provider: "ab", model: "a")
        #expect(PriceRow.precedes(short, long))
        #expect(!PriceRow.precedes(long, short))
        #expect(!PriceRow.precedes(short, short))
    }

    @Test("17: not canonical: unsorted, negative, other bytes, empty, broken")
    func noticesOtherForms() {
        let a = PriceRow(provider: "a", model: "a", inputPrice: 1)
        let b = PriceRow(provider: "b", model: "a", inputPrice: 1)
        let first = String(decoding: PriceSeed.render([a]).dropFirst(2).dropLast(3), as: UTF8.self)
        let second = String(decoding: PriceSeed.render([b]).dropFirst(2).dropLast(3), as: UTF8.self)
        #expect(PriceSeed.isCanonical(Array("[\n\(first),\n\(second)\n]\n".utf8)))
        #expect(!PriceSeed.isCanonical(Array("[\n\(second),\n\(first)\n]\n".utf8)))
        #expect(!PriceSeed.isCanonical(Array("[\n\(first),\n\(first)\n]\n".utf8)))
        #expect(!PriceSeed.isCanonical(Array("[\n\(first)\n]".utf8)))
        #expect(!PriceSeed.isCanonical(PriceSeed.render([PriceRow(provider: "a", model: "b", outputPrice: -1)])))
        #expect(!PriceSeed.isCanonical(PriceSeed.render([])))
        #expect(!PriceSeed.isCanonical(Array("[".utf8)))
    }

    @Test("what is written is read back", arguments: 0..<200 as Range<UInt64>)
    func roundTrips(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let rows = RandomRows.unique(using: &random)
        let file = PriceSeed.render(rows.shuffled(using: &random))
        #expect(try PriceSeed.check(file) == rows.sorted(by: PriceRow.precedes))
        #expect(PriceSeed.isCanonical(file))
    }
}

private enum RandomRows {
    private static let scalars: [Unicode.Scalar] = [
        "a", "A", "e", "\u{e9}", "\u{301}", "\"", "\\", "/", "<", ">", "&", "\u{2028}", "\u{2029}", "\n", "\u{0}",
        "\u{7f}", "\u{fffd}", "模", "\u{e000}", "\u{1f98a}", "\u{10ffff}", "\u{212a}", "K", "\u{17f}", " ",
    ]

    /// Between 1 and 40 rows; ids are short, so that they resemble one another.
    static func unique(using random: inout SplitMix) -> [PriceRow] {
        var seen: Set<[[UInt8]]> = []
        var rows: [PriceRow] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let row = PriceRow(
                provider: id(&random), model: id(&random), inputPrice: price(&random), outputPrice: price(&random),
                cacheReadPrice: price(&random), cacheWritePrice: price(&random))
            if seen.insert([Array(row.provider.utf8), Array(row.model.utf8)]).inserted { rows.append(row) }
        }
        return rows
    }

    private static func id(_ random: inout SplitMix) -> String {
        var id = ""
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            id.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
        }
        return id
    }

    private static func price(_ random: inout SplitMix) -> Int64? {
        [nil, 0, 1, .max, Int64.random(in: 0 ... .max, using: &random)].randomElement(using: &random) ?? nil
    }
}

/// A repeatable source, so that a failing case fails again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
