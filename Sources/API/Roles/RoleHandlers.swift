internal import HTTP
internal import Storage

/// Site roles: which there are, who has them, and giving them (users.md §4.2, §13).
struct RoleHandlers: Sendable {
    let store: any RoleStore
    let audit: AuditLog
    let faults: Faults

    /// `GET /users/roles`
    @Sendable func assignable(_ call: Call) async throws(APIError) -> WireArray<AssignableRoleWire> {
        let caller = try call.caller
        guard caller.can(.read, Object(kind: .assignRole)) else { throw .forbidden }
        let custom: [CustomRoleRecord]
        do throws(StorageError) { custom = try await store.customSiteRoles() } catch { throw faults.error(error) }
        return WireArray(
            Role.siteRoles.map { AssignableRoleWire($0, isAssignable: caller.assignableRoles.contains($0.name)) }
                + custom.map { AssignableRoleWire($0, isAssignable: caller.isOwner) })
    }

    /// `GET /users/{user}/roles`
    @Sendable func get(_ call: Call) throws(APIError) -> UserRolesWire {
        let (caller, target) = (try call.caller, try call.target)
        guard caller.can(.readPersonal, .user(target.id)) else { throw .notFound }
        let memberships = target.memberships.filter { caller.can(.read, .organization($0.organizationID)) }
        return UserRolesWire(user: target, memberships: target.isDeleted ? [] : memberships)
    }

    /// `PUT /users/{user}/roles`: the complete set.
    @Sendable func replace(_ call: Call) async throws(APIError) -> UserWire {
        let target = try call.target
        return try await audit.write(call, .write, .user(target), .ok) { (diff, _) throws(APIError) in
            let user = try await replace(target, call)
            diff.compare(target, user)
            return UserWire(user)
        }
    }

    private func replace(_ target: UserRecord, _ call: Call) async throws(APIError) -> UserRecord {
        let caller = try call.caller
        guard target.id != caller.id else { throw .refused("You cannot change your own roles.") }
        guard !target.isSystem else { throw .forbidden }
        let wanted = try call.body().strings("roles")
        try RoleRules.mayReplace(target.roles, with: wanted, by: caller)
        var roles: [String] = []
        for role in wanted where !roles.contains(role) { roles.append(role) }
        do throws(StorageError) {
            return try await store.setRoles(roles, ofUser: target.id)
        } catch {
            throw faults.error(error)
        }
    }
}

/// Who may give and take which site role. Only the difference is looked at; `member`, which is hardly ever stored,
/// always counts as given, so that no call passes without the right to assign.
enum RoleRules {
    static func mayReplace(_ stored: [String], with wanted: [String], by caller: Caller) throws(APIError) {
        let wanted = wanted + [Role.member.name]
        let added = wanted.filter { !stored.contains($0) }
        let removed = stored.filter { !wanted.contains($0) }
        for name in added + removed where name != Role.member.name && Role.site(named: name) == nil {
            throw .refused("\"\(name)\" is not a supported role.")
        }
        let roles = Object(kind: .assignRole)
        guard added.isEmpty || caller.can(.assign, roles), removed.isEmpty || caller.can(.unassign, roles) else {
            throw .forbidden
        }
        for name in added + removed where !caller.assignableRoles.contains(name) {
            throw .refused("You are not authorized to assign the role \"\(name)\".")
        }
    }
}
