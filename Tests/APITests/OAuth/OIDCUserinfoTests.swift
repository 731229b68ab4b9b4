import API
import HTTP
import JSON
import TestSupport
import Testing

/// The second source of claims: auth.md §8.6, cases 143–147 of §14, and §15 for its subject.
@Suite struct OIDCUserinfoTests {
    @Test("143, 145: userinfo is read strictly", arguments: Backend.allCases)
    func strict(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let wrong: [JSONValue] = [
                ["email_verified": 0], ["email_verified": 1], ["email_verified": .null], ["email_verified": "1"],
                ["email_verified": "yes"], ["email_verified": "True"], ["email_verified": []], ["email": 1],
                ["email": true], ["email": ["a@b.test"]], ["profile": 1], ["profile": ["x": 1]], ["sub": 1],
            ]
            for info in wrong {
                let answer = try await scene.visit(idToken: [:], userinfo: info).answer
                #expect(answer.isError(500), "\(info): \(answer)")
            }
            #expect(try scene.count("user_links") == "0")
            #expect(try await scene.visit(idToken: [:], userinfo: ["email_verified": "true"]).isSignedIn)
            let unverified = try await scene.visit(idToken: [:], userinfo: ["email_verified": "false"]).answer
            #expect(unverified.isPage(403, "Email not verified"))
        }
    }

    @Test("144: userinfo wins", arguments: Backend.allCases)
    func wins(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let user = try await scene.visit(
                idToken: ["email_verified": false, "email": "old@corp.test", "name": "Old"],
                userinfo: [
                    "email_verified": true, "email": "new@corp.test", "name": "New", "picture": "http://p.test/",
                ]
            ).user()
            #expect(user["email"]?.text == "new@corp.test" && user["name"]?.text == "New")
            #expect(user["avatar_url"]?.text == "http://p.test/")
            let worse = try await scene.visit(
                idToken: ["email_verified": true], userinfo: ["email_verified": false]
            ).answer
            #expect(worse.isPage(403, "Email not verified"))
        }
    }

    @Test("145: an operator may ignore userinfo", arguments: Backend.allCases)
    func ignored(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            let user = try await scene.visit(idToken: ["email": "id@corp.test"], userinfo: ["email": 1]).user()
            #expect(user["email"]?.text == "id@corp.test")
            #expect(scene.provider.count("/userinfo") == 0)
        }
    }

    @Test("146: a provider without userinfo", arguments: Backend.allCases)
    func absent(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend, provider: { $0.metadata = $0.metadata.removing("userinfo_endpoint") }
        ) { scene in
            let user = try await scene.visit(idToken: ["email": "id@corp.test"], userinfo: ["email": "x@y.test"]).user()
            #expect(user["email"]?.text == "id@corp.test")
        }
    }

    @Test("143: userinfo that fails", arguments: Backend.allCases)
    func failing(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let broken = [
                CannedAnswer(.internalServerError, "{}"), CannedAnswer(.unauthorized, "{}"),
                CannedAnswer(.notFound, "{}"), CannedAnswer(.seeOther, "{}"), CannedAnswer(.ok, ""),
                CannedAnswer(.ok, "[]"), CannedAnswer(.ok, "null"), CannedAnswer(.ok, "7"), CannedAnswer(.ok, "<html>"),
                CannedAnswer(.ok, #"{"sub":"subject-1","email":"#),
            ]
            for canned in broken {
                scene.provider.answer("/userinfo", with: canned)
                let answer = try await scene.visit().answer
                #expect(
                    answer.isError(500), "\(canned.status) \(String(decoding: canned.body, as: UTF8.self)): \(answer)")
            }
        }
    }

    @Test("§15: userinfo of another subject, or of nobody, is refused", arguments: Backend.allCases)
    func foreignSubject(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let usual = scene.usual
            let foreign = [
                usual.setting("sub", "subject-2"), usual.setting("sub", ""), usual.removing("sub"),
                usual.setting("sub", "Subject-1"), usual.setting("sub", "subject-1 "),
            ]
            for info in foreign {
                scene.provider.configure { $0.userinfo = .json(info) }
                let answer = try await scene.visit().answer
                #expect(answer.status >= 400 && answer.isError(answer.status), "\(info): \(answer)")
            }
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("143: a signed userinfo is verified", arguments: Backend.allCases)
    func signed(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let good: FakeProviderSettings.TokenMaker = {
                try JWTForge.sign($0.setting("email", "signed@corp.test"), with: $1.rsa)
            }
            let bad: [FakeProviderSettings.TokenMaker] = [
                { JWTForge.spoiled(try JWTForge.sign($0, with: $1.rsa)) }, { claims, _ in JWTForge.unsigned(claims) },
                { JWTForge.hs256($0, secret: Array($1.rsa.publicPEM.utf8), header: ["kid": "rsa-1"]) },
                { try JWTForge.sign($0.setting("sub", "subject-2"), with: $1.rsa) }, { _, _ in "{}" }, { _, _ in "" },
            ]
            for maker in bad {
                scene.provider.configure { $0.userinfo = .token(maker) }
                let answer = try await scene.visit().answer
                #expect(answer.status >= 400 && answer.isError(answer.status), "\(answer)")
            }
            scene.provider.configure { $0.userinfo = .token(good) }
            #expect(try await scene.visit().user()["email"]?.text == "signed@corp.test")
        }
    }
}
