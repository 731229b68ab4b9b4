internal import HTTP
internal import Storage

/// From a provider's identity to a session (auth.md §8.4, §8.5).
struct ProviderAccounts: Sendable {
    let store: any UserStore & IdentityStore & KeyStore & OrganizationStore
    let conversions: ConvertLoginHandlers
    let providers: Providers
    let configuration: Configuration
    let sshKeys: SSHKeyMaker
    let audit: AuditLog
    let ambient: Ambient
    let faults: Faults

    /// What the answer needs.
    struct Outcome: Sendable {
        /// nil: the session that began a conversion has ended, and no new one begins.
        let token: String?
        let isConversion: Bool
    }

    /// Names that are tried when the wish is taken.
    private static let alternativeLimit = 10

    /// - Parameters:
    ///   - state: of the callback; it may name a conversion.
    ///   - isAgain: the second attempt, after the same person came in twice at once and the other was first.
    func signIn(
        _ identity: ProviderIdentity, _ call: Call, state: String, isAgain: Bool = false
    ) async throws(APIError) -> Outcome {
        guard ![identity.email, identity.name, identity.avatarURL].contains(where: { $0.utf8.contains(0) }) else {
            throw .refused("The provider's answer holds a NUL character.")
        }
        let user = try await find(identity)
        if user == nil, state.hasPrefix(OAuthFlow.conversionPrefix) { throw Self.noAccount(identity) }
        do throws(APIError) {
            return try await open(user, identity, call, state: state, isAgain: isAgain)
        } catch {
            if let user { audit.note(call, .login, .key(of: user.id), by: user.id, error.status) }
            throw error
        }
    }

    private func open(
        _ user: UserRecord?, _ identity: ProviderIdentity, _ call: Call, state: String, isAgain: Bool
    ) async throws(APIError) -> Outcome {
        let ticket = try await conversions.ticket(call, state: state)
        let conversion = try await conversion(ticket, user, identity, call)
        let secret = KeySecret(random: ambient)
        var key = KeyRules.session(
            secret, user?.id ?? .zero, from: call.client.description, lifetime: configuration.sessionDuration,
            at: call.now)
        key.loginType = identity.loginType
        let opensSession = conversion?.endedKeyID == nil
        let account = try await account(user, identity, call, isConversion: conversion != nil)
        let signIn = ProviderSignIn(
            account: account,
            link: LinkRecord(
                userID: user?.id ?? .zero, loginType: identity.loginType, linkedID: identity.linkedID,
                accessToken: identity.grant.accessToken, refreshToken: identity.grant.refreshToken,
                expiry: identity.grant.expiry, claims: identity.claims),
            email: identity.email, name: identity.name, avatarURL: identity.avatarURL,
            githubUserID: identity.githubUserID, conversion: conversion, session: opensSession ? key : nil,
            now: call.now)
        do throws(StorageError) {
            let signedIn = try await write(signIn, identity)
            note(call, before: user, after: signedIn, isConversion: conversion != nil)
        } catch {
            let isRace = error == .conflict(.email) || error == .refused(.linkedElsewhere)
            guard user == nil, isRace, !isAgain else { throw refusal(error, identity, user: user) }
            return try await self.signIn(identity, call, state: state, isAgain: true)
        }
        return Outcome(token: opensSession ? secret.token : nil, isConversion: conversion != nil)
    }

    private func note(_ call: Call, before: UserRecord?, after: UserRecord, isConversion: Bool) {
        if before?.status == .dormant { audit.noteWakeUp(call, after) }
        guard isConversion else {
            let action = before == nil ? AuditAction.register : .login
            return audit.note(call, action, .key(of: after.id), by: after.id, .temporaryRedirect)
        }
        var diff = AuditDiff()
        diff.compare(before, after)
        diff.addSecret("hashed_password")
        audit.note(call, .write, .user(after), by: after.id, .temporaryRedirect, diff)
    }

    // MARK: Who it is

    /// By the linked id, else by e-mail.
    private func find(_ identity: ProviderIdentity) async throws(APIError) -> UserRecord? {
        do throws(StorageError) {
            if let user = try await store.findUser(linkedID: identity.linkedID, loginType: identity.loginType) {
                return user
            }
            guard let user = try await store.findUser(email: identity.email) else { return nil }
            let link = try await store.link(ofUser: user.id, loginType: identity.loginType)
            if let link, !link.linkedID.isEmpty { throw .refused(.linkedElsewhere) }
            return user
        } catch {
            throw refusal(error, identity, user: nil)
        }
    }

    private func conversion(
        _ ticket: ConvertTicket?, _ user: UserRecord?, _ identity: ProviderIdentity, _ call: Call
    ) async throws(APIError) -> ProviderSignIn.Conversion? {
        guard let ticket else { return nil }
        guard let user else { throw Self.noAccount(identity) }
        guard ticket.userID == user.id, ticket.fromType == user.loginType, ticket.toType == identity.loginType else {
            throw .forbiddenBecause("The conversion was begun for another account or another login type.")
        }
        return ProviderSignIn.Conversion(from: ticket.fromType, endedKeyID: try await presentedKey(call))
    }

    private static func noAccount(_ identity: ProviderIdentity) -> APIError {
        .refused(
            "No account has the e-mail \"\(identity.email)\" of \(identity.loginType.rawValue).",
            detail: "The e-mail at the provider must be the one of the account that is converted.")
    }

    /// The key that the request shows, its secret being right; its expiry is not looked at (auth.md §7).
    private func presentedKey(_ call: Call) async throws(APIError) -> String? {
        let presented = PresentedToken(call.request, usesHostPrefix: configuration.usesHostPrefixCookie)
        guard let token = presented.token, let secret = try? KeySecret(parsing: token) else { return nil }
        do throws(StorageError) {
            let key = try await store.key(id: secret.id)
            return secret.matches(key.hashedSecret) ? key.id : nil
        } catch {
            if case .notFound = error { return nil }
            throw faults.error(error)
        }
    }

    private func account(
        _ user: UserRecord?, _ identity: ProviderIdentity, _ call: Call, isConversion: Bool
    ) async throws(APIError) -> ProviderSignIn.Account {
        if let user {
            // Again in the transaction; here for the words, which need the user.
            guard isConversion || user.loginType == identity.loginType else {
                throw refusal(.refused(.loginType), identity, user: user)
            }
            guard user.status != .suspended else { throw refusal(.refused(.suspended), identity, user: user) }
            return .existing(user.id)
        }
        let pair = try await sshKeys.make()
        do throws(StorageError) {
            let organization = try await store.defaultOrganization()
            return .new(
                NewUser(
                    id: ambient.randomID(), username: UsernameCleaner.clean(wish(identity), ambient),
                    name: identity.name, email: identity.email, hashedPassword: [], status: .active,
                    loginType: identity.loginType, isServiceAccount: false, roles: [],
                    organizationIDs: [organization.id], sshKey: pair, createdAt: call.now),
                onlyFirst: !identity.allowsSignUps)
        } catch {
            throw faults.error(error)
        }
    }

    private func wish(_ identity: ProviderIdentity) -> String {
        identity.username.isEmpty ? identity.email : identity.username
    }

    // MARK: Writing

    /// Tries other names when the wish is taken.
    private func write(
        _ signIn: ProviderSignIn, _ identity: ProviderIdentity
    ) async throws(StorageError) -> UserRecord {
        var signIn = signIn
        var attempt = 0
        while true {
            do throws(StorageError) {
                return try await store.signIn(signIn)
            } catch {
                guard case .conflict(.username) = error, case .new(var user, let onlyFirst) = signIn.account,
                    attempt < Self.alternativeLimit
                else { throw error }
                let wish = UsernameCleaner.clean(wish(identity), ambient)
                user.username = UsernameCleaner.alternative(to: wish, ambient)
                signIn.account = .new(user, onlyFirst: onlyFirst)
                attempt += 1
            }
        }
    }

    private func refusal(_ error: StorageError, _ identity: ProviderIdentity, user: UserRecord?) -> APIError {
        switch error {
        case .refused(.signUpsOff):
            let text = providers.oidc?.settings.signUpsDisabledText ?? ""
            return .page(.signUpsDisabled(markdown: text))
        case .refused(.loginType): return .page(.wrongLoginType(identity.loginType, account: user?.loginType))
        case .refused(.suspended): return .page(.suspended)
        case .refused(.linkedElsewhere):
            return identity.loginType == .github
                ? .answered(.forbidden, ErrorPage.linkedElsewhere.title, detail: ErrorPage.linkedElsewhere.text)
                : .page(.linkedElsewhere)
        case .conflict(.username): return .conflict("No free user name was found.")
        case .conflict(.email): return faults.fault("the provider's e-mail belongs to another user")
        default: return faults.error(error)
        }
    }
}
