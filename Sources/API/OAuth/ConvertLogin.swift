internal import Crypto
internal import HTTP
internal import JSON
internal import Storage

/// `POST /users/{user}/convert-login` (auth.md §7): the password is the proof, and a signed cookie carries it to the
/// provider's callback.
struct ConvertLoginHandlers: Sendable {
    let store: any SiteStore
    let login: LoginHandlers
    let configuration: Configuration
    let ambient: Ambient
    let faults: Faults

    private static let lifetime: Int64 = 300
    private static let keyCount = 64

    @Sendable func begin(_ call: Call) async throws(APIError) -> Reply {
        let target = try call.target
        let body = try call.body()
        let (name, password) = (try body.string("to_type"), try body.string("password"))
        try UserRules.check([
            ("to_type", name, UserRules.required(name)), ("password", password, UserRules.required(password)),
        ])
        let toType = try Self.provider(name)
        let account = try await login.signIn(email: target.email, password: password, at: call.now)
        let ticket = ConvertTicket(
            state: "convert-\(ambient.randomAlphanumerics(32))", userID: target.id, fromType: account.loginType,
            toType: toType,
            expiresAt: Timestamp(microseconds: call.now.microseconds / 1_000_000 * 1_000_000)
                .adding(seconds: Self.lifetime))
        let key: SigningKey
        do throws(StorageError) {
            key = try await store.convertLoginKey(at: call.now, orElse: ambient.randomBytes(Self.keyCount))
        } catch {
            throw faults.error(error)
        }
        var reply = Reply(.created, ticket)
        reply.set(
            .convertLogin(ticket.token(key, configuration.deploymentID), expires: ticket.expiresAt, configuration))
        return reply
    }

    private static func provider(_ name: String) throws(APIError) -> LoginType {
        switch name {
        case "github": return .github
        case "oidc": return .oidc
        case "none", "password", "token":
            throw .refused("Accounts cannot be converted to login type \"\(name)\".")
        default: throw .refused("\"\(name)\" is no login type: use github or oidc.")
        }
    }
}

/// A conversion that has begun.
struct ConvertTicket: WireValue {
    let state: String
    let userID: UUID
    let fromType: LoginType
    let toType: LoginType
    /// Whole seconds.
    let expiresAt: Timestamp

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
    func token(_ key: SigningKey, _ deployment: UUID) -> String {
        let header = Self.json { object in
            object.key("alg")
            object.string("HS512")
            object.key("kid")
            object.string(String(key.sequence))
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
        let signed = Self.base64URL(header) + "." + Self.base64URL(claims)
        let code = HMAC<SHA512>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: key.bytes))
        return signed + "." + Self.base64URL(Array(code))
    }

    private static func json(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(members)
        return writer.bytes
    }

    /// RFC 4648 §5, without padding.
    private static func base64URL(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes, padded: false).map { byte -> UInt8 in
            switch byte {
            case 43: 45
            case 47: 95
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
