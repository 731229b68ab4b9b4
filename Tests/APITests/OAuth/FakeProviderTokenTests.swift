import Crypto
import HTTP
import JSON
import TestSupport
import Testing

/// Clients, refresh tokens, userinfo and forged tokens of the fake provider.
@Suite struct FakeProviderTokenTests {
    private typealias Steps = ProviderClientSteps

    private static let basic = [("Authorization", "Basic b2lkYy1jbGllbnQ6b2lkYy1zZWNyZXQ=")]
    private static let assertion: [String: String?] = [
        "client_secret": nil, "client_assertion": JWTForge.unsigned(["iss": "oidc-client"]),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ]

    @Test("each proof of the client is taken where it is due, and nowhere else")
    func proofs() async throws {
        try await FakeProvider.with { provider in
            let steps = Steps(provider: provider)
            let withoutSecret: [String: String?] = ["client_secret": nil]
            func statuses() async throws -> [Int] {
                [
                    try await steps.redeem().status,
                    try await steps.redeem(nil, withoutSecret, headers: Self.basic).status,
                    try await steps.redeem(nil, withoutSecret).status,
                    try await steps.redeem(nil, Self.assertion).status,
                    try await steps.redeem(headers: Self.basic).status,
                ]
            }
            let standard = try await statuses()
            #expect(standard == [200, 200, 401, 401, 400])
            provider.configure { $0.secretPlaces = [.basic] }
            #expect(try await statuses() == [401, 200, 401, 401, 400])
            provider.configure { $0.client = .publicClient }
            #expect(try await statuses() == [401, 401, 200, 200, 400])
            provider.configure { $0.client = .assertion }
            #expect(try await statuses() == [401, 401, 401, 200, 400])
            let kept = provider.asked("/token").compactMap { $0.form.first("client_assertion") }.last
            #expect(kept.flatMap { JWTForge.Parts($0) }?.claims["iss"]?.text == "oidc-client")
        }
    }

    @Test("a refresh token is kept, rotated or refused")
    func refreshing() async throws {
        try await FakeProvider.with { provider in
            let steps = Steps(provider: provider)
            let first = try await steps.redeem()["refresh_token"]?.text ?? ""
            let kept = try await steps.refresh(first)
            #expect(kept.status == 200)
            #expect(kept["refresh_token"] == nil)
            provider.configure { $0.refresh = .rotate }
            let second = try await steps.refresh(first)["refresh_token"]?.text ?? ""
            #expect(try await steps.refresh(first)["error"]?.text == "invalid_grant")
            #expect(try await steps.refresh(second).status == 200)
            provider.configure { $0.refresh = .refuse }
            let third = try await steps.redeem()["refresh_token"]?.text ?? ""
            #expect(try await steps.refresh(third)["error"]?.text == "invalid_grant")
            provider.configure {
                $0.issuesRefreshToken = false; $0.accessTokenSeconds = nil
            }
            #expect(
                try await steps.redeem().json?.names
                    == ["access_token", "token_type", "scope", "id_token"])
        }
    }

    @Test("userinfo is JSON, a token or a status; an access token may be a JWT; a maker may make none or throw")
    func shapes() async throws {
        try await FakeProvider.with { provider in
            let steps = Steps(provider: provider)
            provider.configure { $0.accessToken = { try JWTForge.sign($0.setting("at", true), with: $1.ec) } }
            let access = try await steps.redeem()["access_token"]?.text ?? ""
            #expect(JWTForge.Parts(access)?.claims["at"]?.flag == true)
            func info() async throws -> Answer {
                try await PlainClient.send(
                    "GET", provider.url + "/userinfo", headers: [("Authorization", "Bearer \(access)")])
            }
            provider.configure { $0.userinfo = .json(["sub": "subject-1", "email_verified": 0]) }
            #expect(try await info().body == #"{"sub":"subject-1","email_verified":0}"#)
            provider.configure { $0.userinfo = .token { try JWTForge.sign($0, with: $1.rsa) } }
            let token = try await info()
            #expect(token.header("Content-Type") == ["application/jwt"])
            #expect(JWTForge.Parts(token.body)?.claims["aud"]?.text == "oidc-client")
            provider.configure { $0.userinfo = .status(.serviceUnavailable) }
            #expect(try await info().status == 503)
            provider.configure { $0.idToken = { _, _ in nil } }
            #expect(try await steps.redeem()["id_token"] == nil)
            provider.configure { $0.idToken = { _, _ in throw SupportFault("on purpose") } }
            #expect(try await steps.redeem().status == 500)
        }
    }

    @Test("forged tokens are what they claim to be")
    func forgeries() async throws {
        try await FakeProvider.with { provider in
            let claims = provider.claims()
            let pem = provider.settings.keys.rsa.publicPEM
            #expect(pem.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
            let confused = try #require(JWTForge.Parts(JWTForge.hs256(claims, secret: Array(pem.utf8))))
            #expect(
                HMAC<SHA256>.isValidAuthenticationCode(
                    confused.signature, authenticating: Array(confused.signingInput.utf8),
                    using: SymmetricKey(data: Array(pem.utf8))))
            let unsigned = try #require(JWTForge.Parts(JWTForge.unsigned(claims, header: ["alg": "nONE"])))
            #expect(unsigned.header["alg"]?.text == "nONE")
            #expect(unsigned.signature == [])
            #expect(unsigned.claims == claims)
        }
    }

    @Test("two providers share no key, though the names of their keys are the same")
    func distinct() async throws {
        // Leaves its pair behind for the next to take.
        try await FakeProvider.with { _ in }
        try await FakeProvider.with { provider in
            try await FakeProvider.with { other in
                let keys = (provider.settings.keys, other.settings.keys)
                #expect(keys.0.rsa.id == keys.1.rsa.id)
                #expect(keys.0.rsa.publicPEM != keys.1.rsa.publicPEM)
                #expect(keys.0.ec.publicPEM != keys.1.ec.publicPEM)
            }
        }
    }

    @Test("keys rotate, and the set's fetches are counted")
    func rotation() async throws {
        try await FakeProvider.with { provider in
            func kids() async throws -> [String] {
                try await PlainClient.send("GET", provider.url + "/jwks")["keys"]?.elements.compactMap {
                    $0["kid"]?.text
                } ?? []
            }
            #expect(provider.keySetFetches == 0)
            #expect(try await kids() == ["rsa-1", "ec-1"])
            try provider.configure { try $0.keys.rotate(keepingOld: true) }
            #expect(try await kids() == ["rsa-2", "ec-2", "rsa-1", "ec-1"])
            try provider.configure { try $0.keys.rotate() }
            #expect(try await kids() == ["rsa-3", "ec-3"])
            #expect(provider.keySetFetches == 3)
        }
    }
}
