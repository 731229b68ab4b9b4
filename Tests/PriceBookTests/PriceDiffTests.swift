import PriceBook
import Testing

/// model-prices.md §8.2, cases 37–40.
@Suite struct PriceDiffTests {
    private static func row(_ model: String, _ prices: [Int64?] = [1, 2, nil, 0], provider: String = "openai")
        -> PriceRow
    {
        PriceRow(
            provider: provider, model: model, inputPrice: prices[0], outputPrice: prices[1], cacheReadPrice: prices[2],
            cacheWritePrice: prices[3])
    }

    @Test("37: the same rows in another order are no change")
    func same() {
        let rows = [Self.row("a"), Self.row("b")]
        #expect(PriceDiff(from: rows, to: rows.reversed()).markdown == "## Price book changes\n\nNo price changes.\n")
        #expect(PriceDiff(from: [], to: []).isEmpty)
    }

    @Test("38: a new model is counted once and stands under Added alone")
    func added() {
        let report = PriceDiff(from: [Self.row("a")], to: [Self.row("a"), Self.row("b")]).markdown
        #expect(report == "## Price book changes\n\n1 model added.\n\n### Added\n\n- `openai/b`\n")
    }

    @Test("39: a model with three other prices is listed once; counts have their plurals")
    func changed() {
        let old = [Self.row("a"), Self.row("b"), Self.row("c"), Self.row("d")]
        let new = [Self.row("a", [9, 8, 7, 0]), Self.row("b")]
        let report = PriceDiff(from: old, to: new).markdown
        #expect(
            report
                == """
                ## Price book changes

                2 models removed, 1 model changed.

                ### Removed

                - `openai/c`
                - `openai/d`

                ### Changed

                - `openai/a`

                """)
    }

    @Test("40: unknown and free are two prices", arguments: 0..<4)
    func unknownAndFree(_ column: Int) {
        var prices: [Int64?] = [1, 1, 1, 1]
        prices[column] = nil
        var free = prices
        free[column] = 0
        #expect(PriceDiff(from: [Self.row("a", prices)], to: [Self.row("a", free)]).changed.count == 1)
    }

    @Test("ids are told apart by their bytes, and none can break the list")
    func ids() {
        let diff = PriceDiff(from: [Self.row("e\u{301}")], to: [Self.row("\u{e9}"), Self.row("a`|\n- b")])
        #expect(diff.added.count == 2 && diff.removed.count == 1)
        let lines = diff.markdown.split(separator: "\n").filter { $0.hasPrefix("- ") }
        #expect(lines.count == 3)
    }
}
