public import Storage

extension PostgresStorage {
    public func session(keyID: String) async throws(StorageError) -> SessionRecord? {
        guard let row = try await pipeline.first(.session, [.text(keyID)]) else { return nil }
        guard let loginType = LoginType(rawValue: row.text(5)) else {
            throw .broken("a stored key has an unknown login type")
        }
        let user = try row.user(at: 12)
        let key = KeyRecord(
            id: keyID, hashedSecret: row.bytes(0), userID: user.id, lastUsed: row.time(1), expiresAt: row.time(2),
            createdAt: row.time(3), updatedAt: row.time(4), loginType: loginType, lifetime: row.integer(6),
            ipAddress: row.text(7), tokenName: row.text(8), scopes: try StoredLists.strings(row.bytes(9)),
            allowList: try StoredLists.strings(row.bytes(10)))
        return SessionRecord(key: key, user: user, hasLink: row.bool(11))
    }

    public func insert(_ key: KeyRecord) async throws(StorageError) {
        try await pipeline.atomic([
            (
                .insertKey,
                [
                    .text(key.id), .binary(key.hashedSecret), .id(key.userID), .time(key.lastUsed),
                    .time(key.expiresAt), .time(key.createdAt), .time(key.updatedAt), .text(key.loginType.rawValue),
                    .integer(key.lifetime), .text(key.ipAddress), .text(key.tokenName), .list(key.scopes),
                    .list(key.allowList),
                ]
            )
        ])
    }

    public func record(_ use: KeyUse) async throws(StorageError) {
        try await pipeline.atomic([
            (.recordKeyUse, [.text(use.keyID), .time(use.lastUsed), .time(use.expiresAt), .text(use.ipAddress)]),
            (.recordUserSeen, [.id(use.userID), .time(use.now), .text(use.keyID)]),
        ])
    }

    public func endSession(keyID: String, userID: UUID) async throws(StorageError) {
        try await pipeline.atomic([(.deleteKey, [.text(keyID)]), (.deleteApplicationKeys, [.id(userID)])])
    }
}
