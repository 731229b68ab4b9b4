import Crypto
import JSON
import TestSupport

/// The cookie of a conversion, made over by somebody who knows how it is made.
struct ForgedTicket {
    var header: JSONValue
    var claims: JSONValue
    /// The server's own secret until a forger puts another here.
    var secret: [UInt8]

    /// - Parameter cookie: a good one.
    init(_ cookie: String, _ database: TestDatabase) throws {
        guard let parts = JWTForge.Parts(cookie), let secret = try database.sql("SELECT secret FROM crypto_keys")[0][0]
        else { throw SupportFault("no conversion has begun: \(cookie)") }
        header = parts.header
        claims = parts.claims
        let digits = Array(secret.utf8)
        self.secret = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    var input: String { JWTForge.signingInput(header, claims) }

    /// Signed as the header says the server does it: HMAC over SHA-512.
    var hs512: String {
        let code = HMAC<SHA512>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: secret))
        return input + "." + JWTForge.base64URL(Array(code))
    }

    var hs256: String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(input.utf8), using: SymmetricKey(data: secret))
        return input + "." + JWTForge.base64URL(Array(code))
    }

    func with(header name: String, _ value: JSONValue) -> ForgedTicket {
        var copy = self
        copy.header = header.setting(name, value)
        return copy
    }

    func with(_ name: String, _ value: JSONValue) -> ForgedTicket {
        var copy = self
        copy.claims = claims.setting(name, value)
        return copy
    }

    func with(secret: [UInt8]) -> ForgedTicket {
        var copy = self
        copy.secret = secret
        return copy
    }
}
