internal import HTTP
internal import Storage

/// Changing and resetting a password (auth.md §4, §5).
struct PasswordHandlers: Sendable {
    let store: any IdentityStore
    let configuration: Configuration
    let passwords: PasswordHasher
    let notices: NoticeBoard
    let audit: AuditLog
    let ambient: Ambient
    let faults: Faults

    /// Seconds a passcode is good for.
    private static let passcodeLifetime: Int64 = 20 * 60

    // MARK: With a session

    /// `PUT /users/{user}/password`. Every key of the user ends with it, the calling one too when it is the user's.
    @Sendable func change(_ call: Call) async throws(APIError) -> Reply {
        let target = try call.target
        return try await audit.write(call, .write, .user(target), .noContent) { (diff, _) throws(APIError) in
            try await change(target, call)
            diff.addSecret("hashed_password")
            return Reply(Response(.noContent))
        }
    }

    private func change(_ target: UserRecord, _ call: Call) async throws(APIError) {
        let caller = try call.caller
        guard caller.can(.updatePersonal, .user(target.id)) else { throw .notFound }
        // decisions.md #13: only an owner changes an owner's.
        guard !target.roles.contains(Role.owner.name) || caller.isOwner else { throw .forbidden }
        let body = try call.body()
        let (old, new) = (try body.string("old_password"), try body.string("password"))
        try UserRules.check([("password", new, UserRules.required(new))])
        guard target.loginType == .password else {
            throw .refused("Users of login type \"\(target.loginType.rawValue)\" have no password to change.")
        }
        if target.id == caller.id, old.isEmpty { throw .refused("Old password is required.") }
        try PasswordRules.check(new, message: "Invalid password.")
        let account: CredentialRecord
        do throws(StorageError) { account = try await store.credentials(id: target.id) } catch {
            throw faults.error(error)
        }
        if !old.isEmpty, !(try await verify(old, account.hashedPassword)) {
            throw .invalid("Old password is incorrect.", [Validation("old_password", "Old password is incorrect.")])
        }
        try await refuseSame(new, account)
        let hash = try await passwords.hash(new)
        do throws(StorageError) {
            try await store.setPassword(hash, ofUser: target.id)
        } catch {
            throw faults.error(error)
        }
    }

    // MARK: With a passcode

    /// `POST /users/otp/request`: 204 whoever asks for whomever. Known and unknown addresses cost the same work before
    /// the answer; looking the address up, storing and sending come behind it.
    @Sendable func requestPasscode(_ call: Call) async throws(APIError) -> Reply {
        try refuseWhenDisabled()
        try await sendPasscode(to: try call.body().string("email"), call)
        return Reply(Response(.noContent))
    }

    func sendPasscode(to email: String, _ call: Call) async throws(APIError) {
        try refuseWhenDisabled()
        try UserRules.check([("email", email, UserRules.email(email))])
        let passcode = ambient.randomID().description
        let hash = try await passwords.hash(passcode)
        notices.sendPasscode(
            passcode, hash: hash, to: email, expiresAt: call.now.adding(seconds: Self.passcodeLifetime), call)
    }

    /// `POST /users/otp/change-password`
    @Sendable func changeWithPasscode(_ call: Call) async throws(APIError) -> Reply {
        try refuseWhenDisabled()
        let body = try call.body()
        let (email, new) = (try body.string("email"), try body.string("password"))
        try await reset(email: email, new: new, passcode: try body.string("one_time_passcode"), call)
        return Reply(Response(.noContent))
    }

    func reset(email: String, new: String, passcode: String, _ call: Call) async throws(APIError) {
        try refuseWhenDisabled()
        try UserRules.check([
            ("email", email, UserRules.email(email)), ("password", new, UserRules.required(new)),
            ("one_time_passcode", passcode, UserRules.required(passcode)),
        ])
        try PasswordRules.check(new, message: "Invalid password.")
        let wrong = APIError.refused("Incorrect email or one-time passcode.")
        let account: CredentialRecord?
        do throws(StorageError) { account = try await store.credentials(email: email) } catch {
            throw faults.error(error)
        }
        // The same work for an unknown address and for one without a passcode.
        guard try await verify(passcode, account?.hashedPasscode ?? []), let account,
            account.passcodeExpiresAt >= call.now
        else { throw wrong }
        try await refuseSame(new, account)
        let hash = try await passwords.hash(new)
        do throws(StorageError) {
            try await store.resetPassword(hash, ofUser: account.userID, passcode: account.hashedPasscode)
        } catch {
            if case .notFound = error { throw wrong }
            throw faults.error(error)
        }
        var diff = AuditDiff()
        diff.addSecret("hashed_password")
        let subject = AuditLog.Subject(resource: .user, id: account.userID, target: account.username)
        audit.note(call, .write, subject, by: account.userID, .noContent, diff)
    }

    // MARK: Common

    private func refuseWhenDisabled() throws(APIError) {
        if configuration.isPasswordAuthDisabled { throw .forbiddenBecause("Password authentication is disabled.") }
    }

    private func refuseSame(_ new: String, _ account: CredentialRecord) async throws(APIError) {
        if !account.hashedPassword.isEmpty, try await verify(new, account.hashedPassword) {
            throw .refused("New password cannot match old password.")
        }
    }

    private func verify(_ password: String, _ stored: [UInt8]) async throws(APIError) -> Bool {
        guard let isRight = try await passwords.verify(password, against: stored) else {
            throw faults.fault("a stored password hash is damaged")
        }
        return isRight
    }
}
