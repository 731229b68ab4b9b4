internal import HTTP
internal import Storage

/// Sign-in with a password, sign-out, and what a sign-in page asks.
struct LoginHandlers: Sendable {
    let store: any UserStore & KeyStore & IdentityStore
    let configuration: Configuration
    let passwords: PasswordHasher
    let providers: Providers
    let audit: AuditLog
    let ambient: Ambient
    let faults: Faults

    /// `POST /users/login` (auth.md §3). Status, switch and login type are told to nobody without the password.
    @Sendable func login(_ call: Call) async throws(APIError) -> Reply {
        let request = try LoginRequest(try call.body())
        let token = try await session(request, call)
        var reply = Reply(.created, LoginResponse(sessionToken: token))
        reply.set(.session(token, configuration))
        return reply
    }

    /// Opens a session; returns its token.
    func session(_ request: LoginRequest, _ call: Call) async throws(APIError) -> String {
        try await faults.countingLogin(.password) { () throws(APIError) in try await open(request, call) }
    }

    private func open(_ request: LoginRequest, _ call: Call) async throws(APIError) -> String {
        let account = try await signIn(email: request.email, password: request.password, call)
        let secret = KeySecret(random: ambient)
        let key = KeyRules.session(
            secret, account.userID, from: call.client.description, lifetime: configuration.sessionDuration, at: call.now
        )
        let entry = audit.entry(call, .login, .key(of: account.userID), by: account.userID, .created)
        do throws(StorageError) {
            try await store.open(key, password: account.hashedPassword, noting: entry)
        } catch {
            // The password was changed, or the account suspended or deleted, while we hashed.
            guard case .notFound = error else { throw faults.error(error) }
            audit.note(call, .login, .key(of: account.userID), by: account.userID, .unauthorized)
            throw .wrongCredentials
        }
        return secret.token
    }

    /// The account that e-mail and password open; a dormant one wakes up. A refusal is written down when the e-mail is
    /// somebody's.
    func signIn(email: String, password: String, _ call: Call) async throws(APIError) -> CredentialRecord {
        let found: CredentialRecord?
        do throws(StorageError) { found = try await store.credentials(email: email) } catch {
            throw faults.error(error)
        }
        guard let account = found else {
            _ = try await passwords.verify(password, against: [])
            throw .wrongCredentials
        }
        do throws(APIError) { return try await check(password, of: account, call) } catch {
            audit.note(call, .login, .key(of: account.userID), by: account.userID, error.status)
            throw error
        }
    }

    private func check(
        _ password: String, of account: CredentialRecord, _ call: Call
    ) async throws(APIError) -> CredentialRecord {
        guard let isRight = try await passwords.verify(password, against: account.hashedPassword) else {
            throw faults.fault("a stored password hash is damaged")
        }
        guard isRight else { throw .wrongCredentials }
        if configuration.isPasswordAuthDisabled { throw .forbiddenBecause("Password authentication is disabled.") }
        guard account.loginType == .password else {
            throw .forbiddenBecause(
                "Incorrect login type, attempting to use \"password\" but the user is of login type \"\(account.loginType.rawValue)\"."
            )
        }
        var status = account.status
        if status == .dormant {
            do throws(StorageError) {
                status = try await store.activateIfDormant(userID: account.userID, at: call.now)
                if status == .active { audit.noteWakeUp(call, try await store.user(id: account.userID)) }
            } catch {
                throw faults.error(error)
            }
        }
        guard status == .active else { throw .suspendedAtLogin(status) }
        return account
    }

    /// `POST /users/logout`. The cookie is taken back even when the database fails.
    @Sendable func logout(_ call: Call) async throws(APIError) -> Reply {
        let caller = try call.caller
        var reply: Reply
        do throws(StorageError) {
            try await store.endSession(keyID: caller.key.id, userID: caller.id)
            reply = Reply(.ok, Message("Logged out!"))
        } catch {
            reply = Reply(faults.error(error).response(accessURL: configuration.accessURL))
        }
        audit.note(call, .logout, .key(of: caller.id), by: caller.id, reply.response.status)
        reply.set(.clearedSession(configuration))
        return reply
    }

    /// `GET /users/oidc-claims`: of the caller's own account (auth.md §8.7).
    @Sendable func claims(_ call: Call) async throws(APIError) -> Reply {
        let caller = try call.caller
        guard caller.user.loginType == .oidc else {
            throw .refused("Your account does not sign in with OpenID Connect, so it has no claims.")
        }
        do throws(StorageError) {
            guard let claims = try await store.claims(ofUser: caller.id) else {
                throw StorageError.broken("an OpenID Connect user has no link")
            }
            return Reply(.ok, ClaimsWire(claims: claims == Array("null".utf8) ? Array("{}".utf8) : claims))
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET /users/authmethods`
    @Sendable func methods(_ call: Call) throws(APIError) -> AuthMethods {
        AuthMethods(
            termsOfServiceURL: configuration.termsOfServiceURL,
            isPasswordEnabled: !configuration.isPasswordAuthDisabled, providers: providers)
    }

    /// `POST /users/validate-password`
    @Sendable func validatePassword(_ call: Call) throws(APIError) -> PasswordVerdict {
        let password = try call.body().string("password")
        try UserRules.check([("password", password, UserRules.required(password))])
        return PasswordVerdict(details: PasswordRules.fault(password) ?? "")
    }
}
