internal import Storage

/// Who may see an organization, and who may give which role in it. Pure.
enum OrganizationRules {
    static func displayName(of role: String) -> String {
        Role.organizationRoles.first { $0.name == role }?.displayName ?? ""
    }

    static func mayRead(_ organization: OrganizationRecord, _ caller: Caller) -> Bool {
        caller.can(.read, .organization(organization.id))
    }

    /// A member row belongs to its organization and to its user.
    static func memberObject(_ user: UUID, in organization: UUID) -> Object {
        Object(kind: .organizationMember, id: user, owner: user, organization: organization)
    }

    /// Owners and the organization's admins give every role; nobody gives himself one.
    static func mayAssign(in organization: UUID, _ caller: Caller) -> Bool {
        caller.can(.assign, Object(kind: .assignOrganizationRole, organization: organization))
            && (caller.isOwner || caller.holds(Role.organizationAdmin, in: organization))
    }

    /// - Throws: 400 for a role that is none of an organization's.
    static func check(_ roles: [String]) throws(APIError) {
        for role in roles where !Role.organizationRoles.contains(where: { $0.name == role }) {
            throw .refused("\"\(role)\" is not a supported role of an organization.")
        }
    }
}
