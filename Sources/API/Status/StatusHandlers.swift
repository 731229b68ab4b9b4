internal import HTTP
internal import Storage

/// `PUT /users/{user}/status/…` (users.md §14). Bodies are ignored.
struct StatusHandlers: Sendable {
    let store: any UserStore
    let notices: NoticeBoard
    let audit: AuditLog
    let faults: Faults

    @Sendable func suspend(_ call: Call) async throws(APIError) -> UserWire {
        try await set(.suspended, call)
    }

    @Sendable func activate(_ call: Call) async throws(APIError) -> UserWire { try await set(.active, call) }

    private func set(_ status: UserStatus, _ call: Call) async throws(APIError) -> UserWire {
        let target = try call.target
        return try await audit.write(call, .write, .user(target), .ok) { (diff, _) throws(APIError) in
            let user = try await set(status, of: target, call)
            diff.compare(target, user)
            return UserWire(user)
        }
    }

    private func set(_ status: UserStatus, of target: UserRecord, _ call: Call) async throws(APIError) -> UserRecord {
        let caller = try call.caller
        if status == .suspended { try StatusRules.maySuspend(target, by: caller) }
        guard caller.can(.update, .user(target.id)), !target.isSystem else { throw .forbidden }
        let user: UserRecord
        do throws(StorageError) { user = try await store.setStatus(status, ofUser: target.id, at: call.now) } catch {
            throw faults.error(error)
        }
        let isSuspended = status == .suspended
        notices.tellAdministrators(of: user, by: caller) { isSuspended ? .suspended($0) : .activated($0) }
        notices.tell(user, isSuspended ? .youWereSuspended : .youWereActivated)
        return user
    }
}

/// Not yourself, not an owner. Both come before the question whether the caller may suspend anybody.
enum StatusRules {
    static func maySuspend(_ target: UserRecord, by caller: Caller) throws(APIError) {
        guard target.id != caller.id else { throw .refused("You cannot suspend yourself.") }
        guard !target.roles.contains(Role.owner.name) else {
            throw .refused("You cannot suspend a user with the role \"owner\". Take the role away first.")
        }
    }
}
