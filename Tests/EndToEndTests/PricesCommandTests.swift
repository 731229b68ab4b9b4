import JSON
import TestSupport
import Testing

/// `usersd prices`, and two of them at once on one database.
@Suite struct PricesCommandTests {
    private func run(_ arguments: [String]) async throws -> (status: Int32, output: String, log: String) {
        let process = try Binary(["prices"] + arguments)
        let status = try await process.exit()
        return (status, process.output, process.log)
    }

    @Test("seed, list, get and set, for people and for programs")
    func commands() async throws {
        try await withFolder { folder in
            let path = ["--sqlite-path", "\(folder)/prices.sqlite"]
            #expect(try await run(["seed"] + path).status == 0)
            let list = try await run(["list", "--json"] + path)
            #expect(try JSONReader.first(Array(list.output.utf8)).elements.count == 71)
            let table = try await run(["list", "anthropic"] + path)
            #expect(table.output.split(separator: "\n").count == 24 && table.output.hasPrefix("PROVIDER"))
            #expect(try await run(["set", "azure", "my-model", "1", "0", "null", "2"] + path).status == 0)
            let one = try await run(["get", "azure", "my-model", "--json"] + path)
            #expect(
                one.output
                    == #"[{"provider":"azure","model":"my-model","input_price":1,"output_price":0,"cache_read_price":null,"cache_write_price":2}]"#
                    + "\n")
        }
    }

    private static let mistakes: [([String], Int32)] = [
        (["get", "nobody", "nothing"], 1), (["set", "a", "b", "-1", "0", "0", "0"], 2), (["frobnicate"], 2),
        (["seed", "/nonexistent.json"], 2), ([], 2),
    ]

    @Test("what is wrong is said, and the status tells", arguments: mistakes)
    func wrong(_ arguments: [String], _ status: Int32) async throws {
        let answer = try await run(arguments + ["--sqlite-path", ":memory:"])
        #expect(answer.status == status && answer.output.isEmpty && !answer.log.isEmpty)
    }
}
