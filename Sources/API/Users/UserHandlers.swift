internal import HTTP
internal import Storage

/// `/users`: list, read, create, delete.
struct UserHandlers: Sendable {
    let store: any UserStore & IdentityStore & OrganizationStore
    let configuration: Configuration
    let providers: Providers
    let passwords: PasswordHasher
    let sshKeys: SSHKeyMaker
    let notices: NoticeBoard
    let audit: AuditLog
    let ambient: Ambient
    let faults: Faults
    let rendered = RenderedUsers()

    // MARK: Read

    /// `GET /users`
    @Sendable func list(_ call: Call) async throws(APIError) -> Reply {
        let items = call.query
        var query = UserQuery()
        try UserSearch.parse(items.first("q") ?? "", into: &query)
        try query.readPaging(items)
        query.visible = try call.caller.visibleUsers
        do throws(StorageError) {
            return rendered.reply(try await store.users(query))
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET /users/{user}`
    @Sendable func get(_ call: Call) throws(APIError) -> Reply { rendered.reply(try call.target) }

    // MARK: Create

    /// `POST /users`. The order of the checks is the contract's (users.md §4.3): callers without the right to create
    /// may learn first that their request was wrong.
    @Sendable func create(_ call: Call) async throws(APIError) -> UserWire {
        let request = try CreateUserRequest(try call.body())
        let caller = try call.caller
        try checkServiceAccount(request)
        if !request.password.isEmpty, !["", "password"].contains(request.loginType) {
            throw .refused("A password cannot be set for login type \"\(request.loginType)\".")
        }
        let loginTypeName =
            request.loginType.isEmpty ? request.isServiceAccount ? "none" : "password" : request.loginType
        if loginTypeName == "password", configuration.isPasswordAuthDisabled {
            throw .forbiddenBecause(
                "Password authentication is disabled, so no user can be made who signs in with one.")
        }
        guard !request.organizationIDs.isEmpty else {
            throw .invalid(
                "No organization specified.",
                [Validation("organization_ids", "Missing: a user belongs to at least one organization.")])
        }
        try await checkFree(request, by: caller)
        let organizations = try await organizations(request.organizationIDs, readableBy: caller)
        let loginType = try loginType(named: loginTypeName, request)
        let status = try status(named: request.userStatus)
        let roles = try roles(request.roles, grantedBy: caller)
        guard caller.can(.create, .anyUser) else { throw .forbidden }
        let hash = request.password.isEmpty ? [] : try await passwords.hash(request.password)
        let user = NewUser(
            id: ambient.randomID(), username: request.username, name: request.name, email: request.email,
            hashedPassword: hash, status: status, loginType: loginType, isServiceAccount: request.isServiceAccount,
            roles: roles, organizationIDs: organizations, sshKey: try await sshKeys.make(), createdAt: call.now)
        let created: UserRecord
        do throws(StorageError) { created = try await store.create(user) } catch { throw faults.error(error) }
        notices.tellAdministrators(of: created, by: caller) { .created($0) }
        var diff = AuditDiff()
        diff.compare(nil, created)
        audit.note(call, .create, .user(created), by: caller.id, .created, diff)
        return UserWire(created)
    }

    /// Service accounts need no licence here (decisions.md #6), but the same shape.
    private func checkServiceAccount(_ request: CreateUserRequest) throws(APIError) {
        guard request.isServiceAccount else { return }
        guard ["", "none"].contains(request.loginType) else {
            throw .refused("A service account has login type \"none\".")
        }
        guard request.password.isEmpty else { throw .refused("A service account has no password.") }
        guard request.email.isEmpty else { throw .refused("A service account has no email.") }
    }

    private func checkFree(_ request: CreateUserRequest, by caller: Caller) async throws(APIError) {
        do throws(StorageError) {
            guard try await store.isTaken(username: request.username, email: request.email) else { return }
        } catch {
            throw faults.error(error)
        }
        guard try await mayKnow(caller, whoHolds: request) else { throw .forbidden }
        throw .conflict("User already exists.")
    }

    /// Whoever may not read a user must not learn that it exists.
    private func mayKnow(_ caller: Caller, whoHolds request: CreateUserRequest) async throws(APIError) -> Bool {
        do throws(StorageError) {
            let byName = try await store.findUser(username: request.username)?.id
            let byEmail = try await store.credentials(email: request.email)?.userID
            return [byName, byEmail].contains { id in id.map { caller.can(.read, .user($0)) } ?? false }
        } catch {
            throw faults.error(error)
        }
    }

    /// The nil id is the default organization; a repeated one is refused (decisions.md #5).
    private func organizations(_ ids: [UUID], readableBy caller: Caller) async throws(APIError) -> [UUID] {
        var organizations: [UUID] = []
        for id in ids {
            do throws(StorageError) {
                let found: OrganizationRecord?
                if id == .zero {
                    found = try await store.defaultOrganization()
                } else {
                    found = try await store.findOrganization(id: id)
                }
                guard let found, caller.can(.read, .organization(found.id)) else { throw StorageError.notFound }
                guard !organizations.contains(found.id) else { throw StorageError.conflict(.membership) }
                organizations.append(found.id)
            } catch {
                if case .conflict(.membership) = error {
                    throw .invalid([Validation("organization_ids", "The organization \"\(id)\" is there twice.")])
                }
                if case .notFound = error {
                    throw .missing("Organization does not exist with the provided id \"\(id)\".")
                }
                throw faults.error(error)
            }
        }
        return organizations
    }

    private func loginType(named name: String, _ request: CreateUserRequest) throws(APIError) -> LoginType {
        switch name {
        case "password":
            try PasswordRules.check(request.password, message: "Password is not strong enough!")
            return .password
        case "oidc":
            guard providers.oidc != nil else {
                throw .refused("OpenID Connect is not configured, so no user can sign in with it.")
            }
            return .oidc
        case "github": return .github
        case "none": return .none
        default: throw .refused("Login type \"\(name)\" is not supported: use password, github, oidc or none.")
        }
    }

    private func status(named name: String) throws(APIError) -> UserStatus {
        if name.isEmpty { return .dormant }
        guard let status = UserStatus(rawValue: name) else {
            throw .invalid([Validation("user_status", "Must be one of active, dormant, suspended.")])
        }
        return status
    }

    /// Unknown roles are noticed before the caller's rights are.
    private func roles(_ names: [String], grantedBy caller: Caller) throws(APIError) -> [String] {
        var roles: [String] = []
        for name in names {
            guard name == Role.member.name || Role.site(named: name) != nil else {
                throw .invalid([Validation("roles", "\"\(name)\" is not a supported role.")])
            }
            if !roles.contains(name) { roles.append(name) }
        }
        guard caller.can(.create, .anyUser) else { throw .forbidden }
        guard roles.allSatisfy(caller.assignableRoles.contains) else { throw .forbidden }
        return roles
    }

    // MARK: Delete

    /// `DELETE /users/{user}` (users.md §6).
    @Sendable func delete(_ call: Call) async throws(APIError) -> Message {
        let target = try call.target
        return try await audit.write(call, .delete, .user(target), .ok) { (diff, _) throws(APIError) in
            let message = try await delete(target, call)
            diff.compare(target, nil)
            return message
        }
    }

    private func delete(_ target: UserRecord, _ call: Call) async throws(APIError) -> Message {
        let caller = try call.caller
        guard target.id != caller.id else { throw .forbiddenBecause("You cannot delete yourself!") }
        do throws(StorageError) {
            if try await store.ownsWorkspaces(userID: target.id) { throw .refused(.other("workspaces")) }
        } catch {
            if case .refused = error { throw .ownsWorkspaces }
            throw faults.error(error)
        }
        guard caller.can(.delete, .user(target.id)), !target.isSystem else { throw .forbidden }
        // decisions.md #13: only an owner ends an owner.
        guard !target.roles.contains(Role.owner.name) || caller.isOwner else { throw .forbidden }
        do throws(StorageError) {
            try await store.deleteUser(id: target.id)
        } catch {
            throw faults.error(error)
        }
        notices.tellAdministrators(of: target, by: caller) { .deleted($0) }
        return Message("User has been deleted!")
    }
}
