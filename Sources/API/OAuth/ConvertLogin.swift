internal import HTTP
internal import JSON
internal import Storage

/// `POST /users/{user}/convert-login` (auth.md §7): the password is the proof, and a signed cookie carries it to the
/// provider's callback.
struct ConvertLoginHandlers: Sendable {
    let store: any SiteStore
    let login: LoginHandlers
    let configuration: Configuration
    let audit: AuditLog
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
        let account = try await login.signIn(email: target.email, password: password, call)
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
        guard let secret = key.bytes else {
            throw faults.fault("the key of number \(key.sequence) that signs conversions is damaged")
        }
        let token = ticket.token(secret, sequence: key.sequence, configuration.deploymentID)
        let subject = AuditLog.Subject(resource: .convertLogin, id: target.id)
        var diff = AuditDiff()
        diff.add("from_login_type", .string(""), .string(ticket.fromType.rawValue))
        diff.add("to_login_type", .string(""), .string(ticket.toType.rawValue))
        audit.note(call, .create, subject, by: try call.caller.id, .created, diff)
        var reply = Reply(.created, ticket)
        reply.set(
            .convertLogin(token, expires: ticket.expiresAt, configuration))
        return reply
    }

    // MARK: The end

    /// The conversion that a callback's cookie proves; nil when the state names none.
    func ticket(_ call: Call, state: String) async throws(APIError) -> ConvertTicket? {
        guard state.hasPrefix(OAuthFlow.conversionPrefix) else { return nil }
        guard let cookie = Cookies.value("coder_oauth_convert_jwt", in: call.request), !cookie.isEmpty else {
            throw .refused(
                "The conversion's cookie is missing.", detail: "Begin the conversion again, in this browser.")
        }
        let ticket: ConvertTicket
        do throws(ConvertTicket.Fault) { ticket = try await read(cookie, at: call.now) } catch {
            switch error {
            case .foreign:
                throw .refused("Using an invalid jwt to authorize this action.", detail: "Begin the conversion again.")
            case .unusable(let cause): throw faults.fault("the cookie of a conversion cannot be used: \(cause)")
            case .storage(let cause): throw faults.error(cause)
            case .otherDeployment: throw .forbiddenBecause("The conversion was begun at another deployment.")
            }
        }
        guard ConstantTime.areEqual(Array(ticket.state.utf8), Array(state.utf8)) else {
            throw .forbiddenBecause("The conversion was begun with another state.")
        }
        return ticket
    }

    private func read(_ cookie: ArraySlice<UInt8>, at now: Timestamp) async throws(ConvertTicket.Fault)
        -> ConvertTicket
    {
        let sequence = try ConvertTicket.keySequence(cookie)
        let key: SigningKey?
        do throws(StorageError) { key = try await store.convertLoginKey(sequence: sequence, at: now) } catch {
            throw .storage(error)
        }
        guard let key else { throw .foreign }
        return try ConvertTicket(cookie, key, configuration.deploymentID, at: now)
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
