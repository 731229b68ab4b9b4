import API
import JSON
import TestSupport
import Testing

/// Claims from the access token: auth.md §8.6, case 147 of §14.
@Suite struct OIDCAccessTokenClaimsTests {
    private static func with(
        _ backend: Backend, _ body: @Sendable (OIDCScene) async throws -> Void
    ) async throws {
        try await OIDCScene.with(
            backend,
            settings: {
                $0.ignoresUserInfo = true
                $0.usesAccessTokenClaims = true
            }, body)
    }

    @Test("147: the claims are merged, and the ID token wins", arguments: Backend.allCases)
    func merged(on backend: Backend) async throws {
        try await Self.with(backend) { scene in
            scene.provider.configure {
                $0.accessToken = { claims, keys in
                    let own: JSONValue = ["email": "access@corp.test", "name": "Access", "picture": "http://p.test/a"]
                    return try JWTForge.sign(claims.merging(own), with: keys.rsa)
                }
            }
            let user = try await scene.visit(without: "name").user()
            #expect(user["email"]?.text == "ana@provider.test" && user["name"]?.text == "Access")
            #expect(user["avatar_url"]?.text == "http://p.test/a")
            #expect(scene.provider.count("/userinfo") == 0)
        }
    }

    @Test("147: an access token under no or another signature", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await Self.with(backend) { scene in
            #expect(try await scene.visit().answer.isError(400), "an opaque token")
            let makers: [FakeProviderSettings.TokenMaker] = [
                { JWTForge.spoiled(try JWTForge.sign($0, with: $1.rsa)) }, { claims, _ in JWTForge.unsigned(claims) },
                { try JWTForge.sign($0.setting("aud", "other"), with: $1.rsa) },
                { try JWTForge.sign($0.setting("iss", "https://evil.test"), with: $1.rsa) },
                { try JWTForge.sign($0.setting("exp", 1), with: $1.rsa) },
            ]
            for maker in makers {
                scene.provider.configure { $0.accessToken = maker }
                let answer = try await scene.visit().answer
                #expect(answer.isError(400), "\(answer)")
            }
        }
    }
}
