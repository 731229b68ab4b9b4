internal import Crypto
internal import HTTP
internal import Storage

/// Why a code buys no token.
enum CodeRefusal: Error, Equatable {
    case unknown, used, expired, otherClient, otherRedirect, wrongVerifier
}

/// The codes an authorization server has given out (RFC 6749 §4.1), bound to their challenge (RFC 7636).
struct AuthorizationCodes {
    struct Grant: Sendable {
        var clientID: String
        var redirectURI: String
        /// The S256 challenge; nil when none was sent.
        var challenge: String?
        var scope: String
        var nonce: String?
        var expiry: Timestamp
    }

    private var open: [String: Grant] = [:]
    private var used: Set<String> = []

    mutating func issue(_ grant: Grant) -> String {
        let code = Opaque.text("code")
        open[code] = grant
        return code
    }

    /// Closes the code, whatever comes of it: who shows it with the wrong verifier does not get to guess again.
    /// - Parameter isLenient: a `redirect_uri` that is missing passes, against RFC 6749 §4.1.3; GitHub lets it.
    mutating func redeem(
        _ form: QueryItems, clientID: String, at now: Timestamp, isLenient: Bool = false
    ) throws(CodeRefusal) -> Grant {
        let code = form.first("code") ?? ""
        if used.contains(code) { throw .used }
        guard let grant = open.removeValue(forKey: code) else { throw .unknown }
        used.insert(code)
        if grant.expiry <= now { throw .expired }
        if grant.clientID != clientID { throw .otherClient }
        if grant.redirectURI != form.first("redirect_uri") ?? (isLenient ? grant.redirectURI : "") {
            throw .otherRedirect
        }
        if let challenge = grant.challenge {
            let hash = SHA256.hash(data: Array((form.first("code_verifier") ?? "").utf8))
            if JWTForge.base64URL(Array(hash)) != challenge { throw .wrongVerifier }
        }
        return grant
    }
}

/// Random names for what nobody should guess.
enum Opaque {
    static func text(_ prefix: String) -> String {
        prefix + "_" + (0..<4).map { _ in hex(UInt32.random(in: .min ... .max)) }.joined()
    }

    static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// An error in a redirect or in a token endpoint's answer (RFC 6749 §4.1.2.1 and §5.2).
public struct OAuthError: Sendable {
    public var error: String
    public var description: String?
    public var uri: String?

    public init(_ error: String, _ description: String? = nil, uri: String? = nil) {
        self.error = error
        self.description = description
        self.uri = uri
    }

    var pairs: [(String, String)] {
        [("error", error), ("error_description", description), ("error_uri", uri)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}
