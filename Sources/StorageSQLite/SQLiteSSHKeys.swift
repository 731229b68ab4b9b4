public import Storage

extension SQLiteStorage {
    public func sshKey(ofUser id: UUID) async throws(StorageError) -> SSHKeyRecord {
        try Self.sshKey(id, on: reader)
    }

    public func setSSHKey(
        _ pair: SSHKeyPair, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> SSHKeyRecord {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.setSSHKey, [.id(id), .text(pair.privateKey), .text(pair.publicKey), .time(now)])
            return try Self.sshKey(id, on: connection)
        }
    }

    private static func sshKey(_ id: UUID, on connection: SQLiteConnection) throws(StorageError) -> SSHKeyRecord {
        let found = try connection.first(.sshKey, [.id(id)]) { (row) throws(StorageError) in
            SSHKeyRecord(
                userID: try row.id(0), createdAt: row.time(1), updatedAt: row.time(2), publicKey: row.text(3))
        }
        guard let found else { throw .notFound }
        return found
    }
}
