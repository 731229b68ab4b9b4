import API
import JSON
import Testing
import TestSupport

/// Who may see and set prices, in which order things are checked, and what the log says of a change:
/// model-prices.md §2.1, §8.3; cases 20, 43 of §7.
@Suite struct PriceAccessTests {
    private static let good = PriceRequests.body(PriceRequests.entry("google", "m"))

    @Test("2.1: no site role but owner reads or sets prices", arguments: Backend.allCases)
    func siteRoles(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let roles = [
                [], ["auditor"], ["template-admin"], ["user-admin"], ["auditor", "template-admin", "user-admin"],
            ]
            for (index, roles) in roles.enumerated() {
                let person = try await server.person("person\(index)", roles: roles, by: owner)
                let list = try await server.send("GET", PriceRequests.path, token: person.token)
                #expect(list.status == 403, "\(roles)")
                #expect(list.message?.isEmpty == false)
                for method in PriceRequests.methods {
                    let answer = try await server.setPrices(person.token, Self.good, method: method)
                    #expect(answer.status == 403, "\(roles) \(method)")
                    #expect(answer.fields == [])
                }
            }
            let second = try await server.person("second", roles: ["owner"], by: owner)
            #expect(try await server.send("GET", PriceRequests.path, token: second.token).json == .array([]))
            #expect(server.priceLines == [])
            #expect(try await server.setPrices(second.token, Self.good).status == 204)
        }
    }

    @Test("2.1: no organization role does either", arguments: Backend.allCases)
    func organizationRoles(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let roles = [
                "organization-admin", "organization-auditor", "organization-template-admin", "organization-user-admin",
                "agents-access",
            ]
            for role in roles {
                try server.database.sql(
                    sqlite: "UPDATE organization_members SET roles = '[\"\(role)\"]' WHERE user_id = '\(person.id)'",
                    postgres: "UPDATE organization_members SET roles = '{\(role)}' WHERE user_id = '\(person.id)'")
                #expect(try await server.send("GET", PriceRequests.path, token: person.token).status == 403, "\(role)")
                #expect(try await server.setPrices(person.token, Self.good).status == 403, "\(role)")
            }
            #expect(try server.storedPrices() == [])
        }
    }

    @Test("43: key, then body, then rules, then permission", arguments: Backend.allCases, PriceRequests.methods)
    func order(on backend: Backend, method: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            for body in [Self.good, "{}", "x"] {
                let answer = try await server.send(method, PriceRequests.path, body: body)
                #expect(answer.status == 401, "\(body)")
            }
            #expect(try await server.send("GET", PriceRequests.path).status == 401)
            let broken = try await server.setPrices(member.token, "x", method: method)
            #expect(broken.status == 400)
            #expect(broken.message == "Request body must be valid JSON.")
            let empty = try await server.setPrices(member.token, "{}", method: method)
            #expect(empty.status == 400)
            #expect(empty.fields == ["prices"])
            let covered = PriceRequests.body(PriceRequests.entry("openai", "gpt-4o"))
            #expect(try await server.setPrices(member.token, covered, method: method).status == 400)
            #expect(try await server.setPrices(member.token, Self.good, method: method).status == 403)
            #expect(try server.storedPrices() == [])
        }
    }

    private static let scopes: [(scopes: [String], allowList: [String], read: Int, write: Int)] = [
        (["coder:all"], ["*:*"], 200, 204), (["ai_model_price:*"], ["*:*"], 200, 204),
        (["ai_model_price:read"], ["*:*"], 200, 403), (["ai_model_price:update"], ["*:*"], 403, 204),
        (["user:*"], ["*:*"], 403, 403), (["api_key:*"], ["*:*"], 403, 403),
        (["coder:all"], ["user:*"], 403, 403), (["coder:all"], ["ai_model_price:*"], 200, 204),
    ]

    @Test("a key's scopes narrow what an owner may", arguments: Backend.allCases)
    func scopes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (index, row) in Self.scopes.enumerated() {
                let key = StoredKey(
                    id: "price\(10_000 + index)", userID: owner.id, expiresAt: server.microseconds(3_600),
                    scopes: row.scopes, allowList: row.allowList)
                try key.insert(into: server.database)
                let list = try await server.send("GET", PriceRequests.path, token: key.token)
                #expect(list.status == row.read, "\(row.scopes) \(row.allowList)")
                let answer = try await server.setPrices(key.token, Self.good)
                #expect(answer.status == row.write, "\(row.scopes) \(row.allowList)")
            }
        }
    }

    @Test(
        "20: nobody gets a token with a scope of prices", arguments: Backend.allCases,
        ["ai_model_price:read", "ai_model_price:update", "ai_model_price:*"])
    func tokens(on backend: Backend, scope: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let answer = try await server.send(
                "POST", "/api/v2/users/me/keys/tokens", token: owner.token,
                body: "{\"token_name\":\"t\",\"scopes\":[\"\(scope)\"]}")
            #expect(answer.status == 400)
            #expect(try server.database.sql("SELECT count(*) FROM api_keys WHERE token_name = 't'") == [["0"]])
        }
    }

    // MARK: The log

    @Test("a change leaves one log line, with the user, the count and the models", arguments: Backend.allCases)
    func logged(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let body = PriceRequests.body(PriceRequests.entry("google", "one"), PriceRequests.entry("vercel", "two"))
            #expect(try await server.setPrices(owner.token, body).status == 204)
            let lines = server.priceLines
            #expect(lines.count == 1)
            for part in [owner.id, " 2 ", "google/one", "vercel/two"] { #expect(lines.first?.contains(part) == true) }
        }
    }

    @Test("a model's name cannot write a log line of its own", arguments: Backend.allCases, [#"\n"#, #"\r"#, #"\r\n"#])
    func forged(on backend: Backend, newline: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let entry = PriceRequests.entry("google", "m\(newline)error: forged")
            #expect(try await server.setPrices(owner.token, PriceRequests.body(entry)).status == 204)
            #expect(!server.log.lines.contains { $0.contains { $0.isNewline } })
        }
    }

    @Test(
        "what the database refuses is our fault, without its text, and nothing is written", arguments: Backend.allCases)
    func fault(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.failOn("INSERT", of: "ai_model_prices", cause: "unspeakable")
            let answer = try await server.setPrices(owner.token, Self.good)
            #expect(answer.status == 500)
            #expect(!answer.body.contains("unspeakable"))
            #expect(server.log.lines.contains { $0.contains("unspeakable") })
            #expect(try server.storedPrices() == [])
            #expect(server.priceLines.filter { $0.contains("google/m") } == [])
        }
    }
}
