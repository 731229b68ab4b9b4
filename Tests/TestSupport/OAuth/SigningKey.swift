internal import Crypto
internal import CryptoExtras
public import JSON
internal import Synchronization

/// A key pair that signs tokens, by swift-crypto: the server under test verifies with another library.
public struct SigningKey: Sendable {
    public enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    private enum Pair: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    /// The `kid`.
    public var id: String
    private let pair: Pair

    /// Pairs of 2048 bits that nobody uses now: making one takes long enough to keep them.
    private static let spare = Mutex<[_RSA.Signing.PrivateKey]>([])

    /// A pair that no other living provider has.
    public static func make(_ algorithm: Algorithm, id: String) throws -> SigningKey {
        switch algorithm {
        case .rs256:
            let pair = try spare.withLock { $0.popLast() } ?? _RSA.Signing.PrivateKey(keySize: .bits2048)
            return SigningKey(id: id, pair: .rsa(pair))
        case .es256: return SigningKey(id: id, pair: .p256(P256.Signing.PrivateKey()))
        }
    }

    private init(id: String, pair: Pair) {
        self.id = id
        self.pair = pair
    }

    /// Lets a later provider have the pair.
    func giveBack() {
        if case .rsa(let pair) = self.pair { Self.spare.withLock { $0.append(pair) } }
    }

    public var algorithm: Algorithm {
        switch pair {
        case .rsa: .rs256
        case .p256: .es256
        }
    }

    /// PKCS #1 v1.5 or the two numbers of ECDSA, each over SHA-256 (RFC 7518 §3.3 and §3.4).
    public func signature(for bytes: [UInt8]) throws -> [UInt8] {
        switch pair {
        case .rsa(let pair):
            let signature = try pair.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
            return signature.withUnsafeBytes { Array($0) }
        case .p256(let pair): return Array(try pair.signature(for: SHA256.hash(data: bytes)).rawRepresentation)
        }
    }

    /// The public half as a member of a key set (RFC 7517).
    public func jwk() throws -> JSONValue {
        let common: JSONValue = ["kid": .string(id), "use": "sig", "alg": .string(algorithm.rawValue)]
        switch pair {
        case .rsa(let pair):
            let numbers = try pair.publicKey.getKeyPrimitives()
            return common.merging([
                "kty": "RSA", "n": .string(JWTForge.base64URL(Array(numbers.modulus))),
                "e": .string(JWTForge.base64URL(Array(numbers.publicExponent))),
            ])
        case .p256(let pair):
            let point = Array(pair.publicKey.rawRepresentation)
            return common.merging([
                "kty": "EC", "crv": "P-256", "x": .string(JWTForge.base64URL(Array(point[..<32]))),
                "y": .string(JWTForge.base64URL(Array(point[32...]))),
            ])
        }
    }

    /// The public half as PEM, without a newline behind it: what an attacker would take for an HMAC secret.
    public var publicPEM: String {
        switch pair {
        case .rsa(let pair): pair.publicKey.pemRepresentation
        case .p256(let pair): pair.publicKey.pemRepresentation
        }
    }
}
