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

    private static let withoutToken = Verdict.signedOut(
        "Cookie \"\(Cookie.session)\" or query parameter must be provided.")

    /// The verdict where nobody need be waited for; nil: `verdict` finds it.
    func verdictAtOnce(on presented: PresentedToken, from client: PeerAddress, at now: Timestamp) -> Verdict? {
        guard let token = presented.token else { return Self.withoutToken }
        guard var secret = try? KeySecret(parsing: token) else { return nil }
        defer { secret.wipe() }
        guard let session = store.keptSession(keyID: secret.id), secret.matches(session.key.hashedSecret),
            case .done(let verdict) = step(session, from: client, at: now)
        else { return nil }
        return verdict
    }

    func verdict(on presented: PresentedToken, from client: PeerAddress, at now: Timestamp) async -> Verdict {
        guard let token = presented.token else { return Self.withoutToken }
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

    /// What a session whose secret fits leads to.
    private enum Step {
        case done(Verdict)
        /// The provider's token has expired.
        case renewal
        /// The use is to be written down.
        case use(KeyRecord)
    }

    private func step(
        _ session: SessionRecord, from client: PeerAddress, at now: Timestamp, isRenewed: Bool = false
    ) -> Step {
        let key = session.key
        if KeyRules.isExpired(key, at: now) {
            return .done(.signedOut("API key expired at \"\(RFC3339.text(key.expiresAt))\"."))
        }
        if key.loginType == .github || key.loginType == .oidc {
            guard let expiry = session.linkExpiry else {
                return .done(.signedOut("Sign in with \(key.loginType.rawValue) again."))
            }
            if TokenRefresh.isExpired(expiry, at: now), !isRenewed { return .renewal }
        }
        // Keys go with their user; one that was left over opens nothing.
        guard !session.user.isDeleted else { return .done(.signedOut("The API key is invalid.")) }
        let slides = !configuration.isSessionRefreshDisabled
        if let used = KeyRules.used(key, from: client, at: now, slides: slides) { return .use(used) }
        return .done(.signedIn(callers.caller(of: session)))
    }

    private func verdict(
        on session: SessionRecord, from client: PeerAddress, at now: Timestamp
    ) async throws(StorageError) -> Verdict {
        var next = step(session, from: client, at: now)
        if case .renewal = next {
            switch try await refresh.renew(session.key, in: store, at: now, faults) {
            case .renewed: next = step(session, from: client, at: now, isRenewed: true)
            case .signedOut(let detail): return .signedOut(detail)
            case .refused(let error): return .refused(error)
            }
        }
        switch next {
        case .done(let verdict): return verdict
        case .use(let used): return await record(used, of: session, at: now)
        // Not asked for a second time.
        case .renewal: return .signedOut("Sign in with \(session.key.loginType.rawValue) again.")
        }
    }

    private func record(_ used: KeyRecord, of session: SessionRecord, at now: Timestamp) async -> Verdict {
        var user = session.user
        do throws(StorageError) {
            try await store.record(
                KeyUse(
                    keyID: used.id, userID: used.userID, lastUsed: used.lastUsed, expiresAt: used.expiresAt,
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

    /// The caller of a route that needs a session; a dormant one has to be woken up.
    func caller(_ verdict: Verdict) throws(APIError) -> Caller {
        switch verdict {
        case .signedIn(let caller):
            if caller.user.status == .suspended { throw .inactive(.suspended) }
            return caller
        case .signedOut(let detail): throw .notSignedIn(detail: detail)
        case .refused(let error): throw error
        case .trouble(let error): throw faults.error(error)
        }
    }

    /// A dormant user becomes active.
    func wakeUp(_ caller: Caller, at now: Timestamp) async throws(APIError) -> Caller {
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
        return Caller(key: caller.key, user: user)
    }
}
