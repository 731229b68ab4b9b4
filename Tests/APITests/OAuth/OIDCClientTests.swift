import API
import Crypto
import CryptoExtras
import HTTP
import JSON
import Outbound
import Storage
import TestSupport
import Testing

/// Who we are at the provider, and what its discovery must say: auth.md §8.8, case 163 of §14.
@Suite struct OIDCClientTests {
    @Test("163: a client without a secret", arguments: Backend.allCases)
    func publicClient(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend, settings: { $0.clientSecret = "" }, provider: { $0.client = .publicClient }
        ) { scene in
            #expect(try await scene.visit().isSignedIn)
            let asked = try #require(scene.provider.asked("/token").first)
            #expect(asked.form.first("client_id") == "oidc-client" && asked.form.first("client_secret") == nil)
            #expect(asked.header("Authorization") == nil)
        }
    }

    @Test("163: a secret goes where the provider wants it, whatever is in it", arguments: Backend.allCases)
    func secret(on backend: Backend) async throws {
        let secret = "s: %+&=/?ü\"\\"
        for places in [[.basic], [.post], [.basic, .post]] as [Set<FakeProviderSettings.SecretPlace>] {
            try await OIDCScene.with(
                backend, settings: { $0.clientSecret = secret },
                provider: {
                    $0.client = .secret(secret)
                    $0.secretPlaces = places
                    let methods = places.map {
                        JSONValue.string($0 == .basic ? "client_secret_basic" : "client_secret_post")
                    }
                    $0.metadata = $0.metadata.setting("token_endpoint_auth_methods_supported", .array(methods))
                },
                { scene in
                    let visit = try await scene.visit()
                    #expect(visit.isSignedIn, "\(places): \(visit.answer)")
                })
        }
    }

    @Test("163: a key in place of a secret", arguments: Backend.allCases)
    func assertion(on backend: Backend) async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let certificate = Array("any bytes of a certificate".utf8)
        let pem = """
            -----BEGIN CERTIFICATE-----
            \(String(decoding: Base64.encode(certificate), as: UTF8.self))
            -----END CERTIFICATE-----
            """
        let proof = try ClientAssertion(key: key.pemRepresentation, certificate: pem)
        try await OIDCScene.with(
            backend,
            settings: {
                $0.clientSecret = ""
                $0.assertion = proof
            }, provider: { $0.client = .assertion }
        ) { scene in
            let now = Int(scene.server.clock.now.microseconds / 1_000_000)
            var ids: Set<String> = []
            for _ in 0..<2 {
                #expect(try await scene.visit().isSignedIn)
                let asked = try #require(scene.provider.asked("/token").last)
                #expect(asked.form.first("client_secret") == nil && asked.header("Authorization") == nil)
                let token = try #require(JWTForge.Parts(asked.form.first("client_assertion") ?? ""))
                let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
                let digest = SHA256.hash(data: Array(token.signingInput.utf8))
                #expect(key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5))
                #expect(token.header["alg"] == "RS256")
                let thumbprint = JWTForge.base64URL(Array(Insecure.SHA1.hash(data: certificate)))
                #expect(token.header["x5t"]?.text == thumbprint)
                #expect(token.claims["iss"] == "oidc-client" && token.claims["sub"] == "oidc-client")
                #expect(token.claims["aud"]?.text == "\(scene.provider.url)/token")
                #expect(token.claims["exp"]?.integer == now + 300)
                ids.insert(token.claims["jti"]?.text ?? "")
            }
            #expect(ids.count == 2 && !ids.contains(""))
        }
    }

    @Test("163: a discovery that says too little, or something else, stops the start")
    func discovery() async throws {
        try await FakeProvider.with { provider in
            let path = "/.well-known/openid-configuration"
            let metadata = provider.settings.metadata
            var broken = [
                CannedAnswer(.notFound, "{}"), CannedAnswer(.ok, ""), CannedAnswer(.ok, "[]"), CannedAnswer(.ok, "{}"),
                CannedAnswer(.seeOther, String(decoding: metadata.bytes, as: UTF8.self)),
            ]
            let changes: [JSONValue] =
                ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"].map { metadata.removing($0) } + [
                    metadata.setting("issuer", "https://evil.test"),
                    metadata.setting("token_endpoint", "file:///etc/passwd"),
                    metadata.setting("issuer", .string("\(provider.url)/")), metadata.setting("jwks_uri", 7),
                ]
            broken += changes.map { CannedAnswer(.ok, String(decoding: $0.bytes, as: UTF8.self)) }
            for canned in broken {
                provider.answer(path, with: canned)
                await #expect(
                    throws: OIDCProvider.DiscoveryFault.self, "\(String(decoding: canned.body, as: UTF8.self))"
                ) { try await provider.oidc() }
            }
            provider.answer(path, with: nil)
            provider.pad(path, toBytes: 10 << 20)
            await #expect(throws: OIDCProvider.DiscoveryFault.self, "10 MiB") { try await provider.oidc() }
            provider.pad(path, toBytes: 1 << 17)
            _ = try await provider.oidc()
            await #expect(throws: OIDCProvider.DiscoveryFault.self) { try await provider.oidc { $0.issuer = "" } }
        }
    }

    @Test("163: an issuer with a path", arguments: Backend.allCases)
    func issuerPath(on backend: Backend) async throws {
        try await FakeProvider.with(basePath: "/realms/main") { provider in
            let providers = try await provider.oidc()
            try await TestServer.with(backend, providers: providers) { server in
                provider.configure { $0.now = { server.clock.now } }
                #expect(try await Browser(server).signIn(Browser.oidcCallback, at: provider).status == 307)
                let linked = try server.database.sql("SELECT linked_id FROM user_links")
                #expect(linked == [["\(provider.url)||subject-1"]])
            }
        }
    }
}
