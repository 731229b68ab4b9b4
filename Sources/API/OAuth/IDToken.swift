internal import JSON
internal import Storage

/// A signed token of the provider, checked (OpenID Connect Core §3.1.3.7, auth.md §8.6).
enum IDToken {
    /// The reason goes to the person: it holds nothing secret.
    struct Fault: Error, Sendable { let reason: String }

    /// Seconds that a clock of the provider may be ahead of ours.
    private static let notBeforeLeeway: Double = 300

    /// - Returns: the claims.
    static func verify(
        _ token: String, of provider: OIDCProvider, at now: Timestamp
    ) async throws(Fault) -> JSONValue {
        try await checkSignature(token, of: provider, at: now)
        let claims = try object(token.split(separator: ".", omittingEmptySubsequences: false)[1], "claims")
        try check(claims, of: provider, at: now)
        return claims
    }

    /// An answer of the userinfo endpoint that is a signed token: its times are not demanded (§5.3.2).
    static func verifySigned(
        _ token: String, of provider: OIDCProvider, at now: Timestamp
    ) async throws(Fault) -> JSONValue {
        try await checkSignature(token, of: provider, at: now)
        return try object(token.split(separator: ".", omittingEmptySubsequences: false)[1], "claims")
    }

    private static func checkSignature(
        _ token: String, of provider: OIDCProvider, at now: Timestamp
    ) async throws(Fault) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Fault(reason: "the token is no compact JWT") }
        let header = try object(parts[0], "header")
        let algorithm = header["alg"]?.text ?? ""
        guard provider.metadata.algorithms.contains(algorithm) else {
            throw Fault(
                reason: "the token is signed with \"\(algorithm)\", not with "
                    + provider.metadata.algorithms.joined(separator: ", "))
        }
        // RFC 7515 §4.1.11: extensions that must be understood, and are not.
        guard header["crit"] == nil else { throw Fault(reason: "the token demands an unknown extension") }
        do throws(KeySet.Fault) {
            try await provider.keys.verify(token, keyID: header["kid"]?.text, algorithm: algorithm, at: now)
        } catch {
            switch error {
            case .unreachable(let cause): throw Fault(reason: cause)
            case .noKey: throw Fault(reason: "the provider has no key for the token's signature")
            case .badSignature: throw Fault(reason: "failed to verify signature: it does not fit the token")
            }
        }
    }

    private static func object(_ part: Substring, _ name: String) throws(Fault) -> JSONValue {
        guard let bytes = Base64URL.decode(part.utf8), let value = try? JSONReader.only(bytes),
            case .object = value
        else { throw Fault(reason: "the token's \(name) cannot be read") }
        return value
    }

    private static func check(
        _ claims: JSONValue, of provider: OIDCProvider, at now: Timestamp
    ) throws(Fault) {
        let issuer = claims["iss"]?.text ?? ""
        guard provider.settings.skipsIssuerChecks || issuer == provider.metadata.issuer else {
            throw Fault(
                reason: "id token issued by a different provider, "
                    + "expected \"\(provider.metadata.issuer)\" got \"\(issuer)\"")
        }
        let audience = claims["aud"]?.text.map { [$0] } ?? claims["aud"]?.elements.compactMap(\.text) ?? []
        guard audience.contains(provider.settings.clientID) else {
            throw Fault(reason: "the token is for another audience than \"\(provider.settings.clientID)\"")
        }
        let seconds = Double(now.microseconds) / 1_000_000
        guard let expiry = time(claims["exp"]) else { throw Fault(reason: "the token says no expiry") }
        guard expiry >= seconds else { throw Fault(reason: "the token is expired") }
        if let notBefore = claims["nbf"] {
            guard let time = time(notBefore), time <= seconds + notBeforeLeeway else {
                throw Fault(reason: "the token is not valid yet")
            }
        }
    }

    /// Seconds since 1970; fractions are allowed (RFC 7519 §2).
    private static func time(_ value: JSONValue?) -> Double? {
        guard case .number(let digits) = value else { return nil }
        return Double(digits)
    }
}
