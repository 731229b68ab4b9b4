import Storage

extension ProviderSignIn {
    /// A sign-in with GitHub that opens a session.
    static func sample(
        _ account: Account, linkedID: String = "4711", email: String, name: String = "Ana", avatarURL: String = "a",
        loginType: LoginType = .github, conversion: Conversion? = nil, session: String? = "signin0000",
        accessToken: String = "access", refreshToken: String = "refresh", now: Timestamp = .sample
    ) -> ProviderSignIn {
        ProviderSignIn(
            account: account,
            link: LinkRecord(
                userID: .zero, loginType: loginType, linkedID: linkedID, accessToken: accessToken,
                refreshToken: refreshToken, expiry: now.adding(seconds: 3600), claims: Array("{}".utf8)),
            email: email, name: name, avatarURL: avatarURL, githubUserID: nil, conversion: conversion,
            session: session.map { KeyRecord.sample($0, of: .zero, loginType: loginType) }, now: now)
    }

    /// Of somebody who has no account yet.
    static func new(
        _ username: String, linkedID: String = "4711", onlyFirst: Bool = false, email: String? = nil,
        organizations: [UUID] = [], session: String? = "signin0000", loginType: LoginType = .github
    ) -> ProviderSignIn {
        var user = NewUser.sample(username, email: email, loginType: loginType, organizations: organizations)
        user.hashedPassword = []
        return sample(
            .new(user, onlyFirst: onlyFirst), linkedID: linkedID, email: user.email, loginType: loginType,
            session: session)
    }

    static func existing(
        _ user: UserRecord, linkedID: String = "4711", email: String? = nil, loginType: LoginType = .github,
        session: String? = "signin0000"
    ) -> ProviderSignIn {
        sample(
            .existing(user.id), linkedID: linkedID, email: email ?? user.email, loginType: loginType, session: session)
    }
}
