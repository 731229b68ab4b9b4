internal import HTTP
internal import Storage

/// The members of an organization.
struct MemberHandlers: Sendable {
    let store: any OrganizationStore
    let organizations: OrganizationHandlers
    let users: UserResolver
    let faults: Faults

    /// `GET /organizations/{organization}/members`
    @Sendable func list(_ call: Call) async throws(APIError) -> WireArray<MemberWire> {
        let page = try await page(call, UserQuery())
        return WireArray(page.members.map { MemberWire(member: $0, withUser: true) })
    }

    /// `GET /organizations/{organization}/paginated-members`
    @Sendable func paginated(_ call: Call) async throws(APIError) -> MemberPageWire {
        var query = UserQuery()
        let items = call.query
        try UserSearch.parse(items.first("q") ?? "", into: &query)
        try query.readPaging(items)
        return MemberPageWire(page: try await page(call, query))
    }

    private func page(_ call: Call, _ query: UserQuery) async throws(APIError) -> MemberPage {
        let caller = try call.caller
        let organization = try await organizations.find(call.parameter(0), caller)
        var query = query
        // Whoever may not read the members sees itself.
        let readsAll = caller.can(.read, Object(kind: .organizationMember, organization: organization.id))
        if !readsAll {
            let own = OrganizationRules.memberObject(caller.id, in: organization.id)
            query.visible = caller.can(.read, own) ? [caller.id] : []
        }
        do throws(StorageError) {
            return try await store.members(of: organization.id, query)
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET /organizations/{organization}/members/roles`
    @Sendable func assignableRoles(_ call: Call) async throws(APIError) -> WireArray<AssignableRoleWire> {
        let caller = try call.caller
        let organization = try await organizations.find(call.parameter(0), caller)
        guard caller.can(.read, Object(kind: .assignOrganizationRole, organization: organization.id)) else {
            throw .forbidden
        }
        let mayAssign = OrganizationRules.mayAssign(in: organization.id, caller)
        return WireArray(
            Role.organizationRoles.map { AssignableRoleWire($0, in: organization.id, isAssignable: mayAssign) })
    }

    /// `POST /organizations/{organization}/members/{user}`
    @Sendable func add(_ call: Call) async throws(APIError) -> MemberWire {
        let (organization, user) = try await parties(call)
        guard try call.caller.can(.create, Object(kind: .organizationMember, organization: organization)) else {
            throw .forbidden
        }
        guard !user.isSystem else { throw .notFound }
        do throws(StorageError) {
            try await store.addMember(user.id, to: organization, at: call.now)
        } catch {
            if case .conflict(.membership) = error {
                throw .conflict("The user is a member of this organization already.")
            }
            throw faults.error(error)
        }
        return try await member(user.id, organization)
    }

    /// `DELETE /organizations/{organization}/members/{user}`
    @Sendable func remove(_ call: Call) async throws(APIError) -> Reply {
        let (organization, user) = try await parties(call)
        guard try user.id != call.caller.id else { throw .refused("You cannot remove yourself from an organization.") }
        guard try call.caller.can(.delete, OrganizationRules.memberObject(user.id, in: organization)) else {
            throw .forbidden
        }
        do throws(StorageError) {
            try await store.removeMember(user.id, from: organization)
        } catch {
            throw faults.error(error)
        }
        return Reply(Response(.noContent))
    }

    /// `PUT /organizations/{organization}/members/{user}/roles`: the complete set.
    @Sendable func setRoles(_ call: Call) async throws(APIError) -> MemberWire {
        let (organization, user) = try await parties(call)
        guard try user.id != call.caller.id else { throw .refused("You cannot change your own roles.") }
        let wanted = try call.body().strings("roles")
        try OrganizationRules.check(wanted)
        guard OrganizationRules.mayAssign(in: organization, try call.caller) else { throw .forbidden }
        var roles: [String] = []
        for role in wanted where !roles.contains(role) { roles.append(role) }
        do throws(StorageError) {
            try await store.setRoles(roles, ofMember: user.id, in: organization)
        } catch {
            throw faults.error(error)
        }
        return try await member(user.id, organization)
    }

    private func parties(_ call: Call) async throws(APIError) -> (organization: UUID, user: UserRecord) {
        let caller = try call.caller
        let organization = try await organizations.find(call.parameter(0), caller)
        let user = try await users.resolve(call.path, call.parameters[1], for: caller)
        guard !user.isDeleted else { throw .notFound }
        return (organization.id, user)
    }

    private func member(_ user: UUID, _ organization: UUID) async throws(APIError) -> MemberWire {
        do throws(StorageError) {
            guard let member = try await store.findMember(user, of: organization) else { throw .notFound }
            return MemberWire(member: member, withUser: false)
        } catch {
            throw faults.error(error)
        }
    }
}
