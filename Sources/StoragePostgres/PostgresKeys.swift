public import Storage

extension PostgresStorage {
    public func session(keyID: String) async throws(StorageError) -> SessionRecord? {
        if sessions.peek(keyID) != nil, curiosity.mayAsk() {
            let moment = try await pipeline.moment()
            if let moment, let session = sessions.find(keyID, at: moment) {
                curiosity.paidOff()
                return session
            }
            curiosity.wasInVain(moment)
        }
        guard let row = try await pipeline.first(.session, [.text(keyID)]) else { return nil }
        let link = PostgresRow.keyColumnCount
        let session = SessionRecord(
            key: try row.key(), user: try row.user(at: link + 2),
            linkExpiry: row.isNull(link) ? nil : row.time(link))
        if let moment = row.optionalText(link + 1) {
            sessions.keep(session, under: keyID, at: moment)
        }
        return session
    }

    /// Only the server knows its moment.
    public func keptSession(keyID: String) -> SessionRecord? { nil }

    public func key(id: String) async throws(StorageError) -> KeyRecord {
        guard let row = try await pipeline.first(.keyByID, [.text(id)]) else { throw .notFound }
        return try row.key()
    }

    public func findKey(name: String, ofUser id: UUID) async throws(StorageError) -> KeyRecord? {
        try await pipeline.first(.keyByName, [.id(id), .text(name)])?.key()
    }

    public func tokens(ofUser userID: UUID?, validAt now: Timestamp?) async throws(StorageError) -> [TokenRecord] {
        let values = [userID.map(PostgresValue.id) ?? .null, now.map(PostgresValue.time) ?? .null]
        return try await pipeline.run(.tokens, values).rows { (row) throws(StorageError) in
            TokenRecord(key: try row.key(), username: row.text(PostgresRow.keyColumnCount))
        }
    }

    public func insert(_ key: KeyRecord, noting entry: AuditRecord) async throws(StorageError) {
        let results = try await pipeline.atomic([(.insertKey, Self.values(key)), Self.note(entry, ofKey: key.id)])
        guard results[0].changed > 0 else { throw .refused(.deletedUser) }
    }

    public func open(
        _ session: KeyRecord, password hash: [UInt8], noting entry: AuditRecord
    ) async throws(StorageError) {
        let results = try await pipeline.atomic([
            (.openSession, Self.values(session) + [.binary(hash)]), Self.note(entry, ofKey: session.id),
        ])
        guard results[0].changed > 0 else { throw .notFound }
    }

    static func values(_ key: KeyRecord) -> [PostgresValue] {
        [
            .text(key.id), .binary(key.hashedSecret), .id(key.userID), .time(key.lastUsed), .time(key.expiresAt),
            .time(key.createdAt), .time(key.updatedAt), .text(key.loginType.rawValue), .integer(key.lifetime),
            .text(key.ipAddress), .text(key.tokenName), .list(key.scopes), .list(key.allowList),
        ]
    }

    public func record(_ use: KeyUse) async throws(StorageError) {
        try await pipeline.atomic([
            // The user's row before the key's, as everything locks them that ends keys with their user.
            (.recordUserSeen, [.id(use.userID), .time(use.now), .text(use.keyID)]),
            (.recordKeyUse, [.text(use.keyID), .time(use.lastUsed), .time(use.expiresAt), .text(use.ipAddress)]),
        ])
    }

    public func expireKey(id: String, at now: Timestamp) async throws(StorageError) {
        let results = try await pipeline.atomic([(.expireKey, [.text(id), .time(now)])])
        guard results[0].changed > 0 else { throw .notFound }
    }

    public func deleteKey(id: String) async throws(StorageError) {
        guard try await pipeline.atomic([(.deleteKey, [.text(id)])])[0].changed > 0 else { throw .notFound }
    }

    public func purgeKeys(expiredBefore time: Timestamp, limit: Int) async throws(StorageError) -> Int {
        try await pipeline.atomic([(.purgeKeys, [.time(time), .integer(Int64(limit))])])[0].changed
    }

    public func endSession(keyID: String, userID: UUID) async throws(StorageError) {
        try await pipeline.atomic([(.deleteKey, [.text(keyID)]), (.deleteApplicationKeys, [.id(userID)])])
    }
}
