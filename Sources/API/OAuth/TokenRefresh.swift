internal import Storage
internal import Synchronization

/// Renews a provider's token that has expired, when a session that came of it is used (auth.md §9.5).
public final class TokenRefresh: Sendable {
    /// What a session whose provider token has expired amounts to.
    enum Outcome: Sendable {
        case renewed
        /// Sign in again; any route that can do without a session does.
        case signedOut(String)
        /// Every answer that needs the session.
        case refused(APIError)
    }

    private struct User: Hashable, Sendable {
        let id: UUID
        let loginType: LoginType
    }

    private let providers: Providers
    /// Users whose token is being renewed: a second request waits for the first, because providers that rotate
    /// refresh tokens take a repeated one for a theft.
    private let underWay = Mutex<[User: [CheckedContinuation<Shared?, Never>]]>([:])

    private static let secondLooks: [Duration] = [.zero, .milliseconds(300)]

    private typealias Shared = Result<Outcome, StorageError>

    public init(providers: Providers) { self.providers = providers }

    func renew(
        _ key: KeyRecord, in store: any IdentityStore, at now: Timestamp, _ faults: Faults
    ) async throws(StorageError) -> Outcome {
        let user = User(id: key.userID, loginType: key.loginType)
        let isFirst = underWay.withLock { users in
            if users[user] != nil { return false }
            users[user] = []
            return true
        }
        guard isFirst else {
            let shared: Shared? = await withCheckedContinuation { continuation in
                let isWaiting = underWay.withLock { users in
                    users[user]?.append(continuation)
                    return users[user] != nil
                }
                // It has ended in this very moment.
                if !isWaiting { continuation.resume(returning: nil) }
            }
            guard let shared else { return try await renew(key, in: store, at: now, faults) }
            return try shared.get()
        }
        let result: Shared
        do throws(StorageError) { result = .success(try await renewNow(key, in: store, at: now, faults)) } catch {
            result = .failure(error)
        }
        let waiting = underWay.withLock { $0.removeValue(forKey: user) } ?? []
        for waiter in waiting { waiter.resume(returning: result) }
        return try result.get()
    }

    static func isExpired(_ expiry: Timestamp, at now: Timestamp) -> Bool { expiry != .zero && expiry < now }

    private static func signInAgain(_ key: KeyRecord) -> String {
        "The session of the provider has expired. Sign in with \(key.loginType.rawValue) again."
    }

    private func renewNow(
        _ key: KeyRecord, in store: any IdentityStore, at now: Timestamp, _ faults: Faults
    ) async throws(StorageError) -> Outcome {
        guard var link = try await store.link(ofUser: key.userID, loginType: key.loginType) else {
            return .signedOut(Self.signInAgain(key))
        }
        // Another request, or another process, was faster.
        guard Self.isExpired(link.expiry, at: now) else { return .renewed }
        let old = link.refreshToken
        guard !old.isEmpty else { return .signedOut(Self.signInAgain(key)) }
        let grant: TokenGrant
        do throws(TokenGrant.Refusal) {
            if key.loginType == .github, let provider = providers.github {
                grant = try await provider.refresh(old, at: now)
            } else if key.loginType == .oidc, let provider = providers.oidc {
                grant = try await provider.refresh(old, at: now)
            } else {
                let cause = "a session of \(key.loginType.rawValue) must be renewed, but the provider is not configured"
                return .refused(faults.fault(cause))
            }
        } catch {
            return try await refusal(error, key, in: store, at: now, faults)
        }
        link.accessToken = grant.accessToken
        // A provider that does not rotate leaves it out (RFC 6749 §6).
        link.refreshToken = grant.refreshToken.isEmpty ? old : grant.refreshToken
        link.expiry = grant.expiry
        _ = try await store.refreshLink(link, replacing: old)
        return .renewed
    }

    private func refusal(
        _ error: TokenGrant.Refusal, _ key: KeyRecord, in store: any IdentityStore, at now: Timestamp, _ faults: Faults
    ) async throws(StorageError) -> Outcome {
        switch error {
        case .failed(let cause):
            // The session may be good: the provider could not be asked.
            faults.note("a provider's token could not be renewed: \(cause)", .unavailable)
            return .refused(.busy)
        case .refused:
            // Another process may have used the refresh token, and be about to store what it got for it.
            for pause in Self.secondLooks {
                try? await Task.sleep(for: pause)
                if let link = try await store.link(ofUser: key.userID, loginType: key.loginType),
                    !Self.isExpired(link.expiry, at: now)
                {
                    return .renewed
                }
            }
            return .refused(
                .providerSessionEnded(
                    "Could not refresh expired \(key.loginType.rawValue) token. Sign in again.", detail: error.text))
        }
    }
}
