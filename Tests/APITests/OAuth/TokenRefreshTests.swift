import API
import HTTP
import JSON
import TestSupport
import Testing

/// Sessions whose provider token has expired: auth.md §9.5, case 100 of §14.
@Suite struct TokenRefreshTests {
    private static let softMessage =
        "You are signed out or your session has expired. Please sign in again to continue."
    /// A little more than the provider's token lives, and less than the session.
    private static let late: Int64 = 3_601

    private static func isSoft(_ answer: Answer) -> Bool {
        answer.status == 401 && answer.message == softMessage && !(answer.detail ?? "").isEmpty
            && answer.header("WWW-Authenticate").first?.hasPrefix(#"Bearer realm="coder", error="invalid_token""#)
                == true
    }

    private func refreshes(_ scene: OIDCScene) -> [Asked] {
        scene.provider.asked("/token").filter { $0.form.first("grant_type") == "refresh_token" }
    }

    @Test("100: a key whose link is gone", arguments: Backend.allCases)
    func withoutLink(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = try await scene.visit().browser
            try scene.server.database.sql("DELETE FROM user_links")
            let answer = try await browser.get("/api/v2/users/me")
            #expect(Self.isSoft(answer), "\(answer)")
            for path in ["/api/v2/users/authmethods", "/api/v2/buildinfo"] {
                #expect(try await browser.get(path).status == 200)
            }
            #expect(try await browser.signIn(Browser.oidcCallback, at: scene.provider).status == 307, "and in again")
            #expect(try await browser.user() != nil)
        }
    }

    @Test("100: an expired token without a refresh token", arguments: Backend.allCases)
    func withoutRefreshToken(on backend: Backend) async throws {
        try await OIDCScene.with(backend, provider: { $0.issuesRefreshToken = false }) { scene in
            let browser = try await scene.visit().browser
            scene.server.clock.advance(seconds: 3_599)
            #expect(try await browser.get("/api/v2/users/me").status == 200)
            scene.server.clock.advance(seconds: 2)
            let answer = try await browser.get("/api/v2/users/me")
            #expect(Self.isSoft(answer), "\(answer)")
            #expect(try await browser.get("/api/v2/users/authmethods").status == 200)
            #expect(refreshes(scene).isEmpty)
        }
    }

    @Test("100: a refresh that the provider refuses", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await OIDCScene.with(backend, provider: { $0.refresh = .refuse }) { scene in
            let browser = try await scene.visit().browser
            scene.server.clock.advance(seconds: Self.late)
            let answer = try await browser.get("/api/v2/users/me")
            #expect(answer.status == 401 && answer.message != Self.softMessage && answer.message != nil, "\(answer)")
            #expect(answer.detail?.contains("invalid_grant") == true, "the provider's reason: \(answer)")
            #expect(answer.header("WWW-Authenticate").first?.contains(#"error="invalid_token""#) == true)
        }
    }

    @Test("100: a session of a provider that is configured no longer", arguments: Backend.allCases)
    func providerGone(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = try await scene.visit().browser
            for table in ["api_keys", "user_links"] {
                try scene.server.database.sql("UPDATE \(table) SET login_type = 'github'")
            }
            #expect(try await browser.get("/api/v2/users/me").status == 200, "as long as its token lives")
            scene.server.clock.advance(seconds: Self.late)
            let answer = try await browser.get("/api/v2/users/me")
            #expect(answer.isError(500), "\(answer)")
            let fault = try #require(answer.detail?.firstMatch(of: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/))
            #expect(scene.server.log.lines.contains { $0.contains(fault.output) }, "decisions.md #26")
        }
    }

    @Test(
        "§9.5: an expired token is renewed silently, whether the provider rotates or not",
        arguments: Backend.allCases, [false, true])
    func renewed(on backend: Backend, rotates: Bool) async throws {
        try await OIDCScene.with(backend, provider: { $0.refresh = rotates ? .rotate : .keep }) { scene in
            let browser = try await scene.visit().browser
            for round in 1...3 {
                let (access, refresh) = (
                    try scene.link("oauth_access_token"), try scene.link("oauth_refresh_token")
                )
                scene.server.clock.advance(seconds: Self.late)
                #expect(try await browser.get("/api/v2/users/me").status == 200)
                #expect(try await browser.get("/api/v2/users/me").status == 200)
                #expect(refreshes(scene).count == round)
                #expect(refreshes(scene).last?.form.first("refresh_token") == refresh)
                #expect(refreshes(scene).last?.basic?.password == "oidc-secret")
                #expect(try scene.link("oauth_access_token") != access)
                #expect(try (scene.link("oauth_refresh_token") != refresh) == rotates)
            }
            let keys = try scene.server.database.sql("SELECT id FROM api_keys")
            let expiry = try scene.server.database.time("expires_at", of: "api_keys", id: keys[0][0] ?? "")
            #expect(expiry == scene.server.microseconds(86_400), "the key's expiry is its own")
        }
    }

    @Test("§9.5: requests at once renew a token once", arguments: Backend.allCases)
    func together(on backend: Backend) async throws {
        try await OIDCScene.with(backend, provider: { $0.refresh = .rotate }) { scene in
            let browser = try await scene.visit().browser
            scene.server.clock.advance(seconds: Self.late)
            let cookies = browser.cookieField
            let request: @Sendable (TestServer) async throws -> Answer = {
                try await $0.send("GET", "/api/v2/users/me", headers: [cookies])
            }
            let answers = try await scene.server.sendTogether(Array(repeating: request, count: 8))
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.status))")
            #expect(refreshes(scene).count == 1)
        }
    }

    /// Requests that wait together for the provider's one answer.
    private func waiting(_ scene: OIDCScene, for canned: CannedAnswer) async throws -> [Answer] {
        let cookies = try await scene.visit().browser.cookieField
        scene.server.clock.advance(seconds: Self.late)
        scene.provider.answer("/token", with: canned)
        scene.provider.hold("/token")
        let request: @Sendable (TestServer) async throws -> Answer = {
            try await $0.send("GET", "/api/v2/users/me", headers: [cookies])
        }
        async let answers = scene.server.sendTogether(Array(repeating: request, count: 5))
        await scene.provider.arrival(at: "/token", count: 2)
        // The others come to the gate while these are answered.
        for _ in 0..<20 { _ = try await scene.server.send("GET", "/api/v2/users/first") }
        scene.provider.release("/token")
        return try await answers
    }

    @Test("§9.5: requests at once that meet a provider in trouble are not signed out", arguments: Backend.allCases)
    func togetherInTrouble(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let answers = try await waiting(scene, for: CannedAnswer(.serviceUnavailable, "{}"))
            #expect(answers.allSatisfy { $0.status >= 500 }, "\(answers)")
        }
    }

    @Test("100: requests at once whose refresh is refused all learn why", arguments: Backend.allCases)
    func togetherRefused(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let canned = CannedAnswer(.badRequest, #"{"error":"invalid_grant","error_description":"revoked"}"#)
            let answers = try await waiting(scene, for: canned)
            let areTold = answers.allSatisfy { $0.status == 401 && $0.detail?.contains("revoked") == true }
            #expect(areTold, "\(answers)")
        }
    }

    @Test("§9.5: a provider in trouble ends no session", arguments: Backend.allCases)
    func trouble(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = try await scene.visit().browser
            scene.server.clock.advance(seconds: Self.late)
            let broken = [
                CannedAnswer(.serviceUnavailable, "{}"), CannedAnswer(.ok, "rubbish"), CannedAnswer(.ok, "{}"),
                CannedAnswer(.internalServerError, "<html>", contentType: "text/html"),
            ]
            for canned in broken {
                scene.provider.answer("/token", with: canned)
                let answer = try await browser.get("/api/v2/users/me")
                #expect(answer.status >= 400 && answer.message != nil, "\(answer)")
            }
            scene.provider.answer("/token", with: nil)
            #expect(try await browser.get("/api/v2/users/me").status == 200)
        }
    }

    @Test("§9.5: tokens that live for ever are not renewed", arguments: Backend.allCases)
    func forever(on backend: Backend) async throws {
        try await OIDCScene.with(backend, provider: { $0.accessTokenSeconds = nil }) { scene in
            let browser = try await scene.visit().browser
            scene.server.clock.advance(seconds: 80_000)
            #expect(try await browser.get("/api/v2/users/me").status == 200)
            #expect(refreshes(scene).isEmpty)
        }
    }

    @Test("§9.5: a token that the person made needs no provider", arguments: Backend.allCases)
    func ownToken(on backend: Backend) async throws {
        try await OIDCScene.with(backend, provider: { $0.refresh = .refuse }) { scene in
            let id = try #require(try await scene.visit().user()["id"]?.text)
            let key = StoredKey(userID: id, loginType: "token", expiresAt: scene.server.microseconds(90_000), name: "t")
            try key.insert(into: scene.server.database)
            scene.server.clock.advance(seconds: Self.late)
            #expect(try await scene.server.send("GET", "/api/v2/users/me", token: key.token).status == 200)
        }
    }
}
