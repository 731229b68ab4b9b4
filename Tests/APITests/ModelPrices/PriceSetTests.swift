import API
import JSON
import Testing
import TestSupport

/// Setting prices: model-prices.md §8.3, cases 49, 50, 52, 55 of its §7. There is no licence here; case 42 is the
/// owner who simply may.
@Suite struct PriceSetTests {
    private static let nulls = ["3000000", "null", "null", "null"]

    @Test(
        "42, 49: a price with three explicit nulls: 204 without a body, and nulls in the table and in the list",
        arguments: Backend.allCases, PriceRequests.methods)
    func nulls(on backend: Backend, method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = PriceRequests.body(PriceRequests.entry("anthropic", "mine", Self.nulls))
            let answer = try await server.setPrices(owner.token, body, method: method)
            #expect(answer.status == 204)
            #expect(answer.body == "")
            #expect(try server.storedPrices() == [["anthropic", "mine", "3000000", nil, nil, nil]])
            let list = try await server.send("GET", PriceRequests.path, token: owner.token)
            #expect(list.json?[0]?["input_price"] == .number("3000000"))
            for column in PriceRequests.columns.dropFirst() { #expect(list.json?[0]?[column] == .null) }
        }
    }

    private struct Row {
        let prices: [String]
        let stored: [String?]
    }

    private static let rows = [
        Row(prices: ["0", "0", "0", "0"], stored: ["0", "0", "0", "0"]),
        Row(prices: ["null", "null", "null", "0"], stored: [nil, nil, nil, "0"]),
        Row(prices: ["9223372036854775807", "1", "2", "3"], stored: ["9223372036854775807", "1", "2", "3"]),
        Row(prices: ["-0", "null", "5", "null"], stored: ["0", nil, "5", nil]),
    ]

    @Test("50: free is a price; any one value is enough; the greatest is kept exactly", arguments: Backend.allCases)
    func values(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for row in Self.rows {
                let body = PriceRequests.body(PriceRequests.entry("google", "m", row.prices))
                #expect(try await server.setPrices(owner.token, body).status == 204, "\(row.prices)")
                #expect(try server.storedPrices() == [["google", "m"] + row.stored])
            }
        }
    }

    @Test(
        "a mentioned model is replaced in all four columns, others stay; updated_at moves, created_at does not",
        arguments: Backend.allCases, PriceRequests.methods)
    func replaces(on backend: Backend, method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let first = PriceRequests.body(PriceRequests.entry("openai", "a"), PriceRequests.entry("openai", "b"))
            #expect(try await server.setPrices(owner.token, first).status == 204)
            let before = try await server.send("GET", PriceRequests.path, token: owner.token)
            server.clock.advance(seconds: 60)
            let second = PriceRequests.body(PriceRequests.entry("openai", "b", ["null", "9", "null", "0"]))
            #expect(try await server.setPrices(owner.token, second, method: method).status == 204)
            let after = try await server.send("GET", PriceRequests.path, token: owner.token)
            #expect(after.json?.elements.count == 2)
            #expect(after.json?[0] == before.json?[0])
            let row = try #require(after.json?[1])
            #expect(PriceRequests.columns.map { row[$0] } == [.null, .number("9"), .null, .number("0")])
            #expect(row["created_at"] == before.json?[1]?["created_at"])
            #expect(before.json?[1]?["created_at"] == before.json?[1]?["updated_at"])
            #expect(row["updated_at"] != before.json?[1]?["updated_at"])
        }
    }

    @Test("the same prices again still move updated_at (§2.2)", arguments: Backend.allCases)
    func again(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var times: [JSONValue?] = []
            for _ in 0..<2 {
                #expect(
                    try await server.setPrices(owner.token, PriceRequests.body(PriceRequests.entry())).status == 204)
                let list = try await server.send("GET", PriceRequests.path, token: owner.token)
                times.append(list.json?[0]?["updated_at"])
                server.clock.advance(seconds: 1)
            }
            #expect(times[0] != nil && times[0] != times[1])
        }
    }

    @Test("52: every supported provider is one", arguments: Backend.allCases)
    func providers(on backend: Backend) async throws {
        let names = ["anthropic", "azure", "bedrock", "copilot", "google", "openai", "openrouter", "vercel"]
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let entries = names.map { PriceRequests.entry($0, "anthropic/my-model") }
            let body = "{\"prices\":[\(entries.joined(separator: ","))]}"
            #expect(try await server.setPrices(owner.token, body).status == 204)
            #expect(try server.storedPrices().map { $0[0] } == names)
        }
    }

    @Test("models are told apart by their bytes; the same model of two providers is two", arguments: Backend.allCases)
    func bytes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let pairs = [
                ("azure", "gpt-4o"), ("azure", "GPT-4o"), ("copilot", "gpt-4o"), ("azure", "caf\u{e9}"),
                ("azure", "cafe\u{301}"), ("azure", "gpt-4o "),
            ]
            let entries = pairs.map { PriceRequests.entry($0.0, $0.1) }
            let body = "{\"prices\":[\(entries.joined(separator: ","))]}"
            #expect(try await server.setPrices(owner.token, body).status == 204)
            #expect(try server.storedPrices().count == pairs.count)
        }
    }

    @Test("55: a model of the built-in book is refused by exact name only", arguments: Backend.allCases)
    func covered(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = PriceRequests.body(
                PriceRequests.entry("openai", "mine"), PriceRequests.entry("openai", "gpt-4o"))
            let answer = try await server.setPrices(owner.token, body)
            #expect(answer.status == 400)
            #expect(answer.message == "Invalid AI model prices.")
            #expect(answer.fields == ["prices[1]"])
            #expect(try server.storedPrices() == [])
            let others = PriceRequests.body(
                PriceRequests.entry("openai", "gpt-4O"), PriceRequests.entry("azure", "gpt-4o"))
            #expect(try await server.setPrices(owner.token, others).status == 204)
        }
    }

    @Test("two thousand models in one request", arguments: Backend.allCases)
    func many(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let entries = (0..<2_000).map { PriceRequests.entry("openrouter", "m\($0)", ["\($0)", "1", "null", "0"]) }
            let body = "{\"prices\":[\(entries.joined(separator: ","))]}"
            #expect(try await server.setPrices(owner.token, body).status == 204)
            #expect(
                try server.database.sql("SELECT count(*), sum(input_price) FROM ai_model_prices") == [
                    ["2000", "1999000"]
                ])
        }
    }

    @Test("names of members in other case and unknown members are Go's business", arguments: Backend.allCases)
    func names(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = """
                {"extra":[1],"Prices":[{"PROVIDER":"google","Model":"m","input_price":1,"output_price":null,\
                "cache_read_price":null,"cache_write_price":null,"currency":"EUR"}]}
                """
            #expect(try await server.setPrices(owner.token, body).status == 204)
            #expect(try server.storedPrices() == [["google", "m", "1", nil, nil, nil]])
        }
    }
}
