internal import Crypto
internal import HTTP
internal import JSON
internal import JWTKit
internal import Storage

/// A private key that proves who we are to a token endpoint, instead of a secret (RFC 7523 §2.2): RS256, five minutes,
/// with the certificate's thumbprint (auth.md §8.8).
public struct ClientAssertion: Sendable {
    public struct Fault: Error, Sendable, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    private let key: JWTKit.Insecure.RSA.PrivateKey
    /// RFC 7515 §4.1.7.
    private let thumbprint: String

    private static let lifetime: Int64 = 300

    /// - Parameters:
    ///   - key: PEM of an RSA key of 2048 bits or more.
    ///   - certificate: PEM of its certificate.
    public init(key: String, certificate: String) throws(Fault) {
        do { self.key = try JWTKit.Insecure.RSA.PrivateKey(pem: key) } catch {
            throw Fault("the client key is no PEM of an RSA key of at least 2048 bits")
        }
        guard let bytes = Self.certificateBytes(certificate) else {
            throw Fault("the client certificate is no PEM")
        }
        thumbprint = Base64URL.encode(Array(Crypto.Insecure.SHA1.hash(data: bytes)))
    }

    private struct Claims: JWTPayload {
        let iss: String
        let sub: String
        let aud: String
        let jti: String
        let iat: Int64
        let nbf: Int64
        let exp: Int64
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    func token(clientID: String, audience: String, at now: Timestamp) async throws(Fault) -> String {
        let seconds = now.microseconds / 1_000_000
        let claims = Claims(
            iss: clientID, sub: clientID, aud: audience,
            jti: Base64URL.encode(SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }), iat: seconds,
            nbf: seconds, exp: seconds + Self.lifetime)
        let keys = JWTKeyCollection()
        await keys.add(rsa: key, digestAlgorithm: .sha256)
        do {
            return try await keys.sign(claims, header: ["x5t": .string(thumbprint), "typ": "JWT"])
        } catch {
            throw Fault("\(error)")
        }
    }

    /// The DER of the first certificate (RFC 7468 §5).
    private static func certificateBytes(_ pem: String) -> [UInt8]? {
        guard let begin = pem.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let end = pem[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----")
        else { return nil }
        let text = pem[begin.upperBound..<end.lowerBound].utf8.filter { $0 > 32 }
        return Base64.decode(text[...])
    }
}
