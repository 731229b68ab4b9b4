/// A row of `custom_roles` without an organization.
public struct CustomRoleRecord: Sendable, Equatable {
    public let name: String
    public let displayName: String
    /// JSON arrays of `{"negate", "resource_type", "action"}`, as they are stored.
    public let sitePermissions: [UInt8]
    public let userPermissions: [UInt8]

    public init(name: String, displayName: String, sitePermissions: [UInt8], userPermissions: [UInt8]) {
        self.name = name
        self.displayName = displayName
        self.sitePermissions = sitePermissions
        self.userPermissions = userPermissions
    }
}

/// Site roles.
public protocol RoleStore: Sendable {
    /// Replaces the stored site roles; `updated_at` stays.
    /// - Throws: `.notFound` if no live user has the id; `.refused(.lastOwner)`.
    func setRoles(_ roles: [String], ofUser id: UUID) async throws(StorageError) -> UserRecord

    /// Custom site roles by name. No endpoint of ours makes one; Coder's database may hold some.
    func customSiteRoles() async throws(StorageError) -> [CustomRoleRecord]
}
