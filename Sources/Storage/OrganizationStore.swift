/// A member of an organization, with the row of `organization_members`.
public struct MemberRecord: Sendable, Equatable {
    public let user: UserRecord
    public let organizationID: UUID
    public let roles: [String]
    public let createdAt: Timestamp
    public let updatedAt: Timestamp

    public init(user: UserRecord, organizationID: UUID, roles: [String], createdAt: Timestamp, updatedAt: Timestamp) {
        self.user = user
        self.organizationID = organizationID
        self.roles = roles
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

public struct MemberPage: Sendable, Equatable {
    public let members: [MemberRecord]
    public let count: Int

    public init(members: [MemberRecord], count: Int) {
        self.members = members
        self.count = count
    }
}

/// Organizations and their members.
public protocol OrganizationStore: Sendable {
    /// - Throws: `.notFound` in a database whose default organization is gone.
    func defaultOrganization() async throws(StorageError) -> OrganizationRecord

    /// Deleted organizations are found too.
    func findOrganization(id: UUID) async throws(StorageError) -> OrganizationRecord?

    /// A live organization, whatever the case of the name.
    func findOrganization(name: String) async throws(StorageError) -> OrganizationRecord?

    /// Live organizations by folded name.
    func organizations() async throws(StorageError) -> [OrganizationRecord]

    /// Live organizations the user belongs to, by folded name.
    func organizations(ofUser id: UUID) async throws(StorageError) -> [OrganizationRecord]

    /// Members in the order of `UserStore.users`, under the same conditions.
    func members(of organization: UUID, _ query: UserQuery) async throws(StorageError) -> MemberPage

    func findMember(_ user: UUID, of organization: UUID) async throws(StorageError) -> MemberRecord?

    /// - Throws: `.conflict(.membership)`; `.refused` when the user or the organization is gone.
    func addMember(_ user: UUID, to organization: UUID, at now: Timestamp) async throws(StorageError)

    /// - Throws: `.notFound`.
    func removeMember(_ user: UUID, from organization: UUID) async throws(StorageError)

    /// Replaces the roles the user holds in the organization; `updated_at` stays.
    /// - Throws: `.notFound`.
    func setRoles(_ roles: [String], ofMember user: UUID, in organization: UUID) async throws(StorageError)
}

/// When a user joined an organization: the part of a membership that lists of users leave out.
public struct MembershipTimes: Sendable {
    let userID: UUID
    let createdAt: Timestamp
    let updatedAt: Timestamp

    public init(userID: UUID, createdAt: Timestamp, updatedAt: Timestamp) {
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

extension MemberPage {
    /// Joins a page of users with their membership rows, in the order of the page. A user who left between the two
    /// reads is left out.
    public init(_ page: UserPage, of organization: UUID, _ times: [MembershipTimes]) {
        let byUser = Dictionary(times.map { ($0.userID, $0) }) { first, _ in first }
        let members = page.users.compactMap { user -> MemberRecord? in
            guard let times = byUser[user.id],
                let membership = user.memberships.first(where: { $0.organizationID == organization })
            else { return nil }
            return MemberRecord(
                user: user, organizationID: organization, roles: membership.roles, createdAt: times.createdAt,
                updatedAt: times.updatedAt)
        }
        self.init(members: members, count: page.count)
    }
}
