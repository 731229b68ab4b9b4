import API
import JSON
import TestSupport
import Testing

/// How long tokens live: keys-and-shell.md §0.6, §5, cases 8–15, 52, 73; decisions.md #12, #20.
@Suite struct TokenLifetimeTests {
    private static let day = KeysAPI.day

    private static func times(_ server: TestServer, _ id: String) throws -> [Int64?] {
        [
            try server.database.time("created_at", of: "api_keys", id: id),
            try server.database.time("expires_at", of: "api_keys", id: id),
        ]
    }

    private struct Row {
        let lifetime: Int
        /// nil: 201.
        let detail: String?
    }

    @Test("8–11: an owner's token lives from a second to seven days", arguments: Backend.allCases)
    func owners(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let positive = "lifetime must be positive number greater than 0"
            let less = "lifetime must be less than 168h0m0s"
            let rows = [
                Row(lifetime: -1, detail: positive), Row(lifetime: .min, detail: positive),
                Row(lifetime: 1_000_000_000, detail: nil), Row(lifetime: 1_999_999_999, detail: nil),
                Row(lifetime: 7 * Self.day, detail: nil), Row(lifetime: 7 * Self.day + 1, detail: less),
                Row(lifetime: .max, detail: less),
            ]
            for row in rows {
                let answer = try await keys.create(#"{"lifetime":\#(row.lifetime)}"#)
                if let detail = row.detail {
                    #expect(answer.status == 400, "\(row)")
                    #expect(answer.message == "Failed to validate create API key request.")
                    #expect(answer.detail == detail)
                } else {
                    let id = try keys.id(of: answer)
                    #expect(try await keys.get(id)["lifetime_seconds"]?.integer == row.lifetime / 1_000_000_000)
                    let microseconds = Int64((row.lifetime + 500) / 1000)
                    let now = server.microseconds()
                    #expect(try Self.times(server, id) == [now, now + microseconds], "\(row)")
                }
            }
        }
    }

    @Test("decision 20: a lifetime below a second is refused on its field", arguments: Backend.allCases)
    func subSecond(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let before = try server.database.keyCount()
            for lifetime in [1, 1000, 999_999_999] {
                let answer = try await keys.create(#"{"lifetime":\#(lifetime)}"#)
                #expect(answer.status == 400 && answer.fields == ["lifetime"], "\(lifetime) \(answer)")
            }
            #expect(try server.database.keyCount() == before)
        }
    }

    @Test("12, 52: a member's token may live for a century; the configuration says so", arguments: Backend.allCases)
    func members(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let keys = KeysAPI(server, member.token)
            let made = try await keys.made(#"{"lifetime":\#(3650 * Self.day)}"#)
            #expect(made["lifetime_seconds"]?.integer == 3650 * 86_400)
            #expect(try await keys.create(#"{"lifetime":3155760000000000000}"#).status == 201)
            let over = try await keys.create(#"{"lifetime":3155760000000000001}"#)
            #expect(over.status == 400 && over.detail == "lifetime must be less than 876600h0m0s", "\(over)")
            #expect(try await keys.tokenConfig().body == #"{"max_token_lifetime":3155760000000000000}"# + "\n")
            let owners = #"{"max_token_lifetime":604800000000000}"# + "\n"
            #expect(try await KeysAPI(server, owner.token).tokenConfig().body == owners)
            // The user of the path decides.
            let seen = try await KeysAPI(server, owner.token, user: "member").tokenConfig()
            #expect(seen["max_token_lifetime"]?.integer == 3_155_760_000_000_000_000)
            #expect(try await KeysAPI(server, member.token, user: "owner").tokenConfig().body == KeysAPI.notFound)
        }
    }

    @Test("13, 14: the roles of the token's owner decide", arguments: Backend.allCases)
    func roles(on backend: Backend) async throws {
        let set: @Sendable (inout Configuration) -> Void = {
            $0.maximumAdminTokenLifetime = 7 * 86_400
            $0.maximumTokenLifetime = 14 * 86_400
        }
        try await TestServer.with(backend, set) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            func status(_ token: String, _ user: String, _ days: Int) async throws -> Int {
                try await KeysAPI(server, token, user: user).create(#"{"lifetime":\#(days * Self.day)}"#).status
            }
            #expect(try await status(owner.token, "me", 8) == 400)
            #expect(try await status(member.token, "me", 10) == 201)
            #expect(try await status(member.token, "me", 15) == 400)
            #expect(try await status(owner.token, "member", 10) == 201)
            #expect(try await status(owner.token, "member", 15) == 400)
        }
    }

    @Test("15: the maximum does not bind the default; it may be odd", arguments: Backend.allCases)
    func maximumBelowDefault(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.maximumTokenLifetime = 5_445 }) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, try await server.person("member", by: owner).token)
            #expect(try await keys.made()["lifetime_seconds"]?.integer == 604_800)
            #expect(
                try await keys.create(#"{"lifetime":\#(2 * KeysAPI.hour)}"#).detail
                    == "lifetime must be less than 1h30m45s")
        }
    }

    @Test("73: a token's use never moves its end, and after it it is void", arguments: Backend.allCases)
    func fixed(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let token = try await KeysAPI(server, owner.token).token()
            let id = String(token.prefix(10))
            let end = try server.database.time("expires_at", of: "api_keys", id: id)
            for _ in 0..<6 {
                server.clock.advance(seconds: 100_000)
                #expect(try await server.status(with: token) == 200)
                #expect(try server.database.time("expires_at", of: "api_keys", id: id) == end)
            }
            server.clock.advance(seconds: 4_801)
            let answer = try await server.send("GET", "/api/v2/users/me", token: token)
            #expect(answer.status == 401 && answer.body.contains("API key expired at"))
        }
    }
}
