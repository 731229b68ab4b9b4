internal import Crypto
internal import HTTP
public import JSON

/// Tokens of any make (RFC 7515, compact), good ones and bad ones.
public enum JWTForge {
    /// Signs with the key's own algorithm.
    /// - Parameter header: set over `alg`, `typ` and `kid`.
    public static func sign(
        _ claims: JSONValue, with key: SigningKey, header: JSONValue = [:]
    ) throws -> String {
        let standard: JSONValue = [
            "alg": .string(key.algorithm.rawValue), "typ": "JWT", "kid": .string(key.id),
        ]
        let input = signingInput(standard.merging(header), claims)
        return input + "." + base64URL(try key.signature(for: Array(input.utf8)))
    }

    /// - Parameter secret: such as a public key's `publicPEM`, for a verifier that takes the algorithm from the token.
    public static func hs256(_ claims: JSONValue, secret: [UInt8], header: JSONValue = [:]) -> String {
        let input = signingInput((["alg": "HS256", "typ": "JWT"] as JSONValue).merging(header), claims)
        let code = HMAC<SHA256>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: secret))
        return input + "." + base64URL(Array(code))
    }

    /// A token with `alg: none` and an empty signature (RFC 7519 §6).
    /// - Parameter header: set over it; `None` and `nONE` are spellings that filters have missed.
    public static func unsigned(_ claims: JSONValue, header: JSONValue = [:]) -> String {
        signingInput((["alg": "none", "typ": "JWT"] as JSONValue).merging(header), claims) + "."
    }

    /// The first two parts, for a signature of the test's own.
    public static func signingInput(_ header: JSONValue, _ claims: JSONValue) -> String {
        "\(base64URL(header.bytes)).\(base64URL(claims.bytes))"
    }

    /// The same token with one bit of its signature changed.
    public static func spoiled(_ token: String) -> String {
        guard let parts = Parts(token), !parts.signature.isEmpty else { return token }
        var signature = parts.signature
        signature[signature.count / 2] ^= 1
        return parts.signingInput + "." + base64URL(signature)
    }

    public static func base64URL(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes, padded: false).map { $0 == 43 ? 45 : $0 == 47 ? 95 : $0 }
        return String(decoding: text, as: UTF8.self)
    }

    public static func base64URLDecoded(_ text: some StringProtocol) -> [UInt8]? {
        if text.contains(where: { $0 == "+" || $0 == "/" }) { return nil }
        return Base64.decode(text.utf8.map { $0 == 45 ? 43 : $0 == 95 ? 47 : $0 }[...], padded: false)
    }

    /// A token taken apart, such as a client assertion that was recorded. Says nothing about its signature.
    public struct Parts: Sendable {
        public let header: JSONValue
        public let claims: JSONValue
        public let signature: [UInt8]
        public let signingInput: String

        /// - Returns: nil unless there are three parts, the first two of them JSON.
        public init?(_ token: String) {
            let texts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard texts.count == 3, let header = base64URLDecoded(texts[0]), let claims = base64URLDecoded(texts[1]),
                let signature = base64URLDecoded(texts[2]), let headerJSON = try? JSONReader.only(header),
                let claimsJSON = try? JSONReader.only(claims)
            else { return nil }
            self.header = headerJSON
            self.claims = claimsJSON
            self.signature = signature
            signingInput = "\(texts[0]).\(texts[1])"
        }
    }
}
