internal import PriceBook
internal import Seeds
internal import Testing

/// The difference of two price books and its report: model-prices.md §8.2, cases 37–40 of §7.
@Suite struct PriceDiffReportTests {
    private static let book = [
        PriceRow(provider: "anthropic", model: "opus", inputPrice: 3, outputPrice: 15),
        PriceRow(provider: "openai", model: "gpt", inputPrice: 2, cacheReadPrice: 1),
        PriceRow(provider: "openai", model: "o1", inputPrice: 0),
    ]

    private static func report(_ old: [PriceRow], _ new: [PriceRow]) -> String {
        PriceDiff(from: old, to: new).markdown
    }

    private static func row(_ model: String, _ price: Int64? = 1) -> PriceRow {
        PriceRow(provider: "p", model: model, inputPrice: price)
    }

    private static let nothing = "## Price book changes\n\nNo price changes.\n"

    @Test("37: the same rows, in any order, are no changes")
    func same() throws {
        let shipped = try PriceSeed.check(Seeds.modelPrices)
        for book in [[], Self.book, shipped] {
            #expect(PriceDiff(from: book, to: book).isEmpty)
            #expect(Self.report(book, book.reversed()) == Self.nothing)
        }
    }

    @Test("37: the same rows in another formatting are no changes")
    func reformatted() throws {
        let old = #"[{"provider":"p","model":"é","input_price":1,"output_price":null},{"provider":"p","model":"b"}]"#
        let new = """
            [ {"model" : "b", "provider":"p"},

            {"x":1.5,"model":"\\u00e9",\t"provider":"p","input_price":1}]
            """
        let (before, after) = (try PriceSeed.check(Array(old.utf8)), try PriceSeed.check(Array(new.utf8)))
        #expect(Self.report(before, after) == Self.nothing)
    }

    @Test("38: one model added is counted once, and there is only the Added section")
    func added() {
        let report = Self.report(Self.book, [Self.row("new")] + Self.book)
        #expect(report == "## Price book changes\n\n1 model added.\n\n### Added\n\n- `p/new`\n")
    }

    @Test("one model removed: only the Removed section")
    func removed() {
        let report = Self.report(Self.book, Array(Self.book.dropFirst()))
        #expect(report == "## Price book changes\n\n1 model removed.\n\n### Removed\n\n- `anthropic/opus`\n")
    }

    @Test("39: a model whose prices all changed is listed once, without a figure")
    func changedOnce() {
        var book = Self.book
        book[0] = PriceRow(
            provider: "anthropic", model: "opus", inputPrice: 7, outputPrice: 8, cacheReadPrice: 9, cacheWritePrice: 6)
        let report = Self.report(Self.book, book)
        #expect(report == "## Price book changes\n\n1 model changed.\n\n### Changed\n\n- `anthropic/opus`\n")
    }

    @Test(
        "40: each of the four prices counts, and unknown is not free",
        arguments: [(nil, 0), (0, nil), (1, 2), (nil, 1), (1, nil), (.max, .max - 1)] as [(Int64?, Int64?)])
    func anyPrice(old: Int64?, new: Int64?) {
        let columns: [WritableKeyPath<PriceRow, Int64?>] = [
            \.inputPrice, \.outputPrice, \.cacheReadPrice, \.cacheWritePrice,
        ]
        for column in columns {
            var (before, after) = (Self.row("m", 5), Self.row("m", 5))
            before[keyPath: column] = old
            after[keyPath: column] = new
            let diff = PriceDiff(from: [before], to: [after])
            #expect(diff.changed == [after])
            #expect(diff.added.isEmpty && diff.removed.isEmpty)
        }
    }

    @Test("all three at once: counted in words that fit the number, sorted by bytes, in the order of the lists")
    func everything() {
        let old = [Self.row("a"), Self.row("b"), Self.row("c"), Self.row("d", nil)]
        let new = [Self.row("z"), Self.row("Z"), Self.row("é"), Self.row("b", 2), Self.row("d", 0)]
        #expect(
            Self.report(old, new) == """
                ## Price book changes

                3 models added, 2 models removed, 2 models changed.

                ### Added

                - `p/Z`
                - `p/z`
                - `p/é`

                ### Removed

                - `p/a`
                - `p/c`

                ### Changed

                - `p/b`
                - `p/d`

                """)
    }

    @Test(
        "ids are told apart by their bytes: spelling, case, provider",
        arguments: [("é", "e\u{301}"), ("K", "\u{212a}"), ("gpt", "GPT"), ("gpt", "gpt "), ("", "\u{200b}")])
    func bytes(old: String, new: String) {
        let diff = PriceDiff(from: [Self.row(old)], to: [Self.row(new)])
        #expect(diff.added.map { Array($0.model.utf8) } == [Array(new.utf8)])
        #expect(diff.removed.map { Array($0.model.utf8) } == [Array(old.utf8)])
        #expect(diff.changed.isEmpty)
    }

    @Test("provider and model are two texts: a/b + c is not a + b/c")
    func slash() {
        let diff = PriceDiff(
            from: [PriceRow(provider: "a/b", model: "c")], to: [PriceRow(provider: "a", model: "b/c")])
        #expect(diff.added.count == 1)
        #expect(diff.removed.count == 1)
    }

    @Test("a book that has a row several times is compared whole, and the model named once")
    func repeated() {
        let twice = [Self.row("m", 1), Self.row("m", 2)]
        #expect(PriceDiff(from: twice, to: twice).isEmpty)
        #expect(PriceDiff(from: [Self.row("m", 1)], to: twice).changed.count == 1)
        #expect(PriceDiff(from: [], to: twice).added.count == 1)
    }

    @Test(
        "an id that is full of Markdown stays one line of the list",
        arguments: [
            ("a`b", "``p/a`b``"), ("a``b`c", "```p/a``b`c```"), ("tick`", "`` p/tick` ``"), ("a|b", "`p/a|b`"),
            ("a\nb", "`p/a\\nb`"), ("a\r\n\r\n# b", "`p/a\\r\\n\\r\\n# b`"), ("*x* [y](z) <b>", "`p/*x* [y](z) <b>`"),
            ("a\u{0}b", "`p/a\\0b`"), ("a\tb", "`p/a\\tb`"), ("\n", "`p/\\n`"), ("```", "```` p/``` ````"),
        ])
    func hostile(model: String, line: String) {
        let report = Self.report([], [Self.row(model), Self.row("zz")])
        #expect(report == "## Price book changes\n\n2 models added.\n\n### Added\n\n- \(line)\n- `p/zz`\n")
    }

    @Test("spaces and backticks at the start of an id stay apart from the fence too")
    func edges() {
        let report = Self.report([], [PriceRow(provider: "`p", model: "m"), PriceRow(provider: " p", model: "m ")])
        #expect(report.hasSuffix("- `  p/m  `\n- `` `p/m ``\n"))
    }
}
