import JSON
import Testing
import TestSupport

/// Keys of users who are not simply active: auth.md §9.5 and §9.6, cases 94–96, 99 and 100 of §14.
@Suite struct TokenOwnerTests {
    @Test("94: a suspended user is refused but seen, and goes on after activation", arguments: Backend.allCases)
    func suspended(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("held", by: owner)
            try server.database.setStatus("suspended", of: person.id)
            let answer = try await server.send("GET", "/api/v2/users/me", token: person.token)
            #expect(answer.status == 401)
            #expect(answer.message?.contains(#"status = "suspended""#) == true)
            #expect(try server.database.time("last_seen_at", of: "users", id: person.id) == server.microseconds())
            try server.database.setStatus("active", of: person.id)
            #expect(try await server.send("GET", "/api/v2/users/me", token: person.token).status == 200)
        }
    }

    @Test("a suspended user's key is no reason to refuse a public route", arguments: Backend.allCases)
    func suspendedOnPublicRoute(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("held", by: owner)
            try server.database.setStatus("suspended", of: person.id)
            #expect(try await server.send("GET", "/api/v2/users/authmethods", token: person.token).status == 200)
        }
    }

    @Test("95: a dormant user wakes up with a request, not on a public route", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("sleeper", by: owner)
            try server.database.setStatus("dormant", of: person.id)
            #expect(try await server.send("GET", "/api/v2/users/authmethods", token: person.token).status == 200)
            #expect(try server.database.status(of: person.id) == "dormant")
            server.clock.advance(seconds: 3)
            let answer = try await server.send("GET", "/api/v2/users/me", token: person.token)
            #expect(answer.status == 200)
            #expect(answer["status"]?.text == "active")
            #expect(try server.database.status(of: person.id) == "active")
            // Seen now, although the key was used a moment ago.
            #expect(try server.database.time("last_seen_at", of: "users", id: person.id) == server.microseconds())
        }
    }

    @Test("96: a deleted user's keys are gone", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("gone", by: owner)
            #expect(try await server.send("DELETE", "/api/v2/users/\(person.id)", token: owner.token).status == 200)
            let answer = try await server.send("GET", "/api/v2/users/me", token: person.token)
            #expect(answer.status == 401)
            #expect(try server.database.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(person.id)'") == [["0"]])
        }
    }

    @Test("99: a stored role that nobody knows grants nothing and breaks nothing", arguments: Backend.allCases)
    func unknownRole(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("odd", by: owner)
            try server.database.sql(
                sqlite: #"UPDATE users SET rbac_roles = '["no-such-role"]' WHERE id = '\#(person.id)'"#,
                postgres: "UPDATE users SET rbac_roles = '{no-such-role}' WHERE id = '\(person.id)'")
            #expect(try await server.send("GET", "/api/v2/users/me", token: person.token).status == 200)
            #expect(try await server.send("GET", "/api/v2/users/owner", token: person.token).status == 404)
        }
    }

    @Test("100: a provider's key needs the link to the provider", arguments: Backend.allCases, ["oidc", "github"])
    func link(on backend: Backend, loginType: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("linked", fields: [#""user_status":"active""#], by: owner)
            try server.database.sql("UPDATE users SET login_type = '\(loginType)' WHERE id = '\(id)'")
            let key = StoredKey(userID: id, loginType: loginType, expiresAt: server.microseconds(3_600))
            try key.insert(into: server.database)
            let answer = try await server.send("GET", "/api/v2/users/me", token: key.token)
            #expect(answer.status == 401)
            #expect(
                answer.message == "You are signed out or your session has expired. Please sign in again to continue.")
            #expect(answer.detail?.isEmpty == false)
            #expect(try await server.send("GET", "/api/v2/users/authmethods", token: key.token).status == 200)
            try server.database.sql("INSERT INTO user_links (user_id, login_type) VALUES ('\(id)', '\(loginType)')")
            #expect(try await server.send("GET", "/api/v2/users/me", token: key.token).status == 200)
        }
    }
}
