import API
import HTTP
import JSON
import TestSupport
import Testing

/// Whether an ID token counts: auth.md §8.6 steps 1 to 4, cases 137–139 of §14.
@Suite struct OIDCTokenTests {
    private typealias Maker = FakeProviderSettings.TokenMaker

    /// A good signature over claims that were changed.
    private static func signed(_ change: @escaping @Sendable (_ claims: JSONValue, _ now: Int) -> JSONValue) -> Maker {
        { claims, keys in try JWTForge.sign(change(claims, claims["iat"]?.integer ?? 0), with: keys.rsa) }
    }

    private static func seconds(_ count: Int) -> JSONValue { .number(String(count)) }

    private static let refused: [(name: String, maker: Maker)] = [
        ("no token", { _, _ in nil }),
        ("an empty token", { _, _ in "" }),
        ("no JWT", { _, _ in "rubbish" }),
        ("a spoiled signature", { JWTForge.spoiled(try JWTForge.sign($0, with: $1.rsa)) }),
        ("another audience", signed { claims, _ in claims.setting("aud", "other") }),
        ("a longer audience", signed { claims, _ in claims.setting("aud", "oidc-client2") }),
        ("other audiences", signed { claims, _ in claims.setting("aud", ["other", "oidc"]) }),
        ("no audiences", signed { claims, _ in claims.setting("aud", []) }),
        ("an audience that is no text", signed { claims, _ in claims.setting("aud", [["oidc-client"]]) }),
        ("no audience", signed { claims, _ in claims.removing("aud") }),
        ("expired", signed { $0.setting("exp", seconds($1 - 1)) }),
        ("expired long ago", signed { claims, _ in claims.setting("exp", 0) }),
        ("a negative expiry", signed { claims, _ in claims.setting("exp", -1) }),
        ("an expiry that is a text", signed { $0.setting("exp", .string(String($1 + 600))) }),
        ("no expiry", signed { claims, _ in claims.removing("exp") }),
        ("valid in six minutes", signed { $0.setting("nbf", seconds($1 + 360)) }),
        ("another issuer", signed { claims, _ in claims.setting("iss", "https://evil.test") }),
        ("no issuer", signed { claims, _ in claims.removing("iss") }),
        ("an empty subject", signed { claims, _ in claims.setting("sub", "") }),
        ("no subject", signed { claims, _ in claims.removing("sub") }),
        ("a subject that is null", signed { claims, _ in claims.setting("sub", .null) }),
        ("a subject that is a number", signed { claims, _ in claims.setting("sub", 1) }),
    ]

    private static let accepted: [(name: String, maker: Maker)] = [
        ("one audience of several", signed { claims, _ in claims.setting("aud", ["other", "oidc-client"]) }),
        ("valid in four minutes", signed { $0.setting("nbf", seconds($1 + 240)) }),
        ("fractions of seconds", signed { $0.setting("exp", .number("\($1 + 5).75")) }),
        ("no key id", { try JWTForge.sign($0, with: $1.rsa, header: ["kid": .null]) }),
        ("ES256", { try JWTForge.sign($0, with: $1.ec) }),
        ("no type", { try JWTForge.sign($0, with: $1.rsa, header: ["typ": .null]) }),
        ("issued in the future", signed { $0.setting("iat", seconds($1 + 100)) }),
    ]

    @Test("137, 138, 139: tokens that do not count, nor make users", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let before = try scene.count("users")
            for row in Self.refused {
                let answer = try await scene.visit(token: row.maker).answer
                #expect(answer.isError(400), "\(row.name): \(answer)")
            }
            #expect(try scene.count("users") == before)
        }
    }

    @Test("137: an id_token that is no text", arguments: Backend.allCases)
    func kinds(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for value in ["null", "7", "true", "{}", #"["a.b.c"]"#] {
                let body = #"{"access_token":"a","token_type":"Bearer","id_token":\#(value)}"#
                scene.provider.answer("/token", with: CannedAnswer(.ok, body))
                let answer = try await scene.visit().answer
                #expect(answer.isError(400), "\(value): \(answer)")
            }
        }
    }

    @Test("137: tokens that count", arguments: Backend.allCases)
    func acceptances(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for row in Self.accepted {
                let visit = try await scene.visit(token: row.maker)
                #expect(visit.isSignedIn, "\(row.name): \(visit.answer)")
            }
        }
    }

    @Test("138: another issuer is named, unless the operator does not care", arguments: Backend.allCases)
    func issuer(on backend: Backend) async throws {
        let foreign = Self.signed { claims, _ in claims.setting("iss", "https://other.test") }
        try await OIDCScene.with(backend) { scene in
            let answer = try await scene.visit(token: foreign).answer
            #expect(answer.isError(400))
            #expect(answer.detail?.contains("id token issued by a different provider") == true, "\(answer)")
        }
        try await OIDCScene.with(
            backend, settings: { $0.skipsIssuerChecks = true },
            provider: { $0.metadata = $0.metadata.setting("issuer", "https://yet-another.test") }
        ) { scene in
            #expect(try await scene.visit(token: foreign).isSignedIn)
            let linked = try scene.server.database.sql("SELECT linked_id FROM user_links")
            #expect(linked == [["https://other.test||subject-1"]])
        }
    }

    @Test("137: a provider that announces nothing signs with RS256", arguments: Backend.allCases)
    func defaultAlgorithm(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend, provider: { $0.metadata = $0.metadata.removing("id_token_signing_alg_values_supported") }
        ) { scene in
            let usual = try await scene.visit(token: { try JWTForge.sign($0, with: $1.rsa) })
            #expect(usual.isSignedIn, "\(usual.answer)")
            let other = try await scene.visit(token: { try JWTForge.sign($0, with: $1.ec) })
            #expect(other.answer.isError(400), "\(other.answer)")
        }
    }
}
