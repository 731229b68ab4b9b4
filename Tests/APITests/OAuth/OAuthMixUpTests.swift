import API
import JSON
import Outbound
import TestSupport
import Testing

/// Two providers, one of them an attacker's (RFC 9700 §4.4, RFC 9207).
@Suite struct OAuthMixUpTests {
    private static let path = Browser.oidcCallback

    @Test("116: an answer of another issuer is refused before its code goes anywhere", arguments: Backend.allCases)
    func issuer(on backend: Backend) async throws {
        try await FakeProvider.with { attacker in
            try await OIDCScene.with(backend) { scene in
                for issuer in [attacker.url, "\(scene.provider.url)/", scene.provider.url.uppercased(), "x"] {
                    scene.provider.configure { $0.callbackIssuer = issuer }
                    let answer = try await scene.visit().answer
                    #expect(answer.isError(400), "\(issuer): \(answer)")
                }
                #expect(scene.provider.count("/token") == 0 && attacker.asked.isEmpty)
                let own = scene.provider.url
                scene.provider.configure { $0.callbackIssuer = own }
                #expect(try await scene.visit().isSignedIn)
            }
        }
    }

    @Test("117: a code of another provider buys nothing", arguments: Backend.allCases)
    func foreignCode(on backend: Backend) async throws {
        try await FakeProvider.with { attacker in
            try await OIDCScene.with(backend) { scene in
                let browser = Browser(scene.server)
                let start = try await browser.get(Self.path)
                let location = try #require(start.header("Location").first)
                let there = location.replacing(scene.provider.url, with: attacker.url)
                let answer = try await browser.get(try attacker.visit(there).target)
                #expect(answer.isError(500), "\(answer)")
                #expect(attacker.count("/token") == 0)
            }
        }
    }

    @Test("137: a token of another provider is refused, though its key has the same id", arguments: Backend.allCases)
    func foreignKey(on backend: Backend) async throws {
        try await FakeProvider.with { attacker in
            try await OIDCScene.with(backend) { scene in
                for algorithm in SigningKey.Algorithm.allCases {
                    let key = attacker.settings.keys[algorithm]
                    #expect(key.id == scene.provider.settings.keys[algorithm].id)
                    for header in [[:], ["kid": .null]] as [JSONValue] {
                        let answer = try await scene.visit(token: { claims, _ in
                            try JWTForge.sign(claims, with: key, header: header)
                        }).answer
                        #expect(answer.isError(400), "\(algorithm) \(header): \(answer)")
                    }
                }
                let own = try await scene.visit(token: { claims, _ in
                    let keys = attacker.settings.keys
                    return try JWTForge.sign(attacker.claims().setting("sub", claims["sub"] ?? .null), with: keys.rsa)
                })
                #expect(own.answer.isError(400), "another provider's own token: \(own.answer)")
                #expect(try scene.count("user_links") == "0")
            }
        }
    }

    @Test("116: a flow that began at one provider does not end at the other", arguments: Backend.allCases)
    func twoKinds(on backend: Backend) async throws {
        try await FakeGitHub.with { github in
            try await FakeProvider.with { provider in
                let providers = Providers(github: github.github().github, oidc: try await provider.oidc().oidc)
                try await TestServer.with(backend, providers: providers) { server in
                    provider.configure { $0.now = { server.clock.now } }
                    for (from, to) in [
                        (Browser.oidcCallback, Browser.githubCallback), (Browser.githubCallback, Browser.oidcCallback),
                    ] {
                        let browser = Browser(server)
                        let back =
                            from == Browser.oidcCallback
                            ? try await browser.begin(from, at: provider) : try await browser.begin(from, at: github)
                        let answer = try await browser.get(back.target.replacing(from, with: to))
                        #expect(answer.isError(400), "\(from): \(answer)")
                    }
                    #expect(provider.count("/token") == 0)
                    #expect(!github.asked.contains { $0.path.hasSuffix("/access_token") })
                }
            }
        }
    }

    @Test("§8.4: one subject at two issuers is two people", arguments: Backend.allCases)
    func sameSubject(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend,
            settings: {
                $0.skipsIssuerChecks = true
                $0.ignoresUserInfo = true
            }
        ) { scene in
            var ids: Set<String> = []
            for name in ["one", "two"] {
                let visit = try await scene.visit(token: { claims, keys in
                    let own: JSONValue = ["iss": .string("https://\(name).test"), "email": .string("a@\(name).test")]
                    return try JWTForge.sign(claims.merging(own), with: keys.rsa)
                })
                ids.insert(try await visit.user()["id"]?.text ?? "")
            }
            #expect(ids.count == 2)
        }
    }
}
