import API
import JSON
import Testing
import TestSupport

/// Listing prices: model-prices.md §8.3 (GET), case 54 and the last part of case 52 of its §7.
@Suite struct PriceListTests {
    private static let pairs = [
        ("openrouter", "anthropic/my-model"), ("anthropic", "b"), ("anthropic", "B"), ("anthropic", "a b+c&d"),
        ("openai", "b"), ("openrouter", "é"), ("openrouter", "z"), ("anthropic", "b2"),
    ]

    private static func with(_ backend: Backend, _ body: @Sendable (TestServer, String) async throws -> Void)
        async throws
    {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let entries = pairs.map { PriceRequests.entry($0.0, $0.1) }
            let answer = try await server.setPrices(owner.token, "{\"prices\":[\(entries.joined(separator: ","))]}")
            #expect(answer.status == 204)
            try await body(server, owner.token)
        }
    }

    private static func names(_ answer: Answer) -> [String] {
        answer.json?.elements.map { "\($0["provider"]?.text ?? "-") \($0["model"]?.text ?? "-")" } ?? ["no list"]
    }

    @Test("an empty table is an empty list", arguments: Backend.allCases)
    func empty(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let answer = try await server.send("GET", PriceRequests.path, token: owner.token)
            #expect(answer.status == 200)
            #expect(answer.json == .array([]))
        }
    }

    @Test("rows are the table's columns, in order; times are the server's", arguments: Backend.allCases)
    func columns(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = PriceRequests.body(
                PriceRequests.entry("google", "m", ["1", "null", "0", "9223372036854775807"]))
            #expect(try await server.setPrices(owner.token, body).status == 204)
            let answer = try await server.send("GET", PriceRequests.path, token: owner.token)
            #expect(answer.header("Content-Type").first?.hasPrefix("application/json") == true)
            let row = try #require(answer.json?[0])
            #expect(row.names == ["provider", "model"] + PriceRequests.columns + ["created_at", "updated_at"])
            #expect(row["provider"]?.text == "google")
            #expect(row["model"]?.text == "m")
            #expect(
                PriceRequests.columns.map { row[$0] }
                    == [.number("1"), .null, .number("0"), .number("9223372036854775807")])
            // The test's clock stands at 1795550400.654321.
            #expect(row["created_at"]?.text == "2026-11-24T20:00:00.654321Z")
            #expect(row["updated_at"]?.text == "2026-11-24T20:00:00.654321Z")
        }
    }

    @Test("ordered by provider, then model, bytewise", arguments: Backend.allCases)
    func order(on backend: Backend) async throws {
        try await Self.with(backend) { server, token in
            let answer = try await server.send("GET", PriceRequests.path, token: token)
            #expect(
                Self.names(answer) == [
                    "anthropic B", "anthropic a b+c&d", "anthropic b", "anthropic b2", "openai b",
                    "openrouter anthropic/my-model", "openrouter z", "openrouter é",
                ])
        }
    }

    private static let filters: [(query: String, names: [String])] = [
        ("provider=openai", ["openai b"]), ("model=b", ["anthropic b", "openai b"]),
        ("provider=anthropic&model=b", ["anthropic b"]), ("model=B&provider=anthropic", ["anthropic B"]),
        ("provider=&model=", pairs.map { "\($0.0) \($0.1)" }), ("provider=&model=z", ["openrouter z"]),
        ("model=anthropic/my-model", ["openrouter anthropic/my-model"]),
        ("model=anthropic%2Fmy-model", ["openrouter anthropic/my-model"]),
        ("model=a+b%2Bc%26d", ["anthropic a b+c&d"]), ("model=%C3%A9", ["openrouter é"]),
        ("provider=Anthropic", []), ("provider=anthrop", []), ("model=%25", []), ("model=_", []), ("model=b%20", []),
        ("provider=openai&model=z", []), ("provider=nobody", []), ("model=e%CC%81", []),
        ("model=b'%20OR%201=1--", []),
    ]

    @Test("54, 52: filters match exactly; an empty one is none; a stranger has no prices", arguments: Backend.allCases)
    func filters(on backend: Backend) async throws {
        try await Self.with(backend) { server, token in
            for (query, names) in Self.filters {
                let answer = try await server.send("GET", "\(PriceRequests.path)?\(query)", token: token)
                #expect(answer.status == 200, "\(query)")
                #expect(Self.names(answer).sorted() == names.sorted(), "\(query)")
            }
        }
    }

    @Test("a NUL in a filter is the caller's fault (decisions.md)", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await Self.with(backend) { server, token in
            for name in ["provider", "model"] {
                let answer = try await server.send("GET", "\(PriceRequests.path)?\(name)=a%00b", token: token)
                #expect(answer.status == 400, "\(name)")
            }
        }
    }
}
