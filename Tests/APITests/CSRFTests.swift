import API
import Testing
import TestSupport

/// Requests signed in by a cookie: auth.md §10, cases 103–111 of §14; keys-and-shell.md case 65; decisions.md #21.
@Suite struct CSRFTests {
    private static let session = "0000000000-0000000000000000000000"
    private static let cookie = ("Cookie", "coder_session_token=\(session)")

    /// The pairs of the contract: the cookie's token, and two headers that show it.
    private static let plain = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let masked =
        "paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpKemoaCjoq2sr66pqKuqtbS3trGws7K9vL++ubi7ug=="
    private static let foreign = "JXm9hOUdZctWt0ZZGAy9xiS/gxMKYOThdxjjMnMUyn4="
    private static let foreignMasked =
        "KNKvagCBEHZK7ihe2t7fj6VeJ0UyTDco1yVUJE8N06oNqxLu5Zx1vRxZbgfC0mJJgeGkVjgs08mgPbcWPBkZ1A=="

    /// The refusal is plain text with a 400; anything else got past the check.
    private static func isRefused(_ answer: Answer) -> Bool {
        answer.status == 400 && answer.header("Content-Type").contains { $0.hasPrefix("text/plain") }
    }

    @Test(
        "103: a cookie alone is refused in plain text, before anything else is looked at", arguments: Backend.allCases)
    func cookieAlone(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for session in [Self.session, owner.token, "x"] {
                for (method, target) in [
                    ("POST", "/api/v2/users/logout"), ("POST", "/api/v2/users/login"), ("POST", "/api/v2/nope"),
                    ("DELETE", "/api/v2/users/owner"), ("PUT", "/api/v2/buildinfo"), ("PATCH", "/api/v2/"),
                    ("POST", "/api"),
                ] {
                    let answer = try await server.send(
                        method, target, headers: [("Cookie", "coder_session_token=\(session)")])
                    #expect(Self.isRefused(answer), "\(method) \(target) gave \(answer)")
                    #expect(answer.body.contains("Something is wrong with your CSRF token."))
                }
            }
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 200)
        }
    }

    @Test("104: a header with another token is named", arguments: Backend.allCases)
    func otherHeader(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send(
                "POST", "/api/v2/nope", token: "1111111111-0000000000000000000000", headers: [Self.cookie])
            #expect(Self.isRefused(answer))
            #expect(answer.body.contains("CSRF error encountered. Authentication via"))
            #expect(!answer.body.contains("1111111111"))
            #expect(!answer.body.contains(Self.session))
        }
    }

    private static let exempt: [(target: String, headers: [(String, String)])] = [
        ("/api/v2/nope", [("Coder-Session-Token", session)]), ("/api/v2/nope?coder_session_token=\(session)", []),
        ("/api/v2/nope", [("Authorization", "Bearer something")]),
        ("/api/v2/nope", [("Authorization", "bEARER something")]),
        ("/api/v2/nope", [("Coder-Provisioner-Daemon-PSK", "x")]),
        ("/api/v2/nope", [("Coder-Provisioner-Daemon-Key", "x")]),
        ("/api/v2/csp/reports", []), ("/api/v2/users/first", []), ("//api//v2/users/first", []),
        ("/oauth2/tokens", []), ("/healthz", []),
    ]

    @Test("105, 108: what else shows that the sender can read the cookie, or is exempt", arguments: Backend.allCases)
    func exempt(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (target, headers) in Self.exempt {
                let answer = try await server.send("POST", target, headers: [Self.cookie] + headers)
                #expect(!Self.isRefused(answer), "\(target) \(headers)")
            }
        }
    }

    private static let notExempt: [(target: String, headers: [(String, String)])] = [
        ("/api/v2/nope?coder_session_token=other", []), ("/api/v2/nope?access_token=\(session)", []),
        ("/api/v2/nope", [("Authorization", "Basic eDp5")]), ("/api/v2/nope", [("Coder-Provisioner-Daemon-PSK", "")]),
        ("/api/v2/nope", [("Coder-Provisioner-Daemon-Key", "")]),
        // 108–110, and their like: exact paths, after decoding and collapsing.
        ("/oauth2/authorize", []), ("/api/v2/users/firstuser/keys", []), ("/api/v2/users/derpy/keys", []),
        ("//api/v2/users/me/keys", []), ("/api//v2/users/me/keys", []), ("/%61pi/v2/users/me/keys", []),
        ("/%2Fapi/v2/users/me/keys", []), ("/api/v2/users/first/keys", []), ("/api/v2/workspaceagents/me", []),
        ("/api/v2/scim/v2/Users", []), ("/api/v2/workspaceproxies/me", []), ("/api/v2/nope?x=/api/v2/users/first", []),
        ("/api/v2/csp/reports/x", []),
    ]

    @Test("108–110: nothing else is exempt", arguments: Backend.allCases)
    func notExempt(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (target, headers) in Self.notExempt {
                let answer = try await server.send("POST", target, headers: [Self.cookie] + headers)
                #expect(Self.isRefused(answer), "\(target) \(headers) gave \(answer)")
            }
        }
    }

    private static let pairs: [(cookie: String, header: String, isGood: Bool)] = [
        (plain, plain, true), (plain, masked, true), (foreign, foreign, true), (foreign, foreignMasked, true),
        (plain, foreign, false), (plain, foreignMasked, false), (foreign, plain, false), (foreign, masked, false),
        (plain, "", false), (plain, "AAEC", false), (plain, String(plain.dropLast()), false),
        (plain, "*\(plain)", false),
        // 111: a cookie of another length is no token, even with an equal header.
        ("AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw==", false), ("", "", false), (masked, masked, false),
    ]

    @Test("106, 111: the token's cookie and header must belong together", arguments: Backend.allCases)
    func pairs(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (token, header, isGood) in Self.pairs {
                let answer = try await server.send(
                    "POST", "/api/v2/nope",
                    headers: [
                        ("Cookie", "coder_session_token=\(Self.session); csrf_token=\(token)"),
                        ("X-CSRF-TOKEN", header),
                    ])
                #expect(Self.isRefused(answer) != isGood, "\(token) \(header)")
            }
        }
    }

    @Test("107: reading is never refused", arguments: Backend.allCases)
    func reading(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
                let answer = try await server.send(method, "/api/v2/buildinfo", headers: [Self.cookie])
                #expect(!Self.isRefused(answer), "\(method)")
            }
        }
    }

    @Test("without a session cookie there is nothing to check", arguments: Backend.allCases)
    func noCookie(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for headers in [[], [("Cookie", "coder_session_token=")], [("Cookie", "csrf_token=\(Self.plain)")]] {
                let answer = try await server.send("POST", "/api/v2/nope", headers: headers)
                #expect(answer.status == 404, "\(headers)")
            }
        }
    }
}
