import Testing
import TestSupport

extension EndToEndTests {
    /// `diff-model-prices OLD NEW`: model-prices.md §8.2, cases 37, 38 and 41 of §7.
    @Suite(.serialized) struct PriceDiffProgramTests {
        private static let book = #"[{"provider":"p","model":"a","input_price":1},{"provider":"p","model":"b"}]"#

        @Test("37: identical, reordered and reformatted books: status 0 and the form for no changes")
        func same() async throws {
            try await withFolder { folder in
                let old = try PricesProgram.file("old.json", Self.book, in: folder)
                let reformatted = """
                    [ {"model":"b", "provider":"p"},
                      {"provider":"p","input_price":1,"model":"\\u0061"} ]

                    """
                let other = try PricesProgram.file("new.json", reformatted, in: folder)
                for new in [old, other] {
                    let diff = try await PricesProgram.diff([old, new])
                    #expect(diff.status == 0)
                    #expect(diff.output == "## Price book changes\n\nNo price changes.\n")
                    #expect(diff.log == "")
                }
            }
        }

        @Test("38: changes are status 0 too; an empty book is a book")
        func changes() async throws {
            try await withFolder { folder in
                let old = try PricesProgram.file("old.json", "[]", in: folder)
                let new = try PricesProgram.file("new.json", Self.book, in: folder)
                let added = try await PricesProgram.diff([old, new])
                #expect(added.status == 0)
                #expect(added.output == "## Price book changes\n\n2 models added.\n\n### Added\n\n- `p/a`\n- `p/b`\n")
                let removed = try await PricesProgram.diff([new, old])
                #expect(removed.output.contains("2 models removed.\n\n### Removed\n"))
            }
        }

        @Test("41: a missing argument, a missing file, a folder, no JSON: status 1, one line, no report")
        func refused() async throws {
            try await withFolder { folder in
                let good = try PricesProgram.file("good.json", Self.book, in: folder)
                var bad: [String] = ["\(folder)/missing", folder]
                for (index, text) in [
                    "", "{", "{}", "[1]", "\(Self.book) x", #"[{"provider":"p","model":"a","input_price":1.5}]"#,
                    #"[{"provider":"p","model":"a"},{"provider":"p","model":"a"}]"#,
                    String(repeating: "[", count: 20_000), String(repeating: #"{"a":"#, count: 9_999),
                ].enumerated() {
                    bad.append(try PricesProgram.file("bad\(index).json", text, in: folder))
                }
                let lines = [[], [good], [good, good, good], ["--old", good], ["-x", good], [""], ["", ""]]
                for arguments in lines + bad.flatMap({ [[good, $0], [$0, good]] }) {
                    let diff = try await PricesProgram.diff(arguments)
                    #expect(diff.status == 1, "\(arguments)")
                    #expect(diff.output == "", "\(arguments)")
                    #expect(diff.lines.count == 1, "\(arguments) \(diff.log)")
                    #expect(diff.log.hasPrefix("diff-model-prices: "), "\(arguments)")
                    #expect(diff.log.utf8.count < 400, "\(arguments)")
                }
            }
        }

        @Test("forty thousand models")
        func large() async throws {
            try await withFolder { folder in
                let old = try PricesProgram.file("old.json", PricesProgram.book(40_000, price: 1), in: folder)
                let new = try PricesProgram.file("new.json", PricesProgram.book(39_999, price: 2), in: folder)
                let diff = try await PricesProgram.diff([old, new])
                #expect(diff.status == 0)
                #expect(diff.output.contains("1 model removed, 39999 models changed."))
                #expect(diff.output.hasSuffix("- `p/m9999`\n"))
            }
        }
    }
}
