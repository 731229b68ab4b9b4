import Crypto
import CryptoExtras
import HTTP
import JSON
import TestSupport
import Testing

/// The fake OpenID Connect provider keeps the protocol, so that later suites can trust what they see of it.
@Suite struct FakeProviderTests {
    private typealias Steps = ProviderClientSteps

    /// Whether a key of the served key set made the token, by the numbers in the set.
    private static func verifies(_ token: String, _ keySet: JSONValue?) throws -> Bool {
        let parts = try #require(JWTForge.Parts(token))
        let input = Array(parts.signingInput.utf8)
        let key = keySet?["keys"]?.elements.first { $0["kid"]?.text == parts.header["kid"]?.text }
        func number(_ name: String) -> [UInt8] { JWTForge.base64URLDecoded(key?[name]?.text ?? "") ?? [] }
        switch parts.header["alg"]?.text {
        case "RS256":
            let publicKey = try _RSA.Signing.PublicKey(n: number("n"), e: number("e"))
            return publicKey.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: parts.signature), for: SHA256.hash(data: input),
                padding: .insecurePKCS1v1_5)
        case "ES256":
            let publicKey = try P256.Signing.PublicKey(rawRepresentation: number("x") + number("y"))
            return publicKey.isValidSignature(
                try P256.Signing.ECDSASignature(rawRepresentation: parts.signature), for: SHA256.hash(data: input))
        default: return false
        }
    }

    @Test("a sign-in from discovery to userinfo", arguments: SigningKey.Algorithm.allCases)
    func whole(with algorithm: SigningKey.Algorithm) async throws {
        try await FakeProvider.with(basePath: "/realms/main") { provider in
            provider.configure { $0.idToken = { try JWTForge.sign($0, with: $1[algorithm]) } }
            let discovery = try await PlainClient.send("GET", provider.url + "/.well-known/openid-configuration")
            #expect(discovery["issuer"]?.text == provider.url)
            let steps = Steps(provider: provider)
            let callback = try await steps.authorize(["nonce": "n-1"])
            #expect(callback.state == "st&te")
            #expect(callback.target.hasPrefix("/callback?code="))
            let tokens = try await steps.redeem(callback.code ?? "")
            #expect(tokens.status == 200)
            let token = try #require(tokens["id_token"]?.text)
            let claims = try #require(JWTForge.Parts(token)?.claims)
            #expect(claims["iss"]?.text == provider.url)
            #expect(claims["aud"]?.text == "oidc-client")
            #expect(claims["nonce"]?.text == "n-1")
            #expect(claims["exp"]?.integer == (claims["iat"]?.integer ?? 0) + 600)
            let keySet = try await PlainClient.send("GET", discovery["jwks_uri"]?.text ?? "").json
            #expect(try Self.verifies(token, keySet))
            #expect(try !Self.verifies(JWTForge.spoiled(token), keySet))
            let access = tokens["access_token"]?.text ?? ""
            for (sent, status) in [(access, 200), ("rubbish", 401)] {
                let info = try await PlainClient.send(
                    "GET", discovery["userinfo_endpoint"]?.text ?? "", headers: [("Authorization", "Bearer \(sent)")])
                #expect(info.status == status)
                #expect(info["email"]?.text == (status == 200 ? "ana@provider.test" : nil))
            }
            #expect(
                provider.asked.map(\.path).prefix(3) == ["/.well-known/openid-configuration", "/authorize", "/token"])
            #expect(provider.asked("/token").first?.form.first("code") == callback.code)
        }
    }

    @Test(
        "a code meets the wrong hands",
        arguments: [
            (["code_verifier": "of-somebody-else"], "invalid_grant"), (["code_verifier": nil], "invalid_grant"),
            (["redirect_uri": "http://evil.test/"], "invalid_grant"), (["redirect_uri": nil], "invalid_grant"),
            (["client_id": "other"], "invalid_client"),
            (["client_secret": "other"], "invalid_client"), (["client_secret": nil], "invalid_client"),
            (["code": "made-up"], "invalid_grant"), (["grant_type": "password"], "unsupported_grant_type"),
        ] as [([String: String?], String)])
    func refusals(changes: [String: String?], error: String) async throws {
        try await FakeProvider.with { provider in
            let steps = Steps(provider: provider)
            let refusals = [try await steps.refusal(nil, changes), try await steps.refusal()]
            #expect(refusals == [error, nil])
        }
    }

    @Test("a code is spent by its use, by a wrong guess and by time; another provider knows nothing of it")
    func spent() async throws {
        try await FakeProvider.with { provider in
            let clock = TestClock()
            provider.configure { $0.now = { clock.now } }
            let steps = Steps(provider: provider)
            let used = try await steps.code()
            #expect(try await steps.refusal(used) == nil)
            #expect(try await steps.refusal(used) == "invalid_grant")
            let guessed = try await steps.code()
            #expect(try await steps.refusal(guessed, ["code_verifier": "x"]) == "invalid_grant")
            #expect(try await steps.refusal(guessed) == "invalid_grant")
            let late = try await steps.code()
            clock.advance(seconds: 60)
            #expect(try await steps.refusal(late) == "invalid_grant")
            let injected = provider.issueCode(redirectURI: Steps.redirect)
            #expect(try await steps.refusal(injected) == "invalid_grant", "a verifier for which there is no challenge")
            let foreign = try await steps.code()
            try await FakeProvider.with { other in
                let refusal = try await Steps(provider: other).refusal(foreign)
                #expect(refusal == "invalid_grant")
            }
        }
    }

    @Test("the authorization endpoint sends errors back")
    func authorizeErrors() async throws {
        try await FakeProvider.with { provider in
            let steps = Steps(provider: provider)
            #expect(try await steps.authorize(["response_type": "token"]).error == "unsupported_response_type")
            #expect(try await steps.authorize(["scope": "email"]).error == "invalid_scope")
            #expect(try await steps.authorize(["code_challenge_method": "plain"]).error == "invalid_request")
            provider.configure { $0.authorizeError = OAuthError("access_denied", "no & never", uri: "http://u.test/") }
            let denied = try await steps.authorize()
            #expect(
                denied.target.hasSuffix(
                    "error_description=no%20%26%20never&error_uri=http%3A%2F%2Fu.test%2F&state=st%26te"))
            #expect(denied.code == nil)
            provider.configure {
                $0.authorizeError = nil; $0.callbackIssuer = "http://mixed-up.test"
            }
            #expect(try await steps.authorize().target.hasSuffix("&iss=http%3A%2F%2Fmixed-up.test"))
            await #expect(throws: SupportFault.self) { try await steps.authorize(["client_id": "other"]) }
        }
    }
}
