internal import Storage

/// Who calls: a user with roles, narrowed by the scopes and the allow list of the key.
final class Caller: Sendable {
    let key: KeyRecord
    let user: UserRecord
    private let siteRoles: [Role]
    /// What the roles grant on everything, on what the user owns, and on what belongs to an organization.
    private let site: [Permission]
    private let own: [Permission]
    private let organizations: [(id: UUID, permissions: [Permission])]
    /// Neither scopes nor an allow list take anything away.
    let isUnrestricted: Bool
    private let allowList: [AllowEntry]

    init(key: KeyRecord, user: UserRecord) {
        self.key = key
        self.user = user
        siteRoles = user.roles.compactMap(Role.site(named:)) + [.member]
        var (site, own) = (siteRoles.flatMap(\.site), siteRoles.flatMap(\.own))
        organizations = user.memberships.map { membership in
            let roles = [Role.organizationMember] + Role.organizationRoles.filter { membership.roles.contains($0.name) }
            site += roles.flatMap(\.site)
            own += roles.flatMap(\.own)
            return (membership.organizationID, roles.flatMap(\.organization))
        }
        (self.site, self.own) = (site, own)
        // Most keys are sessions: they are spared the reading of a list that takes nothing away.
        let coversEverything = key.allowList.contains(AllowEntry.everything.text)
        allowList = coversEverything ? [.everything] : key.allowList.compactMap(AllowEntry.init(stored:))
        isUnrestricted = coversEverything && key.scopes.contains(KeyScope.all)
    }

    var id: UUID { user.id }

    var isOwner: Bool { user.roles.contains(Role.owner.name) }

    func can(_ action: Action, _ object: Object) -> Bool {
        guard rolesAllow(action, object) else { return false }
        if isUnrestricted { return true }
        return key.scopes.contains { KeyScope.allows($0, action, object.kind) }
            && allowList.contains { $0.covers(object) }
    }

    /// The site roles whose holders this caller may make.
    var assignableRoles: [String] { siteRoles.flatMap(\.assigns) }

    /// Whether a key with these scopes and this allow list could do nothing that the caller's cannot.
    func covers(scopes: [String], allowList wanted: [AllowEntry]) -> Bool {
        KeyScope.areCovered(scopes, by: key.scopes)
            && wanted.allSatisfy { entry in allowList.contains { $0.covers(entry) } }
    }

    /// The key opens workspace applications and nothing of ours.
    var isForApplicationsOnly: Bool { key.scopes.allSatisfy { $0 == KeyScope.applicationConnect } }

    func holds(_ role: Role, in organization: UUID) -> Bool {
        user.memberships.contains { $0.organizationID == organization && $0.roles.contains(role.name) }
    }

    /// Which users a list may show: nil for all.
    var visibleUsers: [UUID]? {
        guard key.scopes.contains(where: { KeyScope.allows($0, .read, .user) }) else { return [] }
        let readsAll = rolesAllow(.read, .anyUser)
        let entries = allowList.compactMap(\.users)
        if entries.contains(where: \.all) { return readsAll ? nil : [user.id] }
        let named = entries.compactMap { UUID(parsing: $0.id) }
        return readsAll ? named : named.filter { $0 == user.id }
    }

    private func rolesAllow(_ action: Action, _ object: Object) -> Bool {
        if site.contains(where: { $0.covers(action, object.kind) }) { return true }
        if object.owner == user.id, own.contains(where: { $0.covers(action, object.kind) }) { return true }
        guard let id = object.organization else { return false }
        return organizations.contains { organization in
            organization.id == id && organization.permissions.contains { $0.covers(action, object.kind) }
        }
    }
}
