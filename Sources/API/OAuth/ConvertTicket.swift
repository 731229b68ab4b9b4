internal import Crypto
internal import JSON
internal import Storage

/// A conversion that has begun.
struct ConvertTicket: WireValue {
    let state: String
    let userID: UUID
    let fromType: LoginType
    let toType: LoginType
    /// Whole seconds.
    let expiresAt: Timestamp

    init(state: String, userID: UUID, fromType: LoginType, toType: LoginType, expiresAt: Timestamp) {
        self.state = state
        self.userID = userID
        self.fromType = fromType
        self.toType = toType
        self.expiresAt = expiresAt
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("state_string")
            object.string(state)
            object.key("expires_at")
            object.time(expiresAt)
            object.key("to_type")
            object.string(toType.rawValue)
            object.key("user_id")
            object.id(userID)
        }
    }

    /// A JWT (RFC 7519) under HS512, `kid` the key's sequence; opaque to the browser.
    func token(_ key: [UInt8], sequence: Int64, _ deployment: UUID) -> String {
        let header = Self.json { object in
            object.key("alg")
            object.string("HS512")
            object.key("kid")
            object.string(String(sequence))
        }
        let expiry = expiresAt.microseconds / 1_000_000
        let claims = Self.json { object in
            object.key("iss")
            object.string(deployment.description)
            object.key("exp")
            object.integer(expiry)
            object.key("nbf")
            object.integer(expiry - 301)
            object.key("merge_state")
            object.string(state)
            object.key("user_id")
            object.id(userID)
            object.key("from_login_type")
            object.string(fromType.rawValue)
            object.key("to_login_type")
            object.string(toType.rawValue)
        }
        let signed = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        let code = HMAC<SHA512>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: key))
        return signed + "." + Base64URL.encode(Array(code))
    }

    private static func json(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(members)
        return writer.bytes
    }

    // MARK: Reading

    enum Fault: Error {
        /// Not signed with a key of ours.
        case foreign
        case unusable(String)
        case otherDeployment
        case storage(StorageError)
    }

    /// The number of the key that the header names.
    static func keySequence(_ token: ArraySlice<UInt8>) throws(Fault) -> Int64 {
        let parts = token.split(separator: 46, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64URL.decode(parts[0]), let header = try? JSONReader.only(bytes) else {
            throw .unusable("it is no JWT")
        }
        guard header["alg"]?.text == "HS512" else { throw .unusable("its algorithm is not HS512") }
        guard let text = header["kid"]?.text, let sequence = Int64(text) else { throw .foreign }
        return sequence
    }

    init(_ token: ArraySlice<UInt8>, _ key: SigningKey, _ deployment: UUID, at now: Timestamp) throws(Fault) {
        let parts = token.split(separator: 46, omittingEmptySubsequences: false)
        let signed = Array(token[..<parts[1].endIndex])
        guard let code = Base64URL.decode(parts[2]), let bytes = key.bytes,
            HMAC<SHA512>.isValidAuthenticationCode(
                code, authenticating: signed, using: SymmetricKey(data: bytes))
        else { throw .foreign }
        guard let bytes = Base64URL.decode(parts[1]), let claims = try? JSONReader.only(bytes),
            let state = claims["merge_state"]?.text, let user = claims["user_id"]?.text.flatMap({ UUID(parsing: $0) }),
            let from = claims["from_login_type"]?.text.flatMap(LoginType.init(rawValue:)),
            let to = claims["to_login_type"]?.text.flatMap(LoginType.init(rawValue:)),
            let expiry = claims["exp"]?.integer, let notBefore = claims["nbf"]?.integer
        else { throw .unusable("its claims cannot be read") }
        guard claims["iss"]?.text == deployment.description else { throw .otherDeployment }
        let seconds = now.microseconds / 1_000_000
        guard seconds <= expiry, seconds >= notBefore else { throw .unusable("it is expired") }
        self.state = state
        userID = user
        fromType = from
        toType = to
        expiresAt = Timestamp(microseconds: Int64(expiry) * 1_000_000)
    }
}
