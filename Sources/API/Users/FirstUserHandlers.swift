internal import HTTP
internal import Storage

/// `/users/first` (auth.md §2): the one account that is made without a session.
struct FirstUserHandlers: Sendable {
    let store: any UserStore & OrganizationStore
    let passwords: PasswordHasher
    let sshKeys: SSHKeyMaker
    let ambient: Ambient
    let faults: Faults

    /// `GET /users/first`: 404 until there is a user.
    @Sendable func exists(_ call: Call) async throws(APIError) -> Message {
        guard try await hasUsers() else { throw .missing("The initial user has not been created!") }
        return Message("The initial user has already been created!")
    }

    /// `POST /users/first`. Of two at once one gets 201, the other 409 (decisions.md #17).
    @Sendable func create(_ call: Call) async throws(APIError) -> CreateFirstUserResponse {
        let request = try CreateFirstUserRequest(try call.body())
        // Before the password is hashed: an open route must not burn CPU for nothing.
        if try await hasUsers() { throw .conflict("The initial user has already been created.") }
        try PasswordRules.check(request.password, message: "Password is not strong enough!")
        let hash = try await passwords.hash(request.password)
        let pair = try await sshKeys.make()
        do throws(StorageError) {
            let organization = try await store.defaultOrganization()
            let user = try await store.createFirst(
                NewUser(
                    id: ambient.randomID(), username: request.username, name: request.name, email: request.email,
                    hashedPassword: hash, status: .active, loginType: .password, isServiceAccount: false,
                    roles: [Role.owner.name], organizationIDs: [organization.id],
                    sshKey: pair, createdAt: call.now))
            return CreateFirstUserResponse(userID: user.id, organizationID: organization.id)
        } catch {
            throw faults.error(error)
        }
    }

    private func hasUsers() async throws(APIError) -> Bool {
        do throws(StorageError) { return try await store.hasUsers() } catch { throw faults.error(error) }
    }
}
