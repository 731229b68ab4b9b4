import API
import JSON
import Testing
import TestSupport

/// Signing in with a password: auth.md §3, cases 21–25, 32–38 and 40 of §14. Who may not is in `LoginRefusalTests`.
@Suite struct LoginTests {
    private static let path = "/api/v2/users/login"
    private static let right = #"{"email":"owner@usersd.test","password":"SomeSecurePassword!"}"#

    private static func sessionCookies(_ answer: Answer) -> [String] {
        answer.header("Set-Cookie").filter { $0.contains("coder_session_token") }
    }

    @Test("21, 22: the token comes in the body and in a cookie for a year", arguments: Backend.allCases)
    func token(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let answer = try await server.send("POST", Self.path, body: Self.right)
            #expect(answer.status == 201)
            #expect(answer.json?.names == ["session_token"])
            let token = try #require(answer["session_token"]?.text)
            #expect(token.wholeMatch(of: /[0-9A-Za-z]{10}-[0-9A-Za-z]{22}/) != nil)
            #expect(
                Self.sessionCookies(answer)
                    == ["coder_session_token=\(token); Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"])
            #expect(try await server.send("GET", "/api/v2/users/me", token: token).status == 200)
        }
    }

    @Test("22: the cookie's attributes and name follow the options", arguments: Backend.allCases)
    func cookieOptions(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.usesSecureCookies = true
                $0.sameSite = .none
                $0.usesHostPrefixCookie = true
            }
        ) { server in
            _ = try await server.owner()
            let answer = try await server.send("POST", Self.path, body: Self.right)
            let token = try #require(answer["session_token"]?.text)
            #expect(
                Self.sessionCookies(answer)
                    == [
                        "__Host-coder_session_token=\(token); Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=None"
                    ])
        }
    }

    @Test("23: the e-mail's letter case does not matter", arguments: Backend.allCases)
    func letterCase(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let body = #"{"email":"OWNER@UsersD.Test","password":"SomeSecurePassword!"}"#
            #expect(try await server.send("POST", Self.path, body: body).status == 201)
        }
    }

    @Test("24, 25: a wrong password and an unknown e-mail get the same answer", arguments: Backend.allCases)
    func wrong(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for body in [
                #"{"email":"owner@usersd.test","password":"SomeSecurePassword"}"#,
                #"{"email":"owner@usersd.test","password":"someSecurePassword!"}"#,
                #"{"email":"nobody@usersd.test","password":"SomeSecurePassword!"}"#,
            ] {
                let answer = try await server.send("POST", Self.path, body: body)
                #expect(answer.status == 401)
                #expect(answer.body == #"{"message":"Incorrect email or password."}"# + "\n")
                #expect(answer.header("WWW-Authenticate").isEmpty)
                #expect(Self.sessionCookies(answer).isEmpty)
            }
        }
    }

    private static let broken: [(body: String, fields: [String])] = [
        (#"{"email":"notmail","password":"x"}"#, ["email"]), (#"{"email":"owner","password":"x"}"#, ["email"]),
        (#"{"email":"owner@usersd.test"}"#, ["password"]),
        (#"{"email":"owner@usersd.test","password":""}"#, ["password"]),
        ("{}", ["email", "password"]), ("null", ["email", "password"]),
        (#"{"email":"a@b","password":"x"}"#, ["email"]), (#"{"email":"user@localhost","password":"x"}"#, ["email"]),
        (#"{"email":"prebuilds@system","password":"x"}"#, ["email"]),
        (#"{"email":"a@b.test.","password":"x"}"#, ["email"]),
        (#"{"email":"a@[127.0.0.1]","password":"x"}"#, ["email"]),
        (#"{"email":"A <a@b.test>","password":"x"}"#, ["email"]),
        (#"{"email":"a@b.t1","password":"x"}"#, ["email"]), (#"{"email":"a@b.1t","password":"x"}"#, ["email"]),
        (#"{"email":"a b@b.test","password":"x"}"#, ["email"]), (#"{"email":" a@b.test","password":"x"}"#, ["email"]),
    ]

    @Test("32, 33: the field rules come first", arguments: Backend.allCases)
    func rules(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for (body, fields) in Self.broken {
                let answer = try await server.send("POST", Self.path, body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Validation failed.", "\(body)")
                #expect(answer.fields == fields, "\(body) gave \(answer)")
            }
        }
    }

    @Test("users.md §4: the usual and the unusual addresses are addresses", arguments: Backend.allCases)
    func addresses(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for email in [
                "a+tag@b.test", "A.B@C-D.Test", #"\"a b\"@b.test"#, "jürgen@b.test", "a@bücher.test", "o'hara@b.test",
                String(repeating: "a", count: 300) + "@b.test", "a@1.test", "a@b.t-t",
            ] {
                let answer = try await server.send("POST", Self.path, body: #"{"email":"\#(email)","password":"x"}"#)
                #expect(answer.status == 401, "\(email) gave \(answer)")
            }
        }
    }

    @Test("34: with a stale cookie it needs a CSRF token, and then it works", arguments: Backend.allCases)
    func staleCookie(on backend: Backend) async throws {
        let stale = "coder_session_token=0000000000-0000000000000000000000"
        let csrf = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let refused = try await server.send("POST", Self.path, body: Self.right, headers: [("Cookie", stale)])
            #expect(refused.status == 400)
            #expect(refused.header("Content-Type").first?.hasPrefix("text/plain") == true)
            let passed = try await server.send(
                "POST", Self.path, body: Self.right,
                headers: [("Cookie", "\(stale); csrf_token=\(csrf)"), ("X-CSRF-TOKEN", csrf)])
            #expect(passed.status == 201)
        }
    }

    @Test("35: each sign-in makes a session of its own", arguments: Backend.allCases)
    func twice(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let second = try await server.signIn("owner@usersd.test")
            #expect(second != owner.token)
            for token in [owner.token, second] {
                #expect(try await server.send("GET", "/api/v2/users/me", token: token).status == 200)
            }
        }
    }

    @Test("36: the 61st try of a minute from one address is refused", arguments: Backend.allCases)
    func limited(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isRateLimitDisabled = false }) { server in
            var statuses: Set<Int> = []
            for index in 0..<60 {
                let body = #"{"email":"u\#(index)@usersd.test","password":"x"}"#
                statuses.insert(try await server.send("POST", Self.path, body: body).status)
            }
            #expect(statuses == [401])
            let answer = try await server.send("POST", Self.path, body: Self.right)
            #expect(answer.status == 429)
            #expect(answer.header("Retry-After") == ["60"])
            #expect(answer.header("X-RateLimit-Limit") == ["60"])
            #expect(try await server.send("POST", Self.path, body: Self.right, peer: "192.0.2.2").status == 401)
        }
    }

    @Test("38: the key's row", arguments: Backend.allCases)
    func row(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.sessionDuration = 7_200 }) { server in
            let owner = try await server.owner()
            let answer = try await server.send("POST", Self.path, body: Self.right, peer: "203.0.113.9")
            let id = String(try #require(answer["session_token"]?.text).prefix(10))
            let columns = "user_id, login_type, lifetime_seconds, token_name"
            let tail = "FROM api_keys WHERE id = '\(id)'"
            let row = try server.database.sql(
                sqlite: "SELECT \(columns), ip_address, scopes, allow_list, length(hashed_secret) \(tail)",
                postgres: """
                    SELECT \(columns), host(ip_address), array_to_json(scopes), array_to_json(allow_list),
                    length(hashed_secret) \(tail)
                    """)
            #expect(
                row == [[owner.id, "password", "7200", "", "203.0.113.9", #"["coder:all"]"#, #"["*:*"]"#, "32"]])
            let now = server.microseconds()
            #expect(try server.database.time("last_used", of: "api_keys", id: id) == 0)
            #expect(try server.database.time("expires_at", of: "api_keys", id: id) == now + 7_200_000_000)
            #expect(try server.database.time("created_at", of: "api_keys", id: id) == now)
            #expect(try server.database.time("updated_at", of: "api_keys", id: id) == now)
        }
    }

    @Test("38: a session lives for a day unless told otherwise", arguments: Backend.allCases)
    func lifetime(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            #expect(try server.database.sql("SELECT lifetime_seconds FROM api_keys") == [["86400"]])
        }
    }

    @Test("40: GET of the path is about the user of that name", arguments: Backend.allCases)
    func get(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            #expect(try await server.send("GET", Self.path).status == 401)
            #expect(try await server.send("GET", Self.path, token: owner.token).status == 404)
            try await server.create("login", by: owner)
            let answer = try await server.send("GET", Self.path, token: owner.token)
            #expect(answer["username"]?.text == "login")
        }
    }
}
