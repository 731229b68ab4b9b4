public import Storage

extension PostgresStorage {
    public func credentials(email: String) async throws(StorageError) -> CredentialRecord? {
        try await pipeline.first(.credentials, [.text(email)])?.credentials()
    }

    public func credentials(id: UUID) async throws(StorageError) -> CredentialRecord {
        guard let row = try await pipeline.first(.credentialsByID, [.id(id)]) else { throw .notFound }
        return try row.credentials()
    }

    public func claims(ofUser id: UUID) async throws(StorageError) -> [UInt8]? {
        try await pipeline.first(.claims, [.id(id)])?.bytes(0)
    }

    public func isTaken(username: String, email: String) async throws(StorageError) -> Bool {
        try await pipeline.first(.isTaken, [.text(username), .text(email)])?.bool(0) ?? false
    }

    public func setPassword(_ hash: [UInt8], ofUser id: UUID) async throws(StorageError) {
        try await change(.setPassword, [.id(id), .binary(hash)], endingSessionsOf: id)
    }

    public func resetPassword(_ hash: [UInt8], ofUser id: UUID, passcode: [UInt8]) async throws(StorageError) {
        try await change(.resetPassword, [.id(id), .binary(hash), .binary(passcode)], endingSessionsOf: id)
    }

    private func change(
        _ name: StatementName, _ values: [PostgresValue], endingSessionsOf id: UUID
    ) async throws(StorageError) {
        try await pool.transaction { (connection) throws(StorageError) in
            guard try await connection.run(name, values).changed > 0 else { throw .notFound }
            _ = try await connection.run(.deleteKeysOfUser, [.id(id)])
        }
    }

    public func setPasscode(_ hash: [UInt8], expiresAt: Timestamp, ofUser id: UUID) async throws(StorageError) {
        let results = try await pipeline.atomic([(.setPasscode, [.id(id), .binary(hash), .time(expiresAt)])])
        guard results[0].changed > 0 else { throw .notFound }
    }
}
