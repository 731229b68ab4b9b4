public import Storage

extension SQLiteStorage {
    public func setRoles(_ roles: [String], ofUser id: UUID) async throws(StorageError) -> UserRecord {
        try await writer.write { (connection) throws(StorageError) in
            let state = try connection.first(.liveOwnerState, [.id(id)]) { ($0.bool(0), $0.bool(1)) }
            guard let (isOwner, hasOthers) = state else { throw .notFound }
            if isOwner, !hasOthers, !roles.contains("owner") { throw .refused(.lastOwner) }
            try connection.run(.setRoles, [.id(id), .list(roles)])
            return try Self.user(id, on: connection)
        }
    }

    public func customSiteRoles() async throws(StorageError) -> [CustomRoleRecord] {
        try reader.all(.customSiteRoles) { row in
            CustomRoleRecord(
                name: row.text(0), displayName: row.text(1), sitePermissions: row.bytes(2),
                userPermissions: row.bytes(3))
        }
    }
}
