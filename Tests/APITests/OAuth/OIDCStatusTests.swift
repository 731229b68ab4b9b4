import API
import JSON
import Storage
import TestSupport
import Testing

/// Users who are not active, sign-ups and the first user: auth.md §8.5, cases 157–159, decisions.md #11 and #17.
@Suite struct OIDCStatusTests {
    @Test("157: a suspended user gets no session, and nothing is written", arguments: Backend.allCases)
    func suspended(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let owner = try await scene.server.owner()
            let id = try #require(try await scene.visit().user()["id"]?.text)
            let suspended = try await scene.server.send(
                "PUT", "/api/v2/users/\(id)/status/suspend", token: owner.token)
            #expect(suspended.status == 200)
            let token = try scene.link("oauth_access_token")
            let keys = try scene.count("api_keys")
            let answer = try await scene.visit(["name": "Changed", "email": "changed@corp.test"]).answer
            #expect(answer.isPage(403, "Account suspended"), "\(answer)")
            #expect(try scene.link("oauth_access_token") == token && scene.count("api_keys") == keys)
            let seen = try await scene.server.send("GET", "/api/v2/users/\(id)", token: owner.token)
            #expect(seen["name"]?.text == "Ana Sample" && seen["email"]?.text == "ana@provider.test")
            #expect(seen["status"]?.text == "suspended")
            let back = try await scene.server.send("PUT", "/api/v2/users/\(id)/status/activate", token: owner.token)
            #expect(back.status == 200)
            #expect(try await scene.visit().isSignedIn)
        }
    }

    @Test("158: a dormant user becomes active, and has been seen", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            _ = try await scene.server.owner()
            let id = try #require(try await scene.visit().user()["id"]?.text)
            try scene.server.database.setStatus("dormant", of: id)
            scene.server.clock.advance(seconds: 60)
            let visit = try await scene.visit()
            #expect(visit.isSignedIn)
            #expect(try scene.server.database.status(of: id) == "active", "by the sign-in itself")
            let seen = try scene.server.database.time("last_seen_at", of: "users", id: id)
            #expect(seen == scene.server.clock.now.microseconds)
        }
    }

    @Test("159: without sign-ups strangers are sent away, and known people come in", arguments: Backend.allCases)
    func signUpsOff(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.allowsSignUps = false }) { scene in
            let first = try await scene.visit().user()
            #expect(first["roles"]?.elements.compactMap { $0["name"]?.text } == ["owner"], "the first may come")
            let answer = try await scene.visit(["sub": "2", "email": "bo@corp.test", "preferred_username": "bo"]).answer
            #expect(answer.isPage(403, "Signups are disabled"), "\(answer)")
            #expect(answer.body.contains("dministrator"))
            #expect(try scene.count("user_links") == "1")
            #expect(try await scene.visit().user()["id"] == first["id"])
        }
    }

    @Test("159: the operator's own text is rendered, and no HTML in it", arguments: Backend.allCases)
    func customText(on backend: Backend) async throws {
        let text = "Mail **the team**, <script>alert(1)</script> & wait.\n\nSecond *part*."
        try await OIDCScene.with(
            backend,
            settings: {
                $0.allowsSignUps = false
                $0.signUpsDisabledText = text
            }
        ) { scene in
            _ = try await scene.server.owner()
            let answer = try await scene.visit().answer
            #expect(
                answer.isPage(403, "Signups are disabled", "<strong>the team</strong>", "<em>part</em>"), "\(answer)")
            #expect(!answer.body.contains("<script") && answer.body.contains("&lt;script&gt;"))
        }
    }

    @Test("§8.5: the first user ever is an owner, whoever of many comes first", arguments: Backend.allCases)
    func firstOfMany(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend,
            settings: {
                $0.allowsSignUps = false
                $0.ignoresUserInfo = true
            }
        ) { scene in
            scene.provider.configure {
                // Each token is another person's: no two signatures of ECDSA are alike.
                $0.idToken = { claims, keys in
                    let id = JWTForge.base64URL(Array(try keys.ec.signature(for: []).prefix(12)))
                    let person: JSONValue = ["sub": .string(id), "email": .string("\(id)@corp.test")]
                    return try JWTForge.sign(claims.merging(person), with: keys.rsa)
                }
            }
            let answers = try await scene.callbacksTogether(6)
            #expect(answers.map(\.status).sorted() == [307, 403, 403, 403, 403, 403], "\(answers)")
            #expect(try scene.count("user_links") == "1")
        }
    }

    @Test("§8.5: one person who comes many times at once has one account", arguments: Backend.allCases)
    func sameAtOnce(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            _ = try await scene.server.owner()
            let answers = try await scene.callbacksTogether(6)
            // Who loses the race meets an e-mail that is taken (§8.5), or nothing at all.
            #expect(answers.allSatisfy { $0.status == 307 || $0.isError(500) }, "\(answers)")
            #expect(answers.contains { $0.status == 307 })
            #expect(try scene.count("user_links") == "1" && scene.count("gitsshkeys") == "2")
            let emails = try scene.server.database.sql("SELECT id FROM users WHERE email = 'ana@provider.test'")
            #expect(emails.count == 1)
            #expect(try await scene.visit().isSignedIn)
        }
    }
}

extension OIDCScene {
    /// So many browsers that are at the callback at the same time.
    func callbacksTogether(_ count: Int) async throws -> [Answer] {
        var requests: [@Sendable (TestServer) async throws -> Answer] = []
        for _ in 0..<count {
            let browser = Browser(server)
            let back = try await browser.begin(Browser.oidcCallback, at: provider)
            let cookies = browser.cookieField
            requests.append { try await $0.send("GET", back.target, headers: [cookies]) }
        }
        return try await server.sendTogether(requests)
    }
}
