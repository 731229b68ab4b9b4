internal import JSON
internal import PriceBook
internal import Seeds
internal import Testing

/// model-prices.md §3 and the numbered cases of its §7 that a seed meets before a database does.
@Suite struct PriceSeedTests {
    private func check(_ text: String) throws(PriceSeedError) -> [PriceRow] {
        try PriceSeed.check(Array(text.utf8))
    }

    @Test("rows come in the order of the document, unknown apart from free")
    func readsRows() throws {
        let rows = try check(
            """
            [{"provider":"openai","model":"b","input_price":0,"output_price":null,"cache_read_price":7},
             {"model":"a","provider":"openai","cache_write_price":9223372036854775807,"extra":[{}]}]
            """)
        #expect(
            rows == [
                PriceRow(provider: "openai", model: "b", inputPrice: 0, cacheReadPrice: 7),
                PriceRow(provider: "openai", model: "a", cacheWritePrice: .max),
            ])
    }

    @Test("7, 8: no rows", arguments: ["[]", "null", " [ ] \n"])
    func refusesNothing(text: String) {
        #expect(throws: PriceSeedError.empty) { try check(text) }
        #expect(PriceSeedError.empty.description == "price seed is empty")
    }

    @Test(
        "8: no document",
        arguments: [
            ("", .empty), ("{", .truncated), ("[]x", .trailing(at: 2)), ("[null] []", .trailing(at: 7)),
            ("[{\"provider\":\"a\"]", .unexpected(93, at: 16, "after object key:value pair")),
        ] as [(String, JSONError)])
    func refusesWhatIsNoJSON(text: String, cause: JSONError) {
        #expect(throws: PriceSeedError.notJSON(cause)) { try check(text) }
        #expect(PriceSeedError.notJSON(cause).description == "parse price seed: \(cause)")
    }

    @Test(
        "9: another type in the place of the array, a row or an id",
        arguments: [
            ("{}", "document: array expected, got object"), ("7", "document: array expected, got number"),
            ("[[]]", "row 0: object expected, got array"), ("[null,\"x\"]", "row 1: object expected, got string"),
            ("[{\"provider\":1}]", "row 0: provider: string expected, got number"),
            ("[{\"MODEL\":true}]", "row 0: MODEL: string expected, got bool"),
        ])
    func refusesOtherTypes(text: String, cause: String) throws {
        let error = try #require(throws: PriceSeedError.self) { try check(text) }
        #expect(error.description == "parse price seed: \(cause)")
    }

    @Test(
        "10: what is no int64",
        arguments: [
            "\"5\"", "1.5", "1.0", "1e6", "1E0", "true", "[]", "{}", "9223372036854775808", "-9223372036854775809",
        ],
        ["input_price", "output_price", "cache_read_price", "cache_write_price", "Input_Price"])
    func refusesOtherNumbers(price: String, name: String) throws {
        let error = try #require(throws: PriceSeedError.self) {
            try check(#"[{"provider":"a","model":"b","\#(name)":\#(price)}]"#)
        }
        #expect(error.description.hasPrefix("parse price seed: row 0: \(name): "))
    }

    @Test(
        "10, 11, 14: what is one",
        arguments: [
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("-1", -1), ("-0", 0), ("null", nil),
        ] as [(String, Int64?)])
    func acceptsIntegers(price: String, value: Int64?) throws {
        let rows = try check(#"[{"provider":"a","model":"b","output_price":\#(price)}]"#)
        #expect(rows == [PriceRow(provider: "a", model: "b", outputPrice: value)])
    }

    @Test(
        "12, 60: a row that the database will refuse passes, twice too", arguments: ["null", "{}", "{\"model\":\"b\"}"])
    func leavesMissingIDsToTheDatabase(element: String) throws {
        #expect(try check("[\(element),\(element)]").count == 2)
    }

    @Test("59: names match whatever their case, ſ and the Kelvin sign included")
    func foldsNames() throws {
        let rows = try check(
            #"[{"Provider":"a","mOdel":"b","Input_Price":5,"cache_read_price\u0020":1,"cache_read_prıce":2}]"#)
        #expect(rows == [PriceRow(provider: "a", model: "b", inputPrice: 5)])
    }

    @Test("a name in two spellings: the last counts, but null leaves an id alone")
    func lastSpellingCounts() throws {
        let rows = try check(#"[{"provider":"a","Provider":"b","PROVIDER":null,"input_price":1,"Input_Price":null}]"#)
        #expect(rows == [PriceRow(provider: "b", model: "")])
    }

    @Test("13: one model twice, in any spelling of its bytes")
    func refusesARowTwice() {
        let row = #"{"provider":"a","model":"é"}"#
        let other = #"{"model":"\u00e9","input_price":1,"provider":"a"}"#
        #expect(throws: PriceSeedError.rowTwice(provider: "a", model: "é")) { try check("[\(row),\(other)]") }
    }

    @Test("13: the database reads exact names, so they make the duplicate")
    func comparesWhatIsStored() {
        let rows = #"[{"Model":"x","provider":"a","model":"m"},{"provider":"a","model":"m","Model":"y"}]"#
        #expect(throws: PriceSeedError.self) { try check(rows) }
    }

    @Test("16: case, provider and canonically equivalent ids make different rows")
    func keepsDifferentIDs() throws {
        let rows = try check(
            #"""
            [{"provider":"a","model":"gpt"},{"provider":"a","model":"GPT"},{"provider":"b","model":"gpt"},
             {"provider":"a","model":"e\u0301"},{"provider":"a","model":"\u00e9"},{"provider":"ag","model":"pt"}]
            """#)
        #expect(rows.count == 6)
        #expect(rows[3] != rows[4])
    }

    @Test("a member twice is read differently by the two databases")
    func refusesAMemberTwice() {
        #expect(throws: PriceSeedError.memberTwice(row: 1, name: "input_price")) {
            try check(#"[null,{"provider":"a","model":"b","input_price":1,"input_price":2}]"#)
        }
    }

    @Test("17: the shipped seed")
    func shippedSeedIsCanonical() throws {
        let rows = try PriceSeed.check(Seeds.modelPrices)
        #expect(rows.count == 71)
        #expect(Seeds.modelPrices.count == 13349)
        #expect(PriceSeed.isCanonical(Seeds.modelPrices))
    }
}
