internal import JSON
internal import PriceBook
internal import Testing

/// What the generator refuses, beyond the contract's letter too: repeated names, ids that no database keeps.
@Suite struct PriceGeneratorRefusalTests {
    @Test(
        "31, 64: another type anywhere, dropped providers included",
        arguments: [
            (#"[]"#, "document: object expected, got array"), (#""x""#, "document: object expected, got string"),
            (#"{"q":[]}"#, "q: object expected, got array"),
            (#"{"q":{"Models":7}}"#, "q.models: object expected, got number"),
            (#"{"q":{"models":{"m":true}}}"#, "q/m: object expected, got bool"),
            (#"{"q":{"models":{"m":{"coſt":3}}}}"#, "q/m.cost: object expected, got number"),
            (#"{"q":{"models":{"m":{"cost":{"input":"3"}}}}}"#, "q/m.cost.input: number expected, got string"),
            (#"{"q":{"models":{"m":{"cost":{"output":true}}}}}"#, "q/m.cost.output: number expected, got bool"),
            (#"{"q":{"models":{"m":{"cost":{"cache_read":[]}}}}}"#, "q/m.cost.cache_read: number expected, got array"),
            (
                #"{"q":{"models":{"m":{"cost":{"cache_write":{},"cache_write":1}}}}}"#,
                "q/m.cost.cache_write: number expected, got object"
            ),
            (#"{"q":{"models":{"m":{"cost":{"input":1e400}}}}}"#, "q/m.cost.input: 1e400 is out of range"),
            (#"{"q":{"models":{"m":{"cost":{"input":-1e400}}}}}"#, "q/m.cost.input: -1e400 is out of range"),
        ])
    func refusesOtherTypes(document: String, flaw: String) throws {
        let error = try #require(throws: PriceGeneratorError.self) { try PriceRun(document, .listed(["p"])) }
        #expect(error.description == "parse: \(flaw)")
    }

    @Test(
        "64: no document",
        arguments: [
            ("", .empty), (" ", .empty), (#"{"p":{"models":{"#, .truncated),
            (#"{"p":NaN}"#, .unexpected(78, at: 5, "looking for beginning of value")),
            (#"{"p":03}"#, .unexpected(51, at: 6, "after object key:value pair")),
            ("\u{feff}{}", .unexpected(0xef, at: 0, "looking for beginning of value")),
        ] as [(String, JSONError)])
    func refusesWhatIsNoJSON(document: String, cause: JSONError) {
        #expect(throws: PriceGeneratorError.parse(.notJSON(cause))) { try PriceRun(document) }
    }

    @Test("beyond int64", arguments: ["9223372036854.775807", "9223372036854.776", "1e13", "1e308"])
    func refusesOverflow(price: String) {
        #expect(throws: PriceGeneratorError.overflow(place: "p/m.cost.input", number: price)) {
            try PriceRun(cost: #"{"input":\#(price)}"#)
        }
    }

    @Test(
        "a name twice in a wanted provider",
        arguments: [
            (#"{"p":null,"p":{"models":{"m":{"cost":{"input":1}}}}}"#, "p"),
            (#"{"p":{"models":{},"Models":{"m":{"cost":{"input":1}}}}}"#, "p.models"),
            (#"{"p":{"models":{"m":null,"\u006d":{"cost":{"input":1}}}}}"#, "p/m"),
            (#"{"p":{"models":{"m":{"cost":{"input":1},"cost":null}}}}"#, "p/m.cost"),
            (#"{"p":{"models":{"m":{"cost":{"input":1,"output":2,"INPUT":9}}}}}"#, "p/m.cost.input"),
        ])
    func refusesRepetition(document: String, place: String) {
        #expect(throws: PriceGeneratorError.parse(.repeated(place))) { try PriceRun(document, .listed(["p"])) }
        #expect(throws: PriceGeneratorError.parse(.repeated(place))) { try PriceRun(document, .all) }
    }

    @Test("a name twice where no price comes from")
    func ignoresOtherRepetition() throws {
        let run = try PriceRun(
            #"""
            {"p":{"name":1,"name":2,"models":{"m":{"cost":{"input":1,"tiers":1,"tiers":2}},"M":null,"e\u0301":null,
             "\u00e9":null}},"q":{"models":{},"models":{}},"q":null}
            """#, .listed(["p"]))
        #expect(run.rows.count == 1)
    }

    @Test("a NUL in an id that makes a row")
    func refusesNUL() throws {
        #expect(throws: PriceGeneratorError.unusableID(#"p/a\0b"#)) {
            try PriceRun(models: #""a\u0000b":{"cost":{"input":1}}"#)
        }
        #expect(try PriceRun(models: #""a\u0000b":{}"#).others.isEmpty)
    }

    @Test("bytes that are not UTF-8 become one U+FFFD each, lone surrogates one")
    func repairsAsGoDoes() throws {
        let broken: [UInt8] = [0xff, 0x61, 0xe2, 0x82, 0x62, 0xf0, 0x9f, 0xa6, 0x63, 0xed, 0xa0, 0x80, 0xc0, 0x80]
        let document =
            Array(#"{"p":{"models":{""#.utf8) + broken + Array(#"\ud800":{"cost":{"input":1}}}}}"#.utf8)
        let run = try PriceRun(document, .listed(["p"]))
        let f = "\u{fffd}"
        #expect(run.rows.map(\.model) == ["\(f)a\(f)\(f)b\(f)\(f)\(f)c\(f)\(f)\(f)\(f)\(f)\(f)"])
        #expect(throws: PriceGeneratorError.self) { try PriceRun(document, .listed(["p"]), .strict) }
    }

    @Test("well-formed text beside broken bytes is left alone")
    func repairsNothingElse() throws {
        let text = "a\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{40000}\u{10ffff}"
        let document =
            Array(#"{"p":{"models":{"\#(text)":{"cost":{"input":1}}},"x":""#.utf8) + [0xfe] + Array(#""}}"#.utf8)
        #expect(try PriceRun(document, .listed(["p"])).rows.map { Array($0.model.utf8) } == [Array(text.utf8)])
    }

    @Test("a price below 1000 micro-USD is doubtful")
    func warnsOfTinyPrices() throws {
        let run = try PriceRun(cost: #"{"input":7.5e-7,"output":0.000999,"cache_read":7.5e-8,"cache_write":0.001}"#)
        #expect(run.others.map(\.prices) == [[1, 999, 0, 1000]])
        #expect(
            run.warnings == [
                .tiny(place: "p/m.cost.input", number: "7.5e-7", micros: 1),
                .tiny(place: "p/m.cost.output", number: "0.000999", micros: 999),
                .tiny(place: "p/m.cost.cache_read", number: "7.5e-8", micros: 0),
            ])
    }

    @Test("strict: prices that vanish, trailing bytes; rows that say nothing are left out")
    func strict() throws {
        #expect(throws: PriceGeneratorError.vanishing(place: "p/m.cost.output", number: "4e-7")) {
            try PriceRun(cost: #"{"input":0,"output":4e-7}"#, .strict)
        }
        #expect(throws: PriceGeneratorError.parse(.notJSON(.trailing(at: 3)))) { try PriceRun("{} x", .all, .strict) }
        let run = try PriceRun(cost: #"{"input":-1}"#, .strict)
        #expect(run.others.isEmpty)
        #expect(run.warnings == [.negative(-1), .valueless("p/m")])
    }

    @Test("ids cannot write lines of their own into a message")
    func escapesIDs() throws {
        let error = try #require(throws: PriceGeneratorError.self) { try PriceRun("{\"q\\n\\u001b\":1}") }
        #expect(error.description == #"parse: q\n\u{1B}: object expected, got number"#)
    }
}
