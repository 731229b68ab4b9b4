import API
import HTTP
import JSON
import TestSupport
import Testing

/// Codes, tokens, verifiers and the client's secret are seen by the provider, and by nobody else.
@Suite struct OAuthSecrecyTests {
    /// What has gone between server and provider.
    private static func secrets(_ scene: OIDCScene, _ made: [String]) -> Set<String> {
        var secrets: Set<String> = ["oidc-secret", "b2lkYy1jbGllbnQ6b2lkYy1zZWNyZXQ"]
        for asked in scene.provider.asked {
            for name in ["code", "code_verifier", "refresh_token", "client_secret"] {
                secrets.formUnion(asked.form.all(name))
            }
            secrets.formUnion([asked.credentials("Bearer"), asked.credentials("Basic")].compactMap { $0 })
        }
        secrets.formUnion(made)
        // The signatures alone, too.
        secrets.formUnion(made.compactMap { $0.split(separator: ".").last.map(String.init) })
        return secrets.filter { $0.utf8.count >= 8 }
    }

    @Test("nothing secret is logged or told, whatever goes wrong", arguments: Backend.allCases)
    func scenario(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let made = Noted<[String]>([])
            scene.provider.configure {
                $0.idToken = { claims, keys in
                    let token = try JWTForge.sign(claims, with: keys.rsa)
                    made.change { $0.append(token) }
                    return token
                }
            }
            var answers: [Answer] = []
            // Before anybody is signed in: refused callbacks with a real code.
            let lost = Browser(scene.server)
            let back = try await lost.begin(Browser.oidcCallback, at: scene.provider)
            let code = try #require(back.code)
            answers.append(try await Browser(scene.server).get(back.target))
            answers.append(try await lost.get(back.target.replacing("state=", with: "state=x")))
            answers.append(try await lost.get("\(back.target)&error=access_denied"))
            answers.append(try await lost.get("\(back.target)&iss=https%3A%2F%2Fevil.test"))
            let verifier = try #require(lost.cookies["oauth_pkce_verifier"])
            // Whatever a provider can do wrong.
            let canned = CannedAnswer(.internalServerError, "<html>down</html>")
            for path in ["/jwks", "/token", "/userinfo"] {
                for answer in [canned, CannedAnswer(.ok, "rubbish"), CannedAnswer(.ok, "{}")] {
                    scene.provider.answer(path, with: answer)
                    answers.append(try await scene.visit().answer)
                }
                scene.provider.answer(path, with: nil)
            }
            for claims in [["sub": ""], ["email": 7], ["email_verified": false], ["x": "\u{0}"]] as [JSONValue] {
                answers.append(try await scene.visit(claims).answer)
            }
            // A session, its refresh, and the refusal of that.
            let browser = try await scene.visit().browser
            let session = try #require(browser.cookies[Browser.session])
            answers.append(try await browser.get("/api/v2/users/oidc-claims"))
            scene.server.clock.advance(seconds: 3_601)
            answers.append(try await browser.get("/api/v2/users/me"))
            for path in ["/token"] {
                scene.server.clock.advance(seconds: 3_601)
                for answer in [canned, CannedAnswer(.badRequest, #"{"error":"invalid_grant"}"#)] {
                    scene.provider.answer(path, with: answer)
                    answers.append(try await browser.get("/api/v2/users/me"))
                }
                scene.provider.answer(path, with: nil)
            }
            // A database that fails in the middle of a sign-in.
            try scene.server.database.failOn("UPDATE", of: "user_links", cause: "no update")
            let broken = try await scene.visit().answer
            #expect(broken.isError(500), "\(broken)")
            answers.append(broken)

            let secrets = Self.secrets(scene, made.value).union([code, verifier, session])
            #expect(secrets.count > 30)
            let lines = scene.server.log.lines
            #expect(lines.contains { $0.hasPrefix("error") }, "something was logged, or this proves nothing")
            for secret in secrets {
                #expect(!lines.contains { $0.contains(secret) }, "logged: \(secret)")
                for answer in answers {
                    #expect(!answer.body.contains(secret), "told: \(secret)")
                    #expect(!answer.header("Location").contains { $0.contains(secret) }, "sent on: \(secret)")
                }
            }
        }
    }

    @Test("the provider learns the verifier's challenge, and no cookie of ours", arguments: Backend.allCases)
    func provider(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = try await scene.visit().browser
            let verifier = try #require(browser.cookies["oauth_pkce_verifier"])
            let session = try #require(browser.cookies[Browser.session])
            for asked in scene.provider.asked {
                #expect(asked.header("Cookie") == nil && asked.header("Referer") == nil)
                let texts = asked.query.items.map(\.value) + asked.headers.map(\.value)
                #expect(!texts.contains { $0.contains(verifier) || $0.contains(session) }, "\(asked.path)")
                if asked.path != "/token" { #expect(asked.form.items.isEmpty) }
            }
        }
    }
}
