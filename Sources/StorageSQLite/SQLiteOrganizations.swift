public import Storage

extension SQLiteStorage {
    public func defaultOrganization() async throws(StorageError) -> OrganizationRecord {
        let found = try reader.first(.defaultOrganization) { (row) throws(StorageError) in try row.organization() }
        guard let found else { throw .notFound }
        return found
    }

    public func findOrganization(id: UUID) async throws(StorageError) -> OrganizationRecord? {
        try reader.first(.organizationByID, [.id(id)]) { (row) throws(StorageError) in try row.organization() }
    }

    public func findOrganization(name: String) async throws(StorageError) -> OrganizationRecord? {
        try reader.first(.organizationByName, [.text(name)]) { (row) throws(StorageError) in try row.organization() }
    }

    public func organizations() async throws(StorageError) -> [OrganizationRecord] {
        try reader.all(.allOrganizations) { (row) throws(StorageError) in try row.organization() }
    }

    public func organizations(ofUser id: UUID) async throws(StorageError) -> [OrganizationRecord] {
        try reader.all(.organizationsOfUser, [.id(id)]) { (row) throws(StorageError) in try row.organization() }
    }

    public func members(of organization: UUID, _ query: UserQuery) async throws(StorageError) -> MemberPage {
        var query = query
        query.organizationID = organization
        let page = try await users(query)
        let ids = SQLiteValue.list(page.users.map(\.id.description))
        let times = try reader.all(.membershipTimes, [.id(organization), ids]) { (row) throws(StorageError) in
            MembershipTimes(userID: try row.id(0), createdAt: row.time(1), updatedAt: row.time(2))
        }
        return MemberPage(page, of: organization, times)
    }

    public func findMember(_ user: UUID, of organization: UUID) async throws(StorageError) -> MemberRecord? {
        var query = UserQuery()
        query.visible = [user]
        return try await members(of: organization, query).members.first
    }

    public func addMember(_ user: UUID, to organization: UUID, at now: Timestamp) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.insertMembership, [.id(user), .id(organization), .time(now)])
        }
    }

    public func removeMember(_ user: UUID, from organization: UUID) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.run(.removeMember, [.id(user), .id(organization)]) > 0 else { throw .notFound }
        }
    }

    public func setRoles(
        _ roles: [String], ofMember user: UUID, in organization: UUID
    ) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            let changed = try connection.run(.setMemberRoles, [.id(user), .id(organization), .list(roles)])
            guard changed > 0 else { throw .notFound }
        }
    }
}
