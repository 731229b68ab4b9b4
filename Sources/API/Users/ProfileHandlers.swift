internal import HTTP
internal import Storage

/// `PUT /users/{user}/profile` and `GET …/login-type` (users.md §12, §7).
struct ProfileHandlers: Sendable {
    let store: any UserStore
    let audit: AuditLog
    let faults: Faults

    /// Replaces username and display name; a name that is missing is cleared.
    @Sendable func update(_ call: Call) async throws(APIError) -> UserWire {
        let target = try call.target
        return try await audit.write(call, .write, .user(target), .ok) { (diff, _) throws(APIError) in
            let user = try await update(target, call)
            diff.compare(target, user)
            return UserWire(user)
        }
    }

    private func update(_ target: UserRecord, _ call: Call) async throws(APIError) -> UserRecord {
        let caller = try call.caller
        guard !target.isSystem else { throw .forbidden }
        let body = try call.body()
        let (username, name) = (try body.string("username"), try body.string("name"))
        try UserRules.check([
            ("username", username, UserRules.username(username)), ("name", name, UserRules.name(name)),
        ])
        if username != target.username {
            guard caller.can(.update, .user(target.id)) else { throw .notFound }
            // decisions.md #13: only an owner renames an owner.
            guard !target.roles.contains(Role.owner.name) || caller.isOwner else { throw .forbidden }
        }
        do throws(StorageError) {
            if let holder = try await store.findUser(username: username), holder.id != target.id {
                throw .conflict(.username)
            }
            guard caller.can(.updatePersonal, .user(target.id)) else { throw .refused(.other("permission")) }
            return try await store.setProfile(username: username, name: name, ofUser: target.id, at: call.now)
        } catch {
            switch error {
            case .refused: throw .forbidden
            case .conflict(.username):
                throw .conflict("A user with this username already exists.", [.inUse("username")])
            default: throw faults.error(error)
            }
        }
    }

    /// For the caller's own account only.
    @Sendable func loginType(_ call: Call) throws(APIError) -> LoginTypeWire {
        guard try call.target.id == call.caller.id else {
            throw .forbiddenBecause("You can only ask for your own login type.")
        }
        return LoginTypeWire(loginType: try call.target.loginType)
    }
}
