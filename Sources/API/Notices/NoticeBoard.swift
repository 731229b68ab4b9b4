internal import HTTP
internal import Loops
internal import Storage

/// Finds out whom to tell, behind the answer: nobody waits for it, and its time says nothing about an address.
struct NoticeBoard: Sendable {
    let store: any UserStore & IdentityStore
    let background: Background
    let delivery: any NoticeDelivery
    let audit: AuditLog
    let faults: Faults

    private static let administrators = ["owner", "user-admin"]

    /// Stores and sends a passcode, if the address belongs to somebody who signs in with a password.
    /// - Parameter hash: of `passcode`; made for unknown addresses too.
    func sendPasscode(_ passcode: String, hash: [UInt8], to email: String, expiresAt expiry: Timestamp, _ call: Call) {
        run("a passcode could not be stored") { () throws(StorageError) in
            guard let account = try await store.credentials(email: email) else { return }
            let subject = AuditLog.Subject(resource: .user, id: account.userID, target: account.username)
            audit.note(call, .requestPasswordReset, subject, by: account.userID, .noContent)
            guard account.loginType == .password else { return }
            try await store.setPasscode(hash, expiresAt: expiry, ofUser: account.userID)
            delivery.deliver(Notice(event: .passcode(passcode), email: account.email, userID: account.userID))
        }
    }

    /// Tells every owner and user-admin, whatever their status, but not `user`.
    func tellAdministrators(
        of user: UserRecord, by caller: Caller, _ event: @escaping @Sendable (Notice.Account) -> Notice.Event
    ) {
        guard delivery.takesAccountNotices else { return }
        let account = Notice.Account(username: user.username, name: user.name, initiator: caller.user.username)
        run("administrators could not be told of a change") { () throws(StorageError) in
            var query = UserQuery()
            query.roles = Self.administrators
            for administrator in try await store.users(query).users where administrator.id != user.id {
                delivery.deliver(
                    Notice(event: event(account), email: administrator.email, userID: administrator.id))
            }
        }
    }

    /// Tells the user itself.
    func tell(_ user: UserRecord, _ event: Notice.Event) {
        guard delivery.takesAccountNotices else { return }
        delivery.deliver(Notice(event: event, email: user.email, userID: user.id))
    }

    private func run(_ trouble: String, _ work: @escaping @Sendable () async throws(StorageError) -> Void) {
        let isTaken = background.add {
            do throws(StorageError) { try await work() } catch { faults.note(trouble, error) }
        }
        if !isTaken { faults.note(trouble, .busy) }
    }
}
