internal import HTTP
internal import Logging
internal import Storage

/// Token to caller, once for every request (auth.md §9.5). It answers nothing by itself: routes that need a session
/// ask for it.
struct Gate: Sendable {
    enum Verdict: Sendable {
        case signedIn(Caller)
        /// The reason is the detail of a 401, where a session is needed.
        case signedOut(String)
        /// The answer, where a session is needed.
        case refused(APIError)
        /// The database could not say.
        case trouble(StorageError)
    }

    let store: any KeyStore & UserStore & IdentityStore
    let refresh: TokenRefresh
    let configuration: Configuration
    let faults: Faults
    let callers = KnownCallers()

    func verdict(on presented: PresentedToken, from client: PeerAddress, at now: Timestamp) async -> Verdict {
        guard let token = presented.token else {
            return .signedOut("Cookie \"\(Cookie.session)\" or query parameter must be provided.")
        }
        var secret: KeySecret
        do throws(KeySecret.Fault) { secret = try KeySecret(parsing: token) } catch { return .signedOut(error.detail) }
        defer { secret.wipe() }
        do throws(StorageError) {
            guard let session = try await store.session(keyID: secret.id) else {
                return .signedOut("The API key is invalid.")
            }
            guard secret.matches(session.key.hashedSecret) else {
                return .signedOut("The secret of the API key is invalid.")
            }
            return try await verdict(on: session, from: client, at: now)
        } catch {
            return .trouble(error)
        }
    }

    private func verdict(
        on session: SessionRecord, from client: PeerAddress, at now: Timestamp
    ) async throws(StorageError) -> Verdict {
        let key = session.key
        if KeyRules.isExpired(key, at: now) {
            return .signedOut("API key expired at \"\(RFC3339.text(key.expiresAt))\".")
        }
        if key.loginType == .github || key.loginType == .oidc {
            guard let expiry = session.linkExpiry else {
                return .signedOut("Sign in with \(key.loginType.rawValue) again.")
            }
            if TokenRefresh.isExpired(expiry, at: now) {
                switch try await refresh.renew(key, in: store, at: now, faults) {
                case .renewed: break
                case .signedOut(let detail): return .signedOut(detail)
                case .refused(let error): return .refused(error)
                }
            }
        }
        // Keys go with their user; one that was left over opens nothing.
        guard !session.user.isDeleted else { return .signedOut("The API key is invalid.") }
        let slides = !configuration.isSessionRefreshDisabled
        guard let used = KeyRules.used(key, from: client, at: now, slides: slides) else {
            return .signedIn(callers.caller(of: session))
        }
        var user = session.user
        do throws(StorageError) {
            try await store.record(
                KeyUse(
                    keyID: key.id, userID: key.userID, lastUsed: used.lastUsed, expiresAt: used.expiresAt,
                    ipAddress: used.ipAddress, now: now))
            user.lastSeenAt = now
            user.updatedAt = now
        } catch {
            // A database that is read-only or busy still answers reads; the next use is written instead.
            faults.note("a key's use could not be recorded", error)
        }
        return .signedIn(Caller(key: used, user: user))
    }

    /// The caller of a page; nil for nobody who may come in. Pages wake no dormant user (auth.md §9.5).
    func visitor(_ verdict: Verdict) -> Caller? {
        guard case .signedIn(let caller) = verdict, caller.user.status == .active, !caller.isForApplicationsOnly else {
            return nil
        }
        return caller
    }

    /// The caller of a route that needs a session. A dormant user wakes up.
    func caller(_ verdict: Verdict, at now: Timestamp) async throws(APIError) -> (Caller, wokeUp: Bool) {
        let caller: Caller
        switch verdict {
        case .signedIn(let found): caller = found
        case .signedOut(let detail): throw .notSignedIn(detail: detail)
        case .refused(let error): throw error
        case .trouble(let error): throw faults.error(error)
        }
        switch caller.user.status {
        case .active: return (caller, false)
        case .suspended: throw .inactive(.suspended)
        case .dormant:
            let status: UserStatus
            do throws(StorageError) {
                status = try await store.activateIfDormant(userID: caller.id, at: now)
            } catch {
                throw faults.error(error)
            }
            guard status == .active else { throw .inactive(status) }
            var user = caller.user
            user.status = .active
            user.lastSeenAt = now
            user.updatedAt = now
            return (Caller(key: caller.key, user: user), true)
        }
    }
}
