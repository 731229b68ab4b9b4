/// What a use of a key changes (auth.md §9.6).
public struct KeyUse: Sendable, Equatable {
    public let keyID: String
    public let userID: UUID
    public let lastUsed: Timestamp
    public let expiresAt: Timestamp
    public let ipAddress: String
    public let now: Timestamp

    public init(
        keyID: String, userID: UUID, lastUsed: Timestamp, expiresAt: Timestamp, ipAddress: String, now: Timestamp
    ) {
        self.keyID = keyID
        self.userID = userID
        self.lastUsed = lastUsed
        self.expiresAt = expiresAt
        self.ipAddress = ipAddress
        self.now = now
    }
}

/// Sessions and API tokens.
public protocol KeyStore: Sendable {
    /// The key, its user, and the user's roles and memberships, in one read. nil: there is no such key.
    func session(keyID: String) async throws(StorageError) -> SessionRecord?

    /// - Throws: `.refused(.deletedUser)`; `.conflict(.tokenName)`.
    func insert(_ key: KeyRecord) async throws(StorageError)

    /// Writes a use, and that the user was seen: `last_seen_at` and `updated_at` become `now`. A key that has gone
    /// meanwhile is left alone.
    func record(_ use: KeyUse) async throws(StorageError)

    /// Deletes that key and every key of the user whose scopes hold `coder:application_connect`.
    func endSession(keyID: String, userID: UUID) async throws(StorageError)
}
