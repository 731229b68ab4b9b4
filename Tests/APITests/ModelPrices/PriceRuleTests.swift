import API
import JSON
import Testing
import TestSupport

/// What is refused, and in which order: model-prices.md §8.3, cases 44–48, 50–53 of its §7. `TestServer` covers
/// openai/gpt-4o. Nothing is written when anything is wrong.
@Suite struct PriceRuleTests {
    private struct Row {
        let body: String
        let fields: [String]

        init(_ entries: String..., fields: String...) {
            body = "{\"prices\":[\(entries.joined(separator: ","))]}"
            self.fields = fields
        }

        init(whole body: String, fields: String...) {
            self.body = body
            self.fields = fields
        }
    }

    private static let good = PriceRequests.entry()

    private static func priced(_ prices: String...) -> String { PriceRequests.entry("google", "m", prices) }

    private static let rows = [
        Row(whole: #"{"prices":[]}"#, fields: "prices"), Row(whole: "{}", fields: "prices"),
        Row(whole: #"{"prices":null}"#, fields: "prices"), Row(whole: "null", fields: "prices"),
        Row(whole: #"{"price":[{}]}"#, fields: "prices"),
        Row("null", fields: "prices[0].provider", "prices[0].model", "prices[0]"),
        Row("{}", fields: "prices[0].provider", "prices[0].model", "prices[0]"),
        Row(good, "null", fields: "prices[1].provider", "prices[1].model", "prices[1]"),
        Row(PriceRequests.entry("", "m"), fields: "prices[0].provider"),
        Row(PriceRequests.entry("google", ""), fields: "prices[0].model"),
        Row(PriceRequests.entry("OpenAI", "m"), fields: "prices[0].provider"),
        Row(PriceRequests.entry("openai ", "m"), fields: "prices[0].provider"),
        Row(PriceRequests.entry("openai-compat", "m"), fields: "prices[0].provider"),
        Row(PriceRequests.entry("amazon-bedrock", "m"), fields: "prices[0].provider"),
        Row(PriceRequests.entry("github-copilot", "m"), fields: "prices[0].provider"),
        Row(
            #"{"provider":"google","model":"m","input_price":1}"#,
            fields: "prices[0].output_price", "prices[0].cache_read_price", "prices[0].cache_write_price"),
        Row(
            #"{"provider":"google","model":"m","cache_write_price":1,"output_price":2}"#,
            fields: "prices[0].input_price", "prices[0].cache_read_price"),
        Row(
            #"{"provider":"google","model":"m","output_price":null}"#,
            fields: "prices[0].input_price", "prices[0].cache_read_price", "prices[0].cache_write_price", "prices[0]"),
        // Presence is judged on the exact lower-case name.
        Row(
            #"{"provider":"google","model":"m","Input_Price":1,"output_price":2,"cache_read_price":3,"#
                + #""cache_write_price":4}"#, fields: "prices[0].input_price"),
        Row(priced("-1", "2", "3", "4"), fields: "prices[0].input_price"),
        Row(
            priced("1", "-2", "null", "-9223372036854775808"), fields: "prices[0].output_price",
            "prices[0].cache_write_price"),
        Row(priced("null", "null", "null", "null"), fields: "prices[0]"),
        Row(#"{"provider":"google","model":"m"}"#, fields: "prices[0]"),
        Row(good, good, fields: "prices[1]"), Row(good, good, good, fields: "prices[1]", "prices[2]"),
        Row(good, PriceRequests.entry("google", "other"), good, fields: "prices[2]"),
        Row(PriceRequests.entry("anthropic", "mine", ["1", "null", "0", "null"]), good, fields: "prices[1]"),
    ]

    @Test("44–48, 50–52: each problem, on its field", arguments: Backend.allCases, PriceRequests.methods)
    func problems(on backend: Backend, method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for row in Self.rows {
                let answer = try await server.setPrices(owner.token, row.body, method: method)
                #expect(answer.status == 400, "\(row.body)")
                #expect(answer.message == "Invalid AI model prices.", "\(row.body)")
                #expect(answer.fields == row.fields, "\(row.body)")
                let details = answer["validations"]?.elements.map { $0["detail"]?.text ?? "" } ?? []
                #expect(details.allSatisfy { !$0.isEmpty })
            }
            #expect(try server.storedPrices() == [])
            #expect(server.priceLines == [])
        }
    }

    @Test("52: the refusal lists the providers that there are", arguments: Backend.allCases)
    func namesProviders(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let answer = try await server.setPrices(owner.token, PriceRequests.body(PriceRequests.entry("x", "m")))
            let detail = answer["validations"]?[0]?["detail"]?.text ?? ""
            for name in ["anthropic", "azure", "bedrock", "copilot", "google", "openai", "openrouter", "vercel"] {
                #expect(detail.contains(name))
            }
            #expect(!detail.contains("compat"))
        }
    }

    @Test(
        "53, 47: everything that is wrong is said at once, entry by entry in the order of the table",
        arguments: Backend.allCases)
    func collected(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let covered = #"{"provider":"openai","model":"gpt-4o","input_price":-1,"cache_read_price":-2}"#
            let body = PriceRequests.body(
                PriceRequests.entry("nobody", "", ["-1", "null", "-3", "4"]), Self.good, covered, covered,
                PriceRequests.entry("google", "", ["null", "null", "null", "null"]), "null", Self.good)
            let answer = try await server.setPrices(owner.token, body)
            #expect(answer.status == 400)
            let coveredFields = ["", ".input_price", ".cache_read_price", ".output_price", ".cache_write_price"]
            #expect(
                answer.fields == [
                    "prices[0].provider", "prices[0].model", "prices[0].input_price", "prices[0].cache_read_price",
                ] + coveredFields.map { "prices[2]\($0)" } + coveredFields.map { "prices[3]\($0)" } + [
                    "prices[3]", "prices[4].model", "prices[4]",
                    "prices[5].provider", "prices[5].model", "prices[5]", "prices[6]",
                ])
            #expect(try server.storedPrices() == [])
        }
    }

    private static let noJSON = [
        "", "x", "{", "[]", "7", #""prices""#, #"{"prices":"x"}"#, #"{"prices":{}}"#, #"{"prices":[1]}"#,
        #"{"prices":[[]]}"#, "\(PriceRequests.body(good)) x", "\(PriceRequests.body(good)){}",
        "\(PriceRequests.body(good)) null", PriceRequests.body(#"{"provider":1}"#),
        PriceRequests.body(priced("1.5", "2", "3", "4")), PriceRequests.body(priced("1", "1e6", "3", "4")),
        PriceRequests.body(priced("1", "2", "\"3\"", "4")), PriceRequests.body(priced("1", "2", "3", "true")),
        PriceRequests.body(priced("9223372036854775808", "2", "3", "4")),
        PriceRequests.body(good, priced("1", "2", "-9223372036854775809", "4")),
    ]

    @Test(
        "46: a body that is no such JSON, or more than one value", arguments: Backend.allCases, PriceRequests.methods)
    func noJSON(on backend: Backend, method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for body in Self.noJSON {
                let answer = try await server.setPrices(owner.token, body, method: method)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Request body must be valid JSON.", "\(body)")
                #expect(answer.detail?.isEmpty == false, "\(body)")
                #expect(answer.fields == [], "\(body)")
            }
            #expect(try server.storedPrices() == [])
        }
    }

    @Test("white space behind the body is no second value", arguments: Backend.allCases)
    func whiteSpace(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = " \(PriceRequests.body(Self.good)) \r\n\t"
            #expect(try await server.setPrices(owner.token, body).status == 204)
        }
    }

    @Test("a NUL in a name is the caller's fault (decisions.md)", arguments: Backend.allCases, ["provider", "model"])
    func nul(on backend: Backend, member: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let prices = PriceRequests.columns.map { "\"\($0)\":1" }.joined(separator: ",")
            let bad = #"{"\#(member)":"a\u0000b",\#(prices)}"#
            #expect(try await server.setPrices(owner.token, PriceRequests.body(Self.good, bad)).status == 400)
            #expect(try server.storedPrices() == [])
        }
    }
}
