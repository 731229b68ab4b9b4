public import Storage

extension PostgresStorage {
    public func defaultOrganization() async throws(StorageError) -> OrganizationRecord {
        guard let row = try await pipeline.first(.defaultOrganization) else { throw .notFound }
        return try row.organization()
    }

    public func findOrganization(id: UUID) async throws(StorageError) -> OrganizationRecord? {
        try await pipeline.first(.organizationByID, [.id(id)])?.organization()
    }

    public func findOrganization(name: String) async throws(StorageError) -> OrganizationRecord? {
        try await pipeline.first(.organizationByName, [.text(name)])?.organization()
    }

    public func organizations() async throws(StorageError) -> [OrganizationRecord] {
        try await pipeline.run(.allOrganizations).rows { (row) throws(StorageError) in try row.organization() }
    }

    public func organizations(ofUser id: UUID) async throws(StorageError) -> [OrganizationRecord] {
        try await pipeline.run(.organizationsOfUser, [.id(id)]).rows { (row) throws(StorageError) in
            try row.organization()
        }
    }

    public func members(of organization: UUID, _ query: UserQuery) async throws(StorageError) -> MemberPage {
        var query = query
        query.organizationID = organization
        let page = try await users(query)
        let ids = PostgresValue.list(page.users.map(\.id.description))
        let result = try await pipeline.run(.membershipTimes, [.id(organization), ids])
        let times = try result.rows { (row) throws(StorageError) in
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
        try await pipeline.atomic([(.insertMembership, [.id(user), .id(organization), .time(now)])])
    }

    public func removeMember(_ user: UUID, from organization: UUID) async throws(StorageError) {
        let results = try await pipeline.atomic([(.removeMember, [.id(user), .id(organization)])])
        guard results[0].changed > 0 else { throw .notFound }
    }

    public func setRoles(
        _ roles: [String], ofMember user: UUID, in organization: UUID
    ) async throws(StorageError) {
        let results = try await pipeline.atomic([(.setMemberRoles, [.id(user), .id(organization), .list(roles)])])
        guard results[0].changed > 0 else { throw .notFound }
    }
}
