import API
import Testing
import TestSupport

/// Where a token is read and what is wrong with it: auth.md §9.1–9.5, cases 82–88 and 101 of §14; decisions.md, the
/// empty bearer.
@Suite struct TokenPlacesTests {
    private static let bad = "0000000000-0000000000000000000000"
    private static let signedOut = "You are signed out or your session has expired. Please sign in again to continue."

    private static func me(
        _ server: TestServer, _ query: String = "", _ headers: [(String, String)] = []
    ) async throws -> Answer {
        try await server.send("GET", "/api/v2/users/me\(query)", headers: headers)
    }

    @Test("82, 84: a token is found in each of the five places", arguments: Backend.allCases)
    func places(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            let places: [(query: String, headers: [(String, String)])] = [
                ("", [("Cookie", "coder_session_token=\(token)")]),
                ("", [("Cookie", "a=b; coder_session_token=\(token); c=d")]),
                ("", [("Cookie", "a=b"), ("Cookie", "coder_session_token=\(token)")]),
                ("?coder_session_token=\(token)", []), ("?q=1&coder_session_token=\(token)", []),
                ("", [("Coder-Session-Token", token)]), ("", [("coder-session-token", token)]),
                ("", [("Authorization", "Bearer \(token)")]), ("", [("Authorization", "bearer \(token)")]),
                ("", [("authorization", "BEARER   \(token)  ")]), ("?access_token=\(token)", []),
                ("?access_token=%20\(token)+", []),
            ]
            for (query, headers) in places {
                let answer = try await Self.me(server, query, headers)
                #expect(answer.status == 200, "\(query) \(headers)")
            }
        }
    }

    @Test("83, 84: the first place with something in it counts, and no other", arguments: Backend.allCases)
    func precedence(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let good = try await server.owner().token
            let bad = Self.bad
            let cases: [(status: Int, query: String, headers: [(String, String)])] = [
                (401, "", [("Cookie", "coder_session_token=\(bad)"), ("Coder-Session-Token", good)]),
                (200, "", [("Cookie", "coder_session_token="), ("Coder-Session-Token", good)]),
                (200, "?coder_session_token=\(bad)", [("Cookie", "coder_session_token=\(good)")]),
                (401, "?coder_session_token=\(bad)", [("Coder-Session-Token", good)]),
                (200, "?coder_session_token=", [("Coder-Session-Token", good)]),
                (200, "?coder_session_token=\(good)", [("Coder-Session-Token", bad)]),
                (401, "", [("Coder-Session-Token", bad), ("Authorization", "Bearer \(good)")]),
                (200, "", [("Coder-Session-Token", ""), ("Authorization", "Bearer \(good)")]),
                (401, "?access_token=\(good)", [("Authorization", "Bearer \(bad)")]),
                // decisions.md: an empty value counts as absent.
                (200, "?access_token=\(good)", [("Authorization", "Bearer ")]),
                (200, "?access_token=\(good)", [("Authorization", "Basic eDp5")]),
                (401, "", [("Authorization", "Bearer ")]), (401, "", [("Authorization", good)]),
                (401, "", [("Authorization", "Basic \(good)")]), (401, "", [("Authorization", "Bearer\(good)")]),
            ]
            for (status, query, headers) in cases {
                let answer = try await Self.me(server, query, headers)
                #expect(answer.status == status, "\(query) \(headers)")
            }
        }
    }

    @Test("85, 86: every kind of wrong token gets 401 with a detail of its own", arguments: Backend.allCases)
    func wrong(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            let id = token.prefix(10)
            let secret = token.suffix(22)
            let kinds = [
                "none": "", "count": "abc", "id length": "\(id.dropLast())-\(secret)",
                "secret length": "\(id)-\(secret.dropLast())",
                "unknown id": "0000000000-\(secret)", "wrong secret": "\(id)-0000000000000000000000",
            ]
            var details: [String: String] = [:]
            for (kind, token) in kinds {
                let answer = try await Self.me(server, "", [("Coder-Session-Token", token)])
                #expect(answer.status == 401, "\(kind)")
                #expect(answer.message == Self.signedOut, "\(kind)")
                #expect(answer.detail?.isEmpty == false, "\(kind)")
                #expect(!answer.body.contains(secret.dropLast()), "\(kind)")
                details[kind] = answer.detail
            }
            #expect(Set(details.values).count == kinds.count, "\(details)")
            #expect(details["none"]?.contains("coder_session_token") == true)
            #expect(details["id length"]?.lowercased().contains("id") == true)
            #expect(details["secret length"]?.lowercased().contains("secret") == true)
            #expect(details["wrong secret"]?.lowercased().contains("secret") == true)
            for token in [
                "a-b-c", "\(token)-", "-\(token)", "\(id)-\(secret)x", "x\(id)-\(secret)", String(id + secret),
            ] {
                #expect(try await Self.me(server, "", [("Coder-Session-Token", token)]).status == 401, "\(token)")
            }
            #expect(try await Self.me(server, "", [("Coder-Session-Token", String(token))]).status == 200)
        }
    }

    @Test("87: an expired key says when it expired; the last moment is still good", arguments: Backend.allCases)
    func expired(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let last = StoredKey(
                id: "lastmoment", userID: owner.id, lastUsed: server.microseconds(), expiresAt: server.microseconds(),
                lifetimeSeconds: 60)
            let gone = StoredKey(
                id: "gone000000", userID: owner.id, expiresAt: server.microseconds() - 1, lifetimeSeconds: 60)
            try last.insert(into: server.database)
            try gone.insert(into: server.database)
            #expect(try await server.send("GET", "/api/v2/users/me", token: last.token).status == 200)
            let answer = try await server.send("GET", "/api/v2/users/me", token: gone.token)
            #expect(answer.status == 401)
            #expect(answer.message == Self.signedOut)
            #expect(answer.detail?.contains("API key expired at") == true)
            #expect(try server.database.time("last_used", of: "api_keys", id: gone.id) == 0)
        }
    }

    @Test(
        "88: a challenge says expired for every signed-out case, and invalid for a suspended user",
        arguments: Backend.allCases)
    func challenge(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.accessURL = "https://users.test" }) { server in
            let owner = try await server.owner()
            let person = try await server.person("held", by: owner)
            try server.database.setStatus("suspended", of: person.id)
            func challenge(_ description: String) -> [String] {
                [
                    #"Bearer realm="coder", error="invalid_token", error_description="\#(description)", "#
                        + #"resource_metadata="https://users.test/.well-known/oauth-protected-resource""#
                ]
            }
            for token in [nil, "abc", Self.bad] {
                let answer = try await server.send("GET", "/api/v2/users/me", token: token)
                #expect(answer.header("WWW-Authenticate") == challenge("The access token has expired"))
            }
            let answer = try await server.send("GET", "/api/v2/users/me", token: person.token)
            #expect(answer.status == 401)
            #expect(answer.message?.contains("suspended") == true)
            #expect(answer.message?.contains("Contact an admin") == true)
            #expect(answer["detail"] == nil)
            #expect(answer.header("WWW-Authenticate") == challenge("The access token is invalid"))
        }
    }

    @Test("101: with the host prefix only a prefixed cookie counts, another is taken back", arguments: Backend.allCases)
    func hostPrefix(on backend: Backend) async throws {
        let cleared = "coder_session_token=; Path=/; Max-Age=0"
        @Sendable func clears(_ answer: Answer) -> Bool {
            answer.header("Set-Cookie").contains { $0.hasPrefix(cleared) }
        }
        try await TestServer.with(backend, { $0.usesHostPrefixCookie = true }) { server in
            let token = try await server.owner().token
            let plain = try await Self.me(server, "", [("Cookie", "coder_session_token=\(token)")])
            #expect(plain.status == 401)
            #expect(clears(plain))
            let prefixed = try await Self.me(server, "", [("Cookie", "__Host-coder_session_token=\(token)")])
            #expect(prefixed.status == 200)
            #expect(!clears(prefixed))
            let both = try await Self.me(
                server, "", [("Cookie", "coder_session_token=\(Self.bad); __Host-coder_session_token=\(token)")])
            #expect(both.status == 200)
            #expect(clears(both))
            let open = try await server.send(
                "GET", "/api/v2/buildinfo", headers: [("Cookie", "coder_session_token=\(token)")])
            #expect(open.status == 200)
            #expect(clears(open))
            // A plain cookie that counts for nothing asks for no CSRF token either.
            let post = try await server.send(
                "POST", "/api/v2/users/logout", token: token, headers: [("Cookie", "coder_session_token=\(Self.bad)")])
            #expect(post.status == 200)
        }
    }

    @Test("101: without the option a prefixed cookie is ignored", arguments: Backend.allCases)
    func noHostPrefix(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            let answer = try await Self.me(server, "", [("Cookie", "__Host-coder_session_token=\(token)")])
            #expect(answer.status == 401)
            let beside = try await Self.me(
                server, "", [("Cookie", "__Host-coder_session_token=\(Self.bad); coder_session_token=\(token)")])
            #expect(beside.status == 200)
        }
    }
}
