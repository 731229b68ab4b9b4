/// The built-in roles (users.md §1.6): names, what they allow, and who may grant them.
struct Role: Sendable {
    let name: String
    let displayName: String
    /// On everything of the deployment.
    let site: [Permission]
    /// On what the user owns.
    let own: [Permission]
    /// On what belongs to the organization in which the role is held.
    let organization: [Permission]
    /// Site roles whose holders a bearer of this role may make and unmake.
    let assigns: [String]

    init(
        _ name: String, _ displayName: String, site: [Permission] = [], own: [Permission] = [],
        organization: [Permission] = [], assigns: [String] = []
    ) {
        self.name = name
        self.displayName = displayName
        self.site = site
        self.own = own
        self.organization = organization
        self.assigns = assigns
    }

    // MARK: Site roles

    static let owner = Role(
        "owner", "Owner", site: [Permission(nil)],
        assigns: ["owner", "auditor", "template-admin", "user-admin", "member"])

    static let auditor = Role(
        "auditor", "Auditor",
        site: [
            Permission(.auditLog, .read), Permission(.user, .read), Permission(.organization, .read),
            Permission(.organizationMember, .read), Permission(.group, .read), Permission(.template, .read),
            Permission(.deploymentConfig, .read),
        ])

    static let templateAdmin = Role(
        "template-admin", "Template Admin",
        site: [
            Permission(.template), Permission(.user, .read), Permission(.organization, .read),
            Permission(.organizationMember, .read), Permission(.group, .read),
        ])

    static let userAdmin = Role(
        "user-admin", "User Admin",
        site: [
            Permission(.user), Permission(.organization, .read), Permission(.organizationMember), Permission(.group),
            Permission(.assignRole), Permission(.assignOrganizationRole),
        ],
        assigns: ["member"])

    /// Everybody has it; it is usually not stored.
    static let member = Role(
        "member", "Member",
        site: [Permission(.assignRole, .read)],
        own: [Permission(.user, .read, .readPersonal, .updatePersonal), Permission(.apiKey)])

    // MARK: Organization roles

    /// Every member of an organization has it; it is never stored.
    static let organizationMember = Role(
        "organization-member", "", own: [Permission(.organizationMember, .read)],
        organization: [Permission(.organization, .read), Permission(.assignOrganizationRole, .read)])

    static let organizationAdmin = Role(
        "organization-admin", "Organization Admin", site: [Permission(.user, .read)], organization: [Permission(nil)])

    static let organizationUserAdmin = Role(
        "organization-user-admin", "Organization User Admin", site: [Permission(.user, .read)],
        organization: [
            Permission(.organizationMember), Permission(.group), Permission(.assignOrganizationRole),
            Permission(.organization, .read),
        ])

    static let organizationAuditor = Role(
        "organization-auditor", "Organization Auditor",
        organization: [
            Permission(.auditLog, .read), Permission(.organizationMember, .read), Permission(.group, .read),
            Permission(.organization, .read),
        ])

    static let organizationTemplateAdmin = Role(
        "organization-template-admin", "Organization Template Admin",
        organization: [Permission(.template), Permission(.organizationMember, .read), Permission(.organization, .read)])

    /// About chats with agents, of which usersd has none: it is stored and answered, and grants nothing here.
    static let agentsAccess = Role("agents-access", "Agents Access")

    static let siteRoles = [owner, auditor, templateAdmin, userAdmin]
    static let organizationRoles = [
        organizationAdmin, organizationAuditor, organizationTemplateAdmin, organizationUserAdmin, agentsAccess,
    ]

    /// A stored site role. Names we do not know grant nothing.
    static func site(named name: String) -> Role? { siteRoles.first { $0.name == name } }

    static func displayName(of name: String) -> String {
        name == member.name ? member.displayName : site(named: name)?.displayName ?? ""
    }
}
