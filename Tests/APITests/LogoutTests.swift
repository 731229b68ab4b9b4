import API
import Testing
import TestSupport

/// auth.md §3 (logout), cases 41–46 of §14.
@Suite struct LogoutTests {
    private static let path = "/api/v2/users/logout"

    private static func sessionCookies(_ answer: Answer) -> [String] {
        answer.header("Set-Cookie").filter { $0.contains("coder_session_token") }
    }

    @Test("41: without a session there is nothing to end", arguments: Backend.allCases)
    func signedOut(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("POST", Self.path)
            #expect(answer.status == 401)
            #expect(answer.header("WWW-Authenticate").count == 1)
        }
    }

    @Test("42, 43: the session ends and its cookie is taken back; another session goes on", arguments: Backend.allCases)
    func ends(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let other = try await server.signIn("owner@usersd.test")
            let answer = try await server.send("POST", Self.path, token: owner.token)
            #expect(answer.status == 200)
            #expect(answer.message?.isEmpty == false)
            #expect(Self.sessionCookies(answer) == ["coder_session_token=; Path=/; Max-Age=0; SameSite=Lax"])
            #expect(try await server.send("POST", Self.path, token: owner.token).status == 401)
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 401)
            #expect(try await server.send("GET", "/api/v2/users/me", token: other).status == 200)
        }
    }

    @Test(
        "44: the user's application_connect keys go too; tokens and other people's keys stay",
        arguments: Backend.allCases)
    func applicationKeys(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let rows: [(id: String, user: String, type: String, scopes: [String], name: String)] = [
                ("own0000app", person.id, "password", ["coder:application_connect"], ""),
                ("own000both", person.id, "token", ["coder:all", "coder:application_connect"], "both"),
                ("own00token", person.id, "token", ["coder:all"], "token"),
                ("own000wide", person.id, "token", ["workspace:application_connect"], "wide"),
                ("other00app", owner.id, "password", ["coder:application_connect"], ""),
            ]
            for row in rows {
                try StoredKey(
                    id: row.id, userID: row.user, loginType: row.type, expiresAt: server.microseconds(3_600),
                    scopes: row.scopes, name: row.name
                ).insert(into: server.database)
            }
            #expect(try await server.send("POST", Self.path, token: person.token).status == 200)
            let left = try server.database.sql("SELECT id FROM api_keys WHERE id LIKE 'o%0%' ORDER BY id")
            #expect(
                left.compactMap { $0[0] }.filter { id in rows.contains { $0.id == id } }
                    == ["other00app", "own000wide", "own00token"])
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 200)
        }
    }

    @Test("45: a cookie alone is not enough, a header alone is", arguments: Backend.allCases)
    func csrf(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let refused = try await server.send(
                "POST", Self.path, headers: [("Cookie", "coder_session_token=\(owner.token)")])
            #expect(refused.status == 400)
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 200)
            #expect(try await server.send("POST", Self.path, token: owner.token).status == 200)
        }
    }

    @Test("46: the cookie that is taken back has the configured name and attributes", arguments: Backend.allCases)
    func prefixed(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.usesHostPrefixCookie = true
                $0.usesSecureCookies = true
                $0.sameSite = .none
            }
        ) { server in
            let owner = try await server.owner()
            let answer = try await server.send("POST", Self.path, token: owner.token)
            #expect(answer.status == 200)
            #expect(
                Self.sessionCookies(answer) == ["__Host-coder_session_token=; Path=/; Max-Age=0; Secure; SameSite=None"]
            )
        }
    }

    @Test("the cookie is taken back even when the database fails", arguments: Backend.allCases)
    func failing(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.failOn("DELETE", of: "api_keys", cause: "no delete today")
            let answer = try await server.send("POST", Self.path, token: owner.token)
            #expect(answer.status == 500)
            #expect(Self.sessionCookies(answer) == ["coder_session_token=; Path=/; Max-Age=0; SameSite=Lax"])
        }
    }
}
