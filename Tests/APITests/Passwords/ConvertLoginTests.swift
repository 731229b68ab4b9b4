import JSON
import TestSupport
import Testing

/// `POST /users/{user}/convert-login`, up to the provider's redirect: auth.md §7, cases 164–166 of §14.
@Suite struct ConvertLoginTests {
    private static let path = "/api/v2/users/me/convert-login"

    @Test("164: what is no provider is refused", arguments: Backend.allCases)
    func types(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for type in ["token", "none", "password", "foo", "OIDC"] {
                let answer = try await server.send(
                    "POST", Self.path, token: owner.token,
                    body: #"{"to_type":"\#(type)","password":"\#(TestServer.password)"}"#)
                #expect(answer.status == 400 && answer.fields.isEmpty, "\(type) \(answer)")
            }
            let missing = try await server.send("POST", Self.path, token: owner.token, body: "{}")
            #expect(missing.status == 400 && missing.fields == ["to_type", "password"])
        }
    }

    @Test("165: the password is the proof", arguments: Backend.allCases)
    func proof(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let wrong = try await server.send(
                "POST", Self.path, token: owner.token, body: #"{"to_type":"oidc","password":"wrong"}"#)
            #expect(wrong.status == 401 && wrong.message == "Incorrect email or password.")
            #expect(wrong.header("Set-Cookie").allSatisfy { !$0.hasPrefix("coder_oauth") })
        }
    }

    @Test("166: a state, and a cookie for five minutes; one key signs them all", arguments: Backend.allCases)
    func begin(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var kinds: Set<String> = []
            for type in ["github", "oidc"] {
                let answer = try await server.send(
                    "POST", Self.path, token: owner.token,
                    body: #"{"to_type":"\#(type)","password":"\#(TestServer.password)"}"#)
                #expect(answer.status == 201)
                #expect(answer.json?.names == ["state_string", "expires_at", "to_type", "user_id"])
                let state = try #require(answer["state_string"]?.text)
                #expect(state.wholeMatch(of: /convert-[0-9A-Za-z]{32}/) != nil)
                #expect(answer["expires_at"]?.text == "2026-11-24T20:05:00Z")
                #expect(answer["to_type"]?.text == type && answer["user_id"]?.text == owner.id)
                let cookie = try #require(
                    answer.header("Set-Cookie").first { $0.hasPrefix("coder_oauth_convert_jwt=") })
                #expect(
                    cookie.wholeMatch(
                        of:
                            /coder_oauth_convert_jwt=([\w-]+)\.[\w-]+\.[\w-]{86}; Path=\/; Expires=Tue, 24 Nov 2026 20:05:00 GMT; HttpOnly; SameSite=Lax/
                    ) != nil, "\(cookie)")
                kinds.insert(String(cookie.prefix { $0 != "." }))
            }
            #expect(kinds.count == 1)
            #expect(try server.database.sql("SELECT count(*), min(sequence) FROM crypto_keys") == [["1", "1"]])
            // The session goes on: it ends with the conversion.
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 200)
        }
    }
}
