/// `users.status`.
public enum UserStatus: String, Sendable, CaseIterable {
    case active, suspended, dormant
}

/// `login_type`, of users and keys.
public enum LoginType: String, Sendable, CaseIterable {
    case password, github, oidc, token, none
    case oauth2ProviderApp = "oauth2_provider_app"
}

/// A row of `organization_members` as its user sees it.
public struct Membership: Sendable, Equatable {
    public let organizationID: UUID
    /// Role names without the organization; implied roles are not stored.
    public let roles: [String]

    public init(organizationID: UUID, roles: [String]) {
        self.organizationID = organizationID
        self.roles = roles
    }
}

/// A row of `users`, with what every answer about a user needs beside it.
public struct UserRecord: Sendable, Equatable {
    public var id: UUID
    public var username: String
    /// Display name; empty when there is none.
    public var name: String
    public var email: String
    public var avatarURL: String
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    /// `Timestamp.zero` when never seen.
    public var lastSeenAt: Timestamp
    public var status: UserStatus
    public var loginType: LoginType
    public var isDeleted: Bool
    public var isSystem: Bool
    public var isServiceAccount: Bool
    /// Site roles; `member` is implied and usually not stored.
    public var roles: [String]
    public var memberships: [Membership]
    /// The user has a row in `ai_seat_state` (decisions.md #7).
    public var hasAISeat: Bool

    public init(
        id: UUID, username: String, name: String, email: String, avatarURL: String, createdAt: Timestamp,
        updatedAt: Timestamp, lastSeenAt: Timestamp, status: UserStatus, loginType: LoginType, isDeleted: Bool,
        isSystem: Bool, isServiceAccount: Bool, roles: [String], memberships: [Membership], hasAISeat: Bool
    ) {
        self.id = id
        self.username = username
        self.name = name
        self.email = email
        self.avatarURL = avatarURL
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSeenAt = lastSeenAt
        self.status = status
        self.loginType = loginType
        self.isDeleted = isDeleted
        self.isSystem = isSystem
        self.isServiceAccount = isServiceAccount
        self.roles = roles
        self.memberships = memberships
        self.hasAISeat = hasAISeat
    }
}

extension UserRecord {
    /// The row that inserting `user` makes.
    public init(inserted user: NewUser) {
        self.init(
            id: user.id, username: user.username, name: user.name, email: user.email, avatarURL: "",
            createdAt: user.createdAt, updatedAt: user.createdAt, lastSeenAt: .zero, status: user.status,
            loginType: user.loginType, isDeleted: false, isSystem: false, isServiceAccount: user.isServiceAccount,
            roles: user.roles,
            memberships: user.organizationIDs.map { Membership(organizationID: $0, roles: []) }, hasAISeat: false)
    }
}

/// A user to insert, with what is born in the same transaction.
public struct NewUser: Sendable {
    public var id: UUID
    public var username: String
    public var name: String
    public var email: String
    /// Coder's PBKDF2 text (auth.md §11); empty when the user has no password.
    public var hashedPassword: [UInt8]
    public var status: UserStatus
    public var loginType: LoginType
    public var isServiceAccount: Bool
    public var roles: [String]
    /// In the order they were asked for; the membership rows have no roles.
    public var organizationIDs: [UUID]
    public var sshKey: SSHKeyPair
    public var createdAt: Timestamp

    public init(
        id: UUID, username: String, name: String, email: String, hashedPassword: [UInt8], status: UserStatus,
        loginType: LoginType, isServiceAccount: Bool, roles: [String], organizationIDs: [UUID], sshKey: SSHKeyPair,
        createdAt: Timestamp
    ) {
        self.id = id
        self.username = username
        self.name = name
        self.email = email
        self.hashedPassword = hashedPassword
        self.status = status
        self.loginType = loginType
        self.isServiceAccount = isServiceAccount
        self.roles = roles
        self.organizationIDs = organizationIDs
        self.sshKey = sshKey
        self.createdAt = createdAt
    }
}

/// `gitsshkeys`: an `authorized_keys` line with its newline, and a PEM text.
public struct SSHKeyPair: Sendable, Equatable {
    public let publicKey: String
    public let privateKey: String

    public init(publicKey: String, privateKey: String) {
        self.publicKey = publicKey
        self.privateKey = privateKey
    }
}

/// A row of `api_keys`: a session or a token.
public struct KeyRecord: Sendable, Equatable {
    /// 10 characters.
    public var id: String
    /// SHA-256 of the secret part, 32 bytes.
    public var hashedSecret: [UInt8]
    public var userID: UUID
    public var lastUsed: Timestamp
    public var expiresAt: Timestamp
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var loginType: LoginType
    /// Seconds.
    public var lifetime: Int64
    /// An address without a mask.
    public var ipAddress: String
    /// Empty for sessions.
    public var tokenName: String
    /// Stored names, such as `coder:all`; names we do not know grant nothing.
    public var scopes: [String]
    /// `type:id`, `type:*` or `*:*`.
    public var allowList: [String]

    public init(
        id: String, hashedSecret: [UInt8], userID: UUID, lastUsed: Timestamp, expiresAt: Timestamp,
        createdAt: Timestamp, updatedAt: Timestamp, loginType: LoginType, lifetime: Int64, ipAddress: String,
        tokenName: String, scopes: [String], allowList: [String]
    ) {
        self.id = id
        self.hashedSecret = hashedSecret
        self.userID = userID
        self.lastUsed = lastUsed
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.loginType = loginType
        self.lifetime = lifetime
        self.ipAddress = ipAddress
        self.tokenName = tokenName
        self.scopes = scopes
        self.allowList = allowList
    }
}

/// What a request's token stands for, read at once.
public final class SessionRecord: Sendable {
    public let key: KeyRecord
    public let user: UserRecord
    /// When the provider's token of the user's link of the key's login type expires: `Timestamp.zero` is never, nil
    /// that there is no such link.
    public let linkExpiry: Timestamp?

    public init(key: KeyRecord, user: UserRecord, linkExpiry: Timestamp?) {
        self.key = key
        self.user = user
        self.linkExpiry = linkExpiry
    }
}

/// A row of `organizations`.
public struct OrganizationRecord: Sendable, Equatable {
    public let id: UUID
    public let name: String
    public let displayName: String
    public let description: String
    public let icon: String
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let isDefault: Bool
    public let isDeleted: Bool

    public init(
        id: UUID, name: String, displayName: String, description: String, icon: String, createdAt: Timestamp,
        updatedAt: Timestamp, isDefault: Bool, isDeleted: Bool
    ) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.description = description
        self.icon = icon
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.isDefault = isDefault
        self.isDeleted = isDeleted
    }
}

/// A row of `ai_model_prices`. Prices are micro-USD per million tokens; nil is unknown, 0 is free.
public struct PriceRecord: Sendable, Equatable {
    public let provider: String
    public let model: String
    public let input: Int64?
    public let output: Int64?
    public let cacheRead: Int64?
    public let cacheWrite: Int64?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp

    public init(
        provider: String, model: String, input: Int64?, output: Int64?, cacheRead: Int64?, cacheWrite: Int64?,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.provider = provider
        self.model = model
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
