public import Storage

extension PostgresStorage {
    public func sshKey(ofUser id: UUID) async throws(StorageError) -> SSHKeyRecord {
        try Self.sshKey(try await pipeline.run(.sshKey, [.id(id)]))
    }

    public func setSSHKey(
        _ pair: SSHKeyPair, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> SSHKeyRecord {
        let results = try await pipeline.atomic([
            (.setSSHKey, [.id(id), .text(pair.privateKey), .text(pair.publicKey), .time(now)]), (.sshKey, [.id(id)]),
        ])
        return try Self.sshKey(results[1])
    }

    private static func sshKey(_ result: PostgresResult) throws(StorageError) -> SSHKeyRecord {
        guard let row = result.first else { throw .notFound }
        return SSHKeyRecord(
            userID: try row.id(0), createdAt: row.time(1), updatedAt: row.time(2), publicKey: row.text(3))
    }
}
