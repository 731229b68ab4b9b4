public import Storage

extension PostgresStorage {
    public func setRoles(_ roles: [String], ofUser id: UUID) async throws(StorageError) -> UserRecord {
        try await pool.transaction { (connection) throws(StorageError) in
            try await connection.command(Self.ownerLock)
            guard let state = try await connection.first(.liveOwnerState, [.id(id)]) else { throw .notFound }
            if state.bool(0), !state.bool(1), !roles.contains("owner") { throw .refused(.lastOwner) }
            _ = try await connection.run(.setRoles, [.id(id), .list(roles)])
            guard let row = try await connection.first(.userByID, [.id(id)]) else { throw .notFound }
            return try row.user()
        }
    }

    public func customSiteRoles() async throws(StorageError) -> [CustomRoleRecord] {
        try await pipeline.run(.customSiteRoles).rows { row in
            CustomRoleRecord(
                name: row.text(0), displayName: row.text(1), sitePermissions: row.bytes(2),
                userPermissions: row.bytes(3))
        }
    }
}
