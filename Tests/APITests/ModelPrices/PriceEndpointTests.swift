import JSON
import TestSupport
import Testing

/// `/api/experimental/ai/model-prices`: model-prices.md §2.1 and §8.3, cases 43–54 of §7. `openai/gpt-4o` is covered.
@Suite struct PriceEndpointTests {
    private static let path = "/api/experimental/ai/model-prices"

    private static func entry(_ provider: String, _ model: String, _ prices: String) -> String {
        #"{"provider":"\#(provider)","model":"\#(model)",\#(prices)}"#
    }

    private static let prices =
        #""input_price":3000000,"output_price":null,"cache_read_price":null,"cache_write_price":null"#

    private static func body(_ entries: String...) -> String { #"{"prices":[\#(entries.joined(separator: ","))]}"# }

    @Test(
        "49, 52: what is set is listed, unknown as null; filters are exact", arguments: Backend.allCases,
        ["POST", "PUT"])
    func set(on backend: Backend, by method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = Self.body(
                Self.entry("openrouter", "anthropic/my-model", Self.prices),
                Self.entry("azure", "b", Self.prices.replacing("3000000", with: "0")))
            let answer = try await server.send(method, Self.path, token: owner.token, body: body)
            #expect(answer.status == 204 && answer.body.isEmpty)
            let list = try await server.send("GET", Self.path, token: owner.token)
            #expect(list.json?.elements.compactMap { $0["provider"]?.text } == ["azure", "openrouter"])
            #expect(
                list.json?[1]?.names == [
                    "provider", "model", "input_price", "output_price", "cache_read_price", "cache_write_price",
                    "created_at", "updated_at",
                ])
            #expect(list.json?[1]?["input_price"]?.integer == 3_000_000 && list.json?[1]?["output_price"] == .null)
            let one = try await server.send(
                "GET", "\(Self.path)?provider=openrouter&model=anthropic/my-model", token: owner.token)
            #expect(one.json?.elements.count == 1)
            let none = try await server.send("GET", "\(Self.path)?model=anthropic", token: owner.token)
            #expect(none.body == "[]\n")
            #expect(
                server.log.lines.contains {
                    $0.contains(owner.id) && $0.contains("2 model prices") && $0.contains("azure/b")
                })
        }
    }

    @Test("44–48, 50–55: every problem is named, in order, and nothing is written", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        let good = Self.entry("azure", "good", Self.prices)
        let rows: [(body: String, fields: [String])] = [
            (#"{"prices":[]}"#, ["prices"]), ("{}", ["prices"]), (#"{"prices":null}"#, ["prices"]),
            (#"{"prices":[null]}"#, ["prices[0].provider", "prices[0].model", "prices[0]"]),
            (Self.body(good, Self.entry("OpenAI", "x", Self.prices)), ["prices[1].provider"]),
            (Self.body(Self.entry("openai-compat", "", Self.prices)), ["prices[0].provider", "prices[0].model"]),
            (Self.body(Self.entry("openai", "gpt-4o", Self.prices)), ["prices[0]"]),
            (
                Self.body(good, Self.entry("azure", "x", Self.prices.replacing("3000000", with: "-1"))),
                ["prices[1].input_price"]
            ),
            (
                Self.body(Self.entry("azure", "x", #""input_price":1"#)),
                ["prices[0].output_price", "prices[0].cache_read_price", "prices[0].cache_write_price"]
            ),
            (Self.body(Self.entry("azure", "x", Self.prices.replacing("3000000", with: "null"))), ["prices[0]"]),
            (Self.body(good, good), ["prices[1]"]),
        ]
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for row in rows {
                let answer = try await server.send("POST", Self.path, token: owner.token, body: row.body)
                #expect(answer.status == 400 && answer.message == "Invalid AI model prices.", "\(row.body) \(answer)")
                #expect(answer.fields == row.fields, "\(row.body)")
            }
            for body in [
                #"{"prices":"x"}"#, Self.body(good) + " x", "",
                #"{"prices":[{"provider":"azure","model":"m","input_price":1.5}]}"#,
            ] {
                let answer = try await server.send("POST", Self.path, token: owner.token, body: body)
                #expect(answer.status == 400 && answer.message == "Request body must be valid JSON.", "\(body)")
            }
            #expect(try server.database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
        }
    }

    @Test("43: only owners read and set; what is wrong with a body is said first", arguments: Backend.allCases)
    func permissions(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let good = Self.body(Self.entry("azure", "good", Self.prices))
            for role in [[], ["auditor"], ["template-admin"], ["user-admin"]] {
                let name = role.first ?? "plain"
                let person = try await server.person(name, roles: role, by: owner)
                #expect(try await server.send("GET", Self.path, token: person.token).status == 403)
                #expect(try await server.send("POST", Self.path, token: person.token, body: good).status == 403)
                #expect(try await server.send("POST", Self.path, token: person.token, body: "{}").status == 400)
            }
            #expect(try await server.send("GET", Self.path).status == 401)
            #expect(try server.database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
        }
    }
}
