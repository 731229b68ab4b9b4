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

/// A token with the name of its owner.
public struct TokenRecord: Sendable, Equatable {
    public let key: KeyRecord
    public let username: String

    public init(key: KeyRecord, username: String) {
        self.key = key
        self.username = username
    }
}

/// Sessions and API tokens.
public protocol KeyStore: Sendable {
    /// The key, its user, and the user's roles and memberships, in one read. nil: there is no such key.
    func session(keyID: String) async throws(StorageError) -> SessionRecord?

    /// The same where storage still has it and knows, without waiting, that nobody has changed it; nil: ask `session`.
    func keptSession(keyID: String) -> SessionRecord?

    /// - Throws: `.notFound`.
    func key(id: String) async throws(StorageError) -> KeyRecord

    /// The user's key of that name, exactly; expired ones too. An empty name is nobody's.
    func findKey(name: String, ofUser id: UUID) async throws(StorageError) -> KeyRecord?

    /// Keys of login type `token`, oldest first.
    /// - Parameters:
    ///   - userID: whose; nil for everybody's.
    ///   - now: tokens that expired before are left out; nil keeps them.
    func tokens(ofUser userID: UUID?, validAt now: Timestamp?) async throws(StorageError) -> [TokenRecord]

    /// The key and the audit log's entry of it, both or neither.
    /// - Throws: `.refused(.deletedUser)`; `.conflict(.tokenName)`.
    func insert(_ key: KeyRecord, noting entry: AuditRecord) async throws(StorageError)

    /// Inserts a session of somebody whose password was checked, while the account is active and the hash is still the
    /// one it was checked against: what a change of the password ends does not come back behind it. The audit log's
    /// entry goes with it.
    /// - Throws: `.notFound` when it is not.
    func open(_ session: KeyRecord, password hash: [UInt8], noting entry: AuditRecord) async throws(StorageError)

    /// Writes a use, and that the user was seen: `last_seen_at` and `updated_at` become `now`. A key that has gone
    /// meanwhile is left alone.
    func record(_ use: KeyUse) async throws(StorageError)

    /// Sets the expiry to `now`. A key that has expired keeps its own.
    /// - Throws: `.notFound`.
    func expireKey(id: String, at now: Timestamp) async throws(StorageError)

    /// - Throws: `.notFound`.
    func deleteKey(id: String) async throws(StorageError)

    /// Deletes keys that expired before `time`, at most `limit` of them. Any number of processes may do it at once.
    /// - Returns: how many.
    func purgeKeys(expiredBefore time: Timestamp, limit: Int) async throws(StorageError) -> Int

    /// Deletes that key and every key of the user whose scopes hold `coder:application_connect`.
    func endSession(keyID: String, userID: UUID) async throws(StorageError)
}
