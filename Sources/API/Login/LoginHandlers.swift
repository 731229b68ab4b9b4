internal import HTTP
internal import Storage

/// Sign-in with a password, sign-out, and what a sign-in page asks.
struct LoginHandlers: Sendable {
    let store: any UserStore & KeyStore & IdentityStore
    let configuration: Configuration
    let passwords: PasswordHasher
    let ambient: Ambient
    let faults: Faults

    /// `POST /users/login` (auth.md §3). Status, switch and login type are told to nobody without the password.
    @Sendable func login(_ call: Call) async throws(APIError) -> Reply {
        let request = try LoginRequest(try call.body())
        do throws(StorageError) {
            let found = try await store.credentials(email: request.email)
            let isRight = try await verify(request.password, found)
            guard isRight, let account = found else { return fail(.wrongCredentials) }
            if let refusal = refusal(account) { return fail(refusal) }
            var status = account.status
            if status == .dormant { status = try await store.activateIfDormant(userID: account.userID, at: call.now) }
            guard status == .active else { return fail(.suspendedAtLogin(status)) }
            let secret = KeySecret(random: ambient)
            try await store.insert(
                KeyRules.session(
                    secret, account.userID, from: call.client.description, lifetime: configuration.sessionDuration,
                    at: call.now))
            var reply = Reply(.created, LoginResponse(sessionToken: secret.token))
            reply.set(.session(secret.token, configuration))
            return reply
        } catch {
            throw faults.error(error)
        }
    }

    private func fail(_ error: APIError) -> Reply { Reply(error.response(accessURL: configuration.accessURL)) }

    private func verify(_ password: String, _ account: CredentialRecord?) async throws(StorageError) -> Bool {
        let isRight: Bool?
        do throws(APIError) {
            isRight = try await passwords.verify(password, against: account?.hashedPassword ?? [])
        } catch {
            throw .busy
        }
        guard let isRight else { throw .broken("a stored password hash is damaged") }
        return isRight
    }

    private func refusal(_ account: CredentialRecord) -> APIError? {
        if configuration.isPasswordAuthDisabled { return .forbiddenBecause("Password authentication is disabled.") }
        if account.loginType != .password {
            return .forbiddenBecause(
                "Incorrect login type, attempting to use \"password\" but the user is of login type \"\(account.loginType.rawValue)\"."
            )
        }
        return nil
    }

    /// `POST /users/logout`. The cookie is taken back even when the database fails.
    @Sendable func logout(_ call: Call) async throws(APIError) -> Reply {
        let caller = try call.caller
        var reply: Reply
        do throws(StorageError) {
            try await store.endSession(keyID: caller.key.id, userID: caller.id)
            reply = Reply(.ok, Message("Logged out!"))
        } catch {
            reply = fail(faults.error(error))
        }
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
    @Sendable func methods(_ call: Call) async throws(APIError) -> AuthMethods {
        AuthMethods(
            termsOfServiceURL: configuration.termsOfServiceURL,
            isPasswordEnabled: !configuration.isPasswordAuthDisabled)
    }

    /// `POST /users/validate-password`
    @Sendable func validatePassword(_ call: Call) async throws(APIError) -> PasswordVerdict {
        let password = try call.body().string("password")
        try UserRules.check([("password", password, UserRules.required(password))])
        return PasswordVerdict(details: PasswordRules.fault(password) ?? "")
    }
}
