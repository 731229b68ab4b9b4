internal import PriceBook
internal import Testing

/// The numbered cases of model-prices.md §7 that the generator owes.
@Suite struct PriceGeneratorTests {
    @Test("21: an unlisted provider is dropped, rows are sorted")
    func selectsAndSorts() throws {
        let run = try PriceRun(
            #"""
            {"openai":{"models":{"b":{"cost":{"input":1}},"a":{"cost":{"output":2}}}},
             "other":{"models":{"x":{"cost":{"input":9}}}},
             "anthropic":{"id":"inner","models":{"c":{"id":"inner","cost":{"input":3}}}}}
            """#)
        #expect(
            run.rows == [
                PriceRow(provider: "anthropic", model: "c", inputPrice: 3_000_000),
                PriceRow(provider: "openai", model: "a", outputPrice: 2_000_000),
                PriceRow(provider: "openai", model: "b", inputPrice: 1_000_000),
            ])
        #expect(run.providerCount == 2)
        #expect(run.warnings.isEmpty)
    }

    @Test("all: every provider of the document, priced or not")
    func takesAll() throws {
        let document =
            #"{"z":{"models":{"m":{"cost":{"input":1}}}},"é":{"models":{"m":{"cost":{"input":0}}}},"n":null}"#
        let run = try PriceRun(document, .all)
        #expect(run.rows.map(\.provider) == ["z", "é"])
        #expect(run.providerCount == 3)
        #expect(throws: PriceGeneratorError.noPricingData) { try PriceRun("{}", .all) }
    }

    @Test("a provider listed twice counts once; listing matches bytes")
    func listsByBytes() throws {
        let document = #"{"e\u0301":{"models":{"m":{"cost":{"input":1}}}},"K":{"models":{"m":{"cost":{"input":1}}}}}"#
        #expect(try PriceRun(document, .listed(["e\u{301}", "e\u{301}"])).providerCount == 1)
        #expect(throws: PriceGeneratorError.providersMissing(["\u{e9}", "\u{212a}", "k"])) {
            try PriceRun(document, .listed(["\u{e9}", "K", "\u{212a}", "k"]))
        }
    }

    @Test(
        "22: no row",
        arguments: [
            #""m":{}"#, #""m":null"#, #""m":{"cost":null}"#, #""m":{"cost":{}}"#, #""m":{"cost":{"reasoning":4}}"#,
            #""m":{"cost":{"input":null,"context_over_200k":{"input":1}}}"#, #""m":{"pricing":{"input":3}}"#,
        ])
    func skipsUnpriced(models: String) throws {
        #expect(try PriceRun(models: models).others.isEmpty)
    }

    @Test(
        "23, 24: a row",
        arguments: [
            (#"{"input":0}"#, [0, nil, nil, nil]),
            (
                #"{"input":3,"output":15,"cache_read":0.3,"cache_write":3.75}"#,
                [3_000_000, 15_000_000, 300_000, 3_750_000]
            ),
            (#"{"cache_read":0.125}"#, [nil, nil, 125_000, nil]),
            (#"{"INPUT":1,"Cache_Write":2,"tiers":[1,"x"]}"#, [1_000_000, nil, nil, 2_000_000]),
        ] as [(String, [Int64?])])
    func converts(cost: String, prices: [Int64?]) throws {
        #expect(try PriceRun(cost: cost).others.map(\.prices) == [prices])
    }

    @Test(
        "25, 63: the product is rounded, halves away from zero",
        arguments: [
            ("0.075", 75_000), ("1.1", 1_100_000), ("0.0000005", 1), ("0.00000049", 0), ("-0", 0), ("-0.0e5", 0),
            ("0.0001245", 124), ("0.0001255", 125), ("0.0002445", 244), ("0.1234565", 123_457), ("1e-400", 0),
            ("33.3333335", 33_333_334), ("2.0000015", 2_000_002), ("25E-1", 2_500_000),
            ("9223372036854.774", 9_223_372_036_854_773_760), ("0.30000000000000000000000000000000000000001", 300_000),
        ] as [(String, Int64)])
    func rounds(price: String, micros: Int64) throws {
        let run = try PriceRun(cost: #"{"input":\#(price)}"#)
        #expect(run.others.map(\.inputPrice) == [micros])
        #expect(!run.warnings.contains { if case .negative = $0 { true } else { false } })
    }

    @Test("26: a negative price is unknown, with a warning")
    func warnsOfNegatives() throws {
        let run = try PriceRun(cost: #"{"input":-1,"output":2}"#)
        #expect(run.others == [PriceRow(provider: "p", model: "m", outputPrice: 2_000_000)])
        #expect(run.warnings.map(\.description) == ["warning: negative price -1.000000, treating as missing"])
        #expect(try PriceRun(cost: #"{"input":-1e-9}"#).others == [PriceRow(provider: "p", model: "m")])
        #expect(PriceWarning.negative(-1e-9).description.contains(" -0.000000,"))
        #expect(PriceWarning.negative(-.greatestFiniteMagnitude).description.utf8.count > 340)
    }

    @Test("27: a model whose prices are all negative is kept")
    func keepsAllNegatives() throws {
        let run = try PriceRun(cost: #"{"input":-1,"output":-1,"cache_read":-1,"cache_write":-1}"#)
        #expect(run.others == [PriceRow(provider: "p", model: "m")])
        #expect(run.warnings.count == 4)
    }

    @Test(
        "28: missing providers, in the order of the list",
        arguments: [
            ("{}", "anthropic openai"), ("null", "anthropic openai"),
            (#"{"openai":{"models":{"a":{"cost":{"input":1}}}}}"#, "anthropic"),
            (#"{"anthropic":{"models":{"a":{"cost":{"input":1}}}},"openai":null}"#, "openai"),
            (#"{"openai":{"models":{}},"anthropic":{"models":null}}"#, "anthropic openai"),
            (#"{"openai":{},"Anthropic":{"models":{"a":null}}}"#, "anthropic openai"),
        ])
    func namesMissingProviders(document: String, names: String) throws {
        let error = try #require(throws: PriceGeneratorError.self) { try PriceRun(document) }
        #expect(error.description == "providers missing or empty in upstream: [\(names)]")
    }

    @Test("29: cache prices alone are no prices", arguments: [#"{"cache_read":1,"cache_write":2}"#, #"{"input":-3}"#])
    func wantsInputOrOutput(cost: String) throws {
        let error = try #require(throws: PriceGeneratorError.self) {
            try PriceRun(#"{"p":{"models":{"m":{"cost":\#(cost)}}}}"#, .listed(["p"]))
        }
        #expect(error.description == "converted rows have no pricing data; upstream schema may have changed")
    }

    @Test("30: one provider without prices is no error")
    func acceptsAnUnpricedProvider() throws {
        let run = try PriceRun(#"{"anthropic":{"models":{"a":null}},"openai":{"models":{"b":{"cost":{"output":0}}}}}"#)
        #expect(run.rows == [PriceRow(provider: "openai", model: "b", outputPrice: 0)])
        #expect(run.providerCount == 2)
    }

    @Test("64: what follows the first value is ignored")
    func readsOneValue() throws {
        #expect(try PriceRun(#"{"p":{"models":{"m":{"cost":{"input":1}}}}} x{"#, .listed(["p"])).rows.count == 1)
    }
}
