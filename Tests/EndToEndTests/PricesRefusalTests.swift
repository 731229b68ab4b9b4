import Testing
import TestSupport

extension EndToEndTests {
    /// `usersd prices` when something is wrong: model-prices.md §3, cases 7–13, 59–61 of §7. Status 2 is a command
    /// line that makes no sense, 1 is anything else; the reason goes to standard error and nothing is written.
    @Suite(.serialized) struct PricesRefusalTests {
        private static let mistakes: [[String]] = [
            [], ["frobnicate"], ["list", "a", "b"], ["get"], ["get", "a"], ["get", "a", "b", "c"],
            ["set", "a", "b", "1", "2", "3"], ["set", "a", "b", "1", "2", "3", "4", "5"], ["seed", "a", "b"],
            ["set", "a", "b", "-1", "2", "3", "4"], ["set", "a", "b", "1", "1.5", "3", "4"],
            ["set", "a", "b", "1", "2", "x", "4"], ["set", "a", "b", "1", "2", "3", ""],
            ["set", "a", "b", "1", "2", "3", "9223372036854775808"], ["set", "a", "b", "1e6", "2", "3", "4"],
            ["set", "a", "b", "NULL", "2", "3", "4"], ["set", "a", "b", "+5", "2", "3", "4"], ["list", "--nonsense"],
        ]

        @Test("a senseless command line: status 2, a reason, and no row", arguments: mistakes)
        func senseless(words: [String]) async throws {
            try await TestDatabase.with(.sqlite) { database in
                let answer = try await Binary.run(["prices"] + words + database.arguments)
                #expect(answer.status == 2)
                #expect(answer.output == "")
                #expect(answer.log.hasPrefix("usersd: "))
                #expect(try database.priceLines() == [])
            }
        }

        private static let books: [(text: String, cause: String)] = [
            ("", "parse price seed: "), ("{", "parse price seed: "), ("[]x", "parse price seed: "),
            ("{}", "parse price seed: "), ("[]", "price seed is empty"), ("null", "price seed is empty"),
            (#"[{"provider":"a","model":"x","input_price":"5"}]"#, "parse price seed: "),
            (#"[{"provider":"a","model":"x","input_price":1.5}]"#, "parse price seed: "),
            (#"[{"provider":"a","model":"x","input_price":1e6}]"#, "parse price seed: "),
            (#"[{"provider":"a","model":"x","input_price":9223372036854775808}]"#, "parse price seed: "),
            (#"[{"provider":"a","model":"x"},{"provider":"b","model":"y","input_price":-1}]"#, "input_price"),
            (#"[{"provider":"a","model":"x"},{"provider":"b"}]"#, "model"),
            (#"[{"provider":"a","model":"x"},{"Provider":"b","model":"y"}]"#, "provider"), ("[null]", "provider"),
            (#"[{"provider":"a","model":"x"},{"provider":"a","model":"x"}]"#, "twice"),
            (#"[{"provider":"a","model":"x"},{"provider":"b","model":"a\u0000b"}]"#, ""),
        ]

        @Test(
            "7–13, 59–61: a book that cannot be applied: status 1, a reason, and the table as it was",
            arguments: Backend.allCases)
        func books(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                #expect(try await PricesProgram.run("set", "a", "x", "7", "7", "7", "7", on: database).status == 0)
                try await withFolder { folder in
                    for book in Self.books {
                        let file = try PricesProgram.file("book", book.text, in: folder)
                        let answer = try await PricesProgram.run("seed", file, on: database)
                        #expect(answer.status == 1, "\(book.text)")
                        #expect(answer.output == "", "\(book.text)")
                        #expect(answer.log.hasPrefix("usersd: "), "\(book.text)")
                        #expect(answer.log.contains(book.cause), "\(book.text) \(answer.log)")
                        #expect(try database.priceLines() == ["a x 7 7 7 7"], "\(book.text)")
                    }
                }
            }
        }

        @Test("a book that cannot be read is named, and so is the reason", arguments: ["missing", "folder"])
        func unreadable(kind: String) async throws {
            try await TestDatabase.with(.sqlite) { database in
                try await withFolder { folder in
                    let path = kind == "folder" ? folder : "\(folder)/missing"
                    let answer = try await PricesProgram.run("seed", path, on: database)
                    #expect(answer.status == 1 || answer.status == 2)
                    #expect(answer.output == "")
                    #expect(answer.lines.count == 1)
                    #expect(answer.log.contains(path))
                    #expect(answer.log.contains(kind == "folder" ? "s a directory" : "No such file or directory"))
                }
            }
        }

        @Test("a database that is not there: status 1", arguments: ["list", "seed"])
        func noDatabase(command: String) async throws {
            for arguments in [
                ["--sqlite-path", "/no/such/folder/a.sqlite"],
                ["--postgres-url", "postgresql:///x?host=/no/such/folder"],
            ] {
                let answer = try await Binary.run(["prices", command] + arguments)
                #expect(answer.status == 1)
                #expect(answer.output == "")
                #expect(answer.log.hasPrefix("usersd: "))
            }
        }
    }
}
