public import Storage

extension SQLiteStorage {
    public func credentials(email: String) async throws(StorageError) -> CredentialRecord? {
        try reader.first(.credentials, [.text(email)]) { (row) throws(StorageError) in try row.credentials() }
    }

    public func credentials(id: UUID) async throws(StorageError) -> CredentialRecord {
        let found = try reader.first(.credentialsByID, [.id(id)]) { (row) throws(StorageError) in
            try row.credentials()
        }
        guard let found else { throw .notFound }
        return found
    }

    public func claims(ofUser id: UUID) async throws(StorageError) -> [UInt8]? {
        try reader.first(.claims, [.id(id)]) { $0.bytes(0) }
    }

    public func isTaken(username: String, email: String) async throws(StorageError) -> Bool {
        try reader.first(.isTaken, [.text(username), .text(email)]) { $0.bool(0) } ?? false
    }

    public func setPassword(_ hash: [UInt8], ofUser id: UUID) async throws(StorageError) {
        try await change(.setPassword, [.id(id), .blob(hash)], endingSessionsOf: id)
    }

    public func resetPassword(_ hash: [UInt8], ofUser id: UUID, passcode: [UInt8]) async throws(StorageError) {
        try await change(.resetPassword, [.id(id), .blob(hash), .blob(passcode)], endingSessionsOf: id)
    }

    private func change(
        _ name: StatementName, _ values: [SQLiteValue], endingSessionsOf id: UUID
    ) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(name, values) > 0 else { throw .notFound }
            try connection.run(.deleteKeysOfUser, [.id(id)])
        }
    }

    public func setPasscode(_ hash: [UInt8], expiresAt: Timestamp, ofUser id: UUID) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(.setPasscode, [.id(id), .blob(hash), .time(expiresAt)]) > 0 else {
                throw .notFound
            }
        }
    }
}
