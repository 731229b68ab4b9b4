public import Storage

extension SQLiteStorage {
    public func session(keyID: String) async throws(StorageError) -> SessionRecord? {
        let reader = reader
        // Before the read: what is committed meanwhile must not be missed.
        let moment = reader.moment
        if let moment, let session = sessions.find(keyID, at: moment) { return session }
        let session = try reader.first(.session, [.text(keyID)]) { (row) throws(StorageError) in
            let link = SQLiteRow.keyColumnCount
            return SessionRecord(
                key: try row.key(), user: try row.user(at: link + 1),
                linkExpiry: row.isNull(link) ? nil : row.time(link))
        }
        if let moment, let session { sessions.keep(session, under: keyID, at: moment) }
        return session
    }

    public func keptSession(keyID: String) -> SessionRecord? {
        guard let moment = reader.moment else { return nil }
        return sessions.find(keyID, at: moment)
    }

    public func key(id: String) async throws(StorageError) -> KeyRecord {
        let found = try reader.first(.keyByID, [.text(id)]) { (row) throws(StorageError) in try row.key() }
        guard let found else { throw .notFound }
        return found
    }

    public func findKey(name: String, ofUser id: UUID) async throws(StorageError) -> KeyRecord? {
        try reader.first(.keyByName, [.id(id), .text(name)]) { (row) throws(StorageError) in try row.key() }
    }

    public func tokens(ofUser userID: UUID?, validAt now: Timestamp?) async throws(StorageError) -> [TokenRecord] {
        let values = [userID.map(SQLiteValue.id) ?? .null, now.map(SQLiteValue.time) ?? .null]
        return try reader.all(.tokens, values) { (row) throws(StorageError) in
            TokenRecord(key: try row.key(), username: row.text(SQLiteRow.keyColumnCount))
        }
    }

    public func insert(_ key: KeyRecord, noting entry: AuditRecord) async throws(StorageError) {
        let (key, entry) = (Self.values(key), Self.values(entry))
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.insertKey, key)
            try connection.run(.insertAudit, entry)
        }
    }

    public func open(
        _ session: KeyRecord, password hash: [UInt8], noting entry: AuditRecord
    ) async throws(StorageError) {
        let (session, entry) = (Self.values(session) + [.blob(hash)], Self.values(entry))
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(.openSession, session) > 0 else { throw .notFound }
            try connection.run(.insertAudit, entry)
        }
    }

    static func values(_ key: KeyRecord) -> [SQLiteValue] {
        [
            .text(key.id), .blob(key.hashedSecret), .id(key.userID), .time(key.lastUsed), .time(key.expiresAt),
            .time(key.createdAt), .time(key.updatedAt), .text(key.loginType.rawValue), .integer(key.lifetime),
            .text(key.ipAddress), .text(key.tokenName), .list(key.scopes), .list(key.allowList),
        ]
    }

    public func record(_ use: KeyUse) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            let changed = try connection.run(
                .recordKeyUse,
                [.text(use.keyID), .time(use.lastUsed), .time(use.expiresAt), .text(use.ipAddress)])
            if changed > 0 { try connection.run(.recordUserSeen, [.id(use.userID), .time(use.now)]) }
        }
    }

    public func expireKey(id: String, at now: Timestamp) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(.expireKey, [.text(id), .time(now)]) > 0 else { throw .notFound }
        }
    }

    public func deleteKey(id: String) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(.deleteKey, [.text(id)]) > 0 else { throw .notFound }
        }
    }

    public func purgeKeys(expiredBefore time: Timestamp, limit: Int) async throws(StorageError) -> Int {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.purgeKeys, [.time(time), .integer(Int64(limit))])
        }
    }

    public func endSession(keyID: String, userID: UUID) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.deleteKey, [.text(keyID)])
            try connection.run(.deleteApplicationKeys, [.id(userID)])
        }
    }
}
