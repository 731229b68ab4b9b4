import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// `usersd prices list|get|set|seed` when all is well, on both backends: what `usersd help` promises of it, with
    /// the meaning of model-prices.md §1, §2.2 and §3.
    @Suite(.serialized) struct PricesPrintingTests {
        @Test("seed applies the built-in book, says nothing, and may be repeated", arguments: Backend.allCases)
        func seed(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                for _ in 0..<2 {
                    let seed = try await PricesProgram.run("seed", on: database)
                    #expect(seed.status == 0)
                    #expect(seed.output == "")
                    #expect(seed.log == "")
                    #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["71"]])
                }
            }
        }

        @Test("an empty table is a header, and [] for programs", arguments: Backend.allCases)
        func empty(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                let table = try await PricesProgram.run("list", on: database)
                #expect(table.status == 0)
                #expect(table.output.split(separator: "\n").count == 1)
                let json = try await PricesProgram.run("list", "--json", on: database)
                #expect(json.status == 0)
                #expect(try JSONReader.only(Array(json.output.utf8)) == .array([]))
            }
        }

        @Test(
            "list: a line for each row, aligned, unknown apart from free; a provider narrows it",
            arguments: Backend.allCases)
        func list(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                for words in [
                    ["b", "long-name", "1", "0", "null", "12345678"], ["a", "x", "null", "null", "null", "0"],
                ] {
                    let set = try await Binary.run(["prices", "set"] + words + database.arguments)
                    #expect(set.status == 0)
                    #expect(set.output == "")
                }
                let lines = try await PricesProgram.run("list", on: database).output.split(separator: "\n")
                try #require(lines.count == 3)
                #expect(Set(lines.map(\.count)).count == 1)
                #expect(lines[1].split(separator: " ") == ["a", "x", "-", "-", "-", "0"])
                #expect(lines[2].split(separator: " ") == ["b", "long-name", "1", "0", "-", "12345678"])
                let one = try await PricesProgram.run("list", "b", on: database).output.split(separator: "\n")
                #expect(one.count == 2)
                #expect(one.last?.hasPrefix("b ") == true)
                #expect(try await PricesProgram.run("list", "nobody", on: database).status == 0)
            }
        }

        @Test(
            "--json: all six keys, null for unknown, sorted by bytes; before and behind the options",
            arguments: Backend.allCases)
        func json(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                try database.sql(
                    sqlite: """
                        INSERT INTO ai_model_prices VALUES ('p', 'é"', 9223372036854775807, NULL, 0, 1, 7, 8),
                        ('p', 'Z', 1, 1, 1, 1, 7, 8), ('p', 'a', 1, 1, 1, 1, 7, 8)
                        """,
                    postgres: """
                        INSERT INTO ai_model_prices VALUES ('p', 'é"', 9223372036854775807, NULL, 0, 1, now(), now()),
                        ('p', 'Z', 1, 1, 1, 1, now(), now()), ('p', 'a', 1, 1, 1, 1, now(), now())
                        """)
                for arguments in [["list", "--json"] + database.arguments, ["list"] + database.arguments + ["--json"]] {
                    let answer = try await Binary.run(["prices"] + arguments)
                    let json = try JSONReader.only(Array(answer.output.utf8))
                    #expect(json.elements.compactMap { $0["model"]?.text } == ["Z", "a", "é\""])
                    let last = try #require(json[2])
                    #expect(
                        last.names == [
                            "provider", "model", "input_price", "output_price", "cache_read_price", "cache_write_price",
                        ])
                    #expect(last["input_price"] == .number("9223372036854775807"))
                    #expect(last["output_price"] == .null)
                    #expect(last["cache_read_price"] == .number("0"))
                }
            }
        }

        @Test("get prints one row; what is not there is status 1 and one line", arguments: Backend.allCases)
        func get(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                _ = try await PricesProgram.run("seed", on: database)
                let one = try await PricesProgram.run("get", "openai", "gpt-4o", "--json", on: database)
                #expect(one.status == 0)
                #expect(try JSONReader.only(Array(one.output.utf8)).elements.count == 1)
                let table = try await PricesProgram.run("get", "openai", "gpt-4o", on: database)
                #expect(table.output.split(separator: "\n").count == 2)
                for (provider, model) in [
                    ("openai", "GPT-4o"), ("anthropic", "gpt-4o"), ("openai", "gpt"), ("openai", ""), ("", "gpt-4o"),
                    ("", ""),
                ] {
                    let none = try await PricesProgram.run("get", provider, model, on: database)
                    #expect(none.status == 1, "\"\(provider)\" \"\(model)\"")
                    #expect(none.output == "", "\"\(provider)\" \"\(model)\"")
                    #expect(none.lines.count == 1, "\"\(provider)\" \"\(model)\"")
                }
            }
        }

        @Test("set replaces all four prices and nothing else; unknown is null", arguments: Backend.allCases)
        func set(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                for words in [
                    ["a", "x", "1", "2", "3", "4"], ["a", "y", "1", "2", "3", "4"],
                    ["a", "x", "null", "0", "9223372036854775807", "null"],
                ] {
                    #expect(try await Binary.run(["prices", "set"] + words + database.arguments).status == 0)
                }
                #expect(try database.priceLines() == ["a x - 0 9223372036854775807 -", "a y 1 2 3 4"])
            }
        }

        @Test(
            "seed FILE: covered rows are replaced, others stay (5, 6); a very long name is kept (61)",
            arguments: Backend.allCases)
        func seedFile(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database async throws in
                try await withFolder { folder in
                    let name = String(repeating: "n", count: 10_000)
                    let first = try PricesProgram.file(
                        "first", #"[{"provider":"a","model":"x","input_price":1},{"provider":"b","model":"\#(name)"}]"#,
                        in: folder)
                    let second = try PricesProgram.file(
                        "second", #"[{"provider":"a","model":"x","output_price":0}]"#, in: folder)
                    #expect(try await PricesProgram.run("seed", first, on: database).status == 0)
                    #expect(try database.priceLines() == ["a x 1 - - -", "b \(name) - - - -"])
                    #expect(try await PricesProgram.run("seed", second, on: database).status == 0)
                    #expect(try database.priceLines().first == "a x - 0 - -")
                }
            }
        }
    }
}
