import API
import HTTP
import JSON
import TestSupport
import Testing

/// Tokens that an attacker made (RFC 8725 §2): every one is refused, whatever its header asks for.
@Suite struct OIDCForgeryTests {
    private typealias Maker = FakeProviderSettings.TokenMaker

    /// HS256 with what is public of the provider's key for a secret.
    private static func hs256(_ header: JSONValue, _ secret: @escaping @Sendable (SigningKey) throws -> [UInt8])
        -> Maker
    {
        { JWTForge.hs256($0, secret: try secret($1.rsa), header: header) }
    }

    @Sendable private static func modulus(_ key: SigningKey) throws -> [UInt8] {
        try #require(JWTForge.base64URLDecoded(try key.jwk()["n"]?.text ?? ""))
    }

    private static let forged: [(name: String, maker: Maker)] =
        ["none", "None", "NONE", "nOnE", "", "null"].map { name in
            ("unsigned, \"\(name)\"", { claims, _ in JWTForge.unsigned(claims, header: ["alg": .string(name)]) })
        } + [
            ("unsigned, with a key id", { claims, _ in JWTForge.unsigned(claims, header: ["kid": "rsa-1"]) }),
            ("unsigned, said to be RS256", { claims, _ in JWTForge.unsigned(claims, header: ["alg": "RS256"]) }),
            ("unsigned, no algorithm", { claims, _ in JWTForge.unsigned(claims, header: ["alg": .null]) }),
            (
                "unsigned, an algorithm that is a list",
                { claims, _ in JWTForge.unsigned(claims, header: ["alg": ["RS256"]]) }
            ),
            ("HS256 with the PEM", hs256(["kid": "rsa-1"]) { Array($0.publicPEM.utf8) }),
            ("HS256 with the PEM and a newline", hs256(["kid": "rsa-1"]) { Array("\($0.publicPEM)\n".utf8) }),
            ("HS256 with the PEM, no key id", hs256([:]) { Array($0.publicPEM.utf8) }),
            ("HS256 with the modulus", hs256(["kid": "rsa-1"]) { try modulus($0) }),
            ("HS256 with the modulus as text", hs256(["kid": "rsa-1"]) { Array((try $0.jwk()["n"]?.text ?? "").utf8) }),
            ("HS256 with the key as JSON", hs256(["kid": "rsa-1"]) { try $0.jwk().bytes }),
            ("HS256 with nothing", hs256(["kid": "rsa-1"]) { _ in [] }),
            ("HS256 with the client's secret", hs256([:]) { _ in Array("oidc-secret".utf8) }),
            ("HS256 said to be RS256", hs256(["alg": "RS256", "kid": "rsa-1"]) { Array($0.publicPEM.utf8) }),
            ("RS256 said to be ES256", { try JWTForge.sign($0, with: $1.rsa, header: ["alg": "ES256"]) }),
            ("RS256 said to be RS512", { try JWTForge.sign($0, with: $1.rsa, header: ["alg": "RS512"]) }),
            ("RS256 said to be PS256", { try JWTForge.sign($0, with: $1.rsa, header: ["alg": "PS256"]) }),
            ("ES256 under the RSA key's id", { try JWTForge.sign($0, with: $1.ec, header: ["kid": "rsa-1"]) }),
            (
                "ES256 said to be RS256",
                { try JWTForge.sign($0, with: $1.ec, header: ["alg": "RS256", "kid": "rsa-1"]) }
            ),
            (
                "an extension that must be understood",
                { try JWTForge.sign($0, with: $1.rsa, header: ["crit": ["x"], "x": 1]) }
            ),
            (
                "another body under the signature",
                { claims, keys in
                    let good = try JWTForge.sign(claims, with: keys.rsa).split(separator: ".")
                    return "\(good[0]).\(JWTForge.base64URL(claims.setting("sub", "victim").bytes)).\(good[2])"
                }
            ),
            (
                "no signature",
                { try JWTForge.sign($0, with: $1.rsa).split(separator: ".").prefix(2).joined(separator: ".") + "." }
            ),
            ("four parts", { "\(try JWTForge.sign($0, with: $1.rsa)).x" }),
            (
                "two parts",
                { try JWTForge.sign($0, with: $1.rsa).split(separator: ".").prefix(2).joined(separator: ".") }
            ),
            (
                "an ECDSA signature of zeros",
                { "\(JWTForge.signingInput(["alg": "ES256", "kid": "ec-1"], $0)).\(zeros(64, $1))" }
            ),
            (
                "an RSA signature of zeros",
                { "\(JWTForge.signingInput(["alg": "RS256", "kid": "rsa-1"], $0)).\(zeros(256, $1))" }
            ),
        ]

    private static func zeros(_ count: Int, _: FakeProviderKeys) -> String {
        JWTForge.base64URL([UInt8](repeating: 0, count: count))
    }

    @Test(
        "137: unsigned, HS256 and other forgeries, even where the provider announces such algorithms",
        arguments: Backend.allCases, [[], ["none", "HS256", "HS512"]] as [[JSONValue]])
    func forgeries(on backend: Backend, announced: [JSONValue]) async throws {
        let all = JSONValue.array(announced + ["RS256", "ES256"])
        try await OIDCScene.with(
            backend, provider: { $0.metadata = $0.metadata.setting("id_token_signing_alg_values_supported", all) }
        ) { scene in
            for row in Self.forged {
                let answer = try await scene.visit(token: row.maker).answer
                #expect(answer.isError(400), "\(row.name): \(answer)")
            }
            #expect(try scene.count("user_links") == "0")
            #expect(try await scene.visit(token: { try JWTForge.sign($0, with: $1.rsa) }).isSignedIn)
        }
    }

    @Test("137: a key that the token brings along opens nothing, and nobody fetches one", arguments: Backend.allCases)
    func ownKeys(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            try await FakeProvider.with { attacker in
                let key = attacker.settings.keys.rsa
                let url = JSONValue.string("\(attacker.url)/jwks")
                let headers: [JSONValue] = [
                    [:], ["kid": "rsa-1", "jwk": try key.jwk()], ["jku": url], ["x5u": url], ["kid": url],
                    ["kid": "", "jwk": try key.jwk()], ["kid": .null, "jku": url], ["kid": "../../dev/null"],
                ]
                for header in headers {
                    let answer = try await scene.visit(token: { claims, _ in
                        try JWTForge.sign(claims, with: key, header: header)
                    }).answer
                    #expect(answer.isError(400), "\(header): \(answer)")
                }
                #expect(attacker.asked.isEmpty)
            }
        }
    }
}
