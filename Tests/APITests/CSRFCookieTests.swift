import API
import HTTP
import Testing
import TestSupport

/// The `csrf_token` cookie: auth.md §10, cases 107 and 111 of §14; keys-and-shell.md §8.6.
@Suite struct CSRFCookieTests {
    private static func cookies(_ answer: Answer) -> [String] {
        answer.header("Set-Cookie").filter { $0.hasPrefix("csrf_token=") }
    }

    @Test("107: it is set on every answer to a request that has none", arguments: Backend.allCases)
    func set(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            var tokens: Set<String> = []
            for (method, target) in [
                ("GET", "/api/v2/buildinfo"), ("GET", "/api/v2/nope"), ("POST", "/api/v2/users/login"),
                ("GET", "/healthz"),
                ("GET", "/api/v2/users/me"), ("POST", "/api/v2/buildinfo"),
            ] {
                let answer = try await server.send(method, target)
                let cookie = try #require(Self.cookies(answer).first)
                #expect(Self.cookies(answer).count == 1)
                let match = try #require(
                    cookie.wholeMatch(of: /csrf_token=([A-Za-z0-9+\/]{43}=); Path=\/; HttpOnly; SameSite=Lax/),
                    "\(cookie)")
                tokens.insert(String(match.1))
            }
            #expect(tokens.count == 6)
        }
    }

    @Test("107, 111: a good one is left alone, any other replaced", arguments: Backend.allCases)
    func replaced(on backend: Backend) async throws {
        let rows: [(token: String, isGood: Bool)] = [
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true),
            ("JXm9hOUdZctWt0ZZGAy9xiS/gxMKYOThdxjjMnMUyn4=", true), ("AAECAwQFBgcICQoLDA0ODw==", false), ("", false),
            ("rubbish", false), ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", false),
        ]
        try await TestServer.with(backend) { server in
            for (token, isGood) in rows {
                let answer = try await server.send(
                    "GET", "/api/v2/buildinfo", headers: [("Cookie", "csrf_token=\(token)")])
                #expect(answer.status == 200)
                #expect(Self.cookies(answer).isEmpty == isGood, "\(token)")
            }
        }
    }

    @Test("its attributes follow the options, its name does not", arguments: Backend.allCases)
    func options(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.usesSecureCookies = true
                $0.sameSite = .none
                $0.usesHostPrefixCookie = true
            }
        ) { server in
            let answer = try await server.send("GET", "/api/v2/buildinfo")
            let cookie = try #require(Self.cookies(answer).first)
            #expect(cookie.hasSuffix("; Path=/; HttpOnly; Secure; SameSite=None"))
        }
    }

    @Test("a cookie that was set works, and so does its masked form", arguments: Backend.allCases)
    func works(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let cookie = try #require(Self.cookies(try await server.send("GET", "/api/v2/buildinfo")).first)
            let token = String(cookie.dropFirst("csrf_token=".count).prefix(44))
            let answer = try await server.send(
                "POST", "/api/v2/users/logout",
                headers: [
                    ("Cookie", "coder_session_token=\(owner.token); csrf_token=\(token)"), ("X-CSRF-TOKEN", token),
                ])
            #expect(answer.status == 200)
        }
    }
}
