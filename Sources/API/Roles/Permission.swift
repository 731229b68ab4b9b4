internal import Storage

/// What a permission is about. The raw values are the resource types of Coder's API page.
enum ResourceKind: String, Sendable, CaseIterable {
    case aiModelPrice = "ai_model_price"
    case apiKey = "api_key"
    case assignOrganizationRole = "assign_org_role"
    case assignRole = "assign_role"
    case auditLog = "audit_log"
    case deploymentConfig = "deployment_config"
    case group
    case license
    case organization
    case organizationMember = "organization_member"
    case template
    case user
    case workspace
}

enum Action: String, Sendable, CaseIterable {
    case create, read, update, delete, assign, unassign
    case readPersonal = "read_personal"
    case updatePersonal = "update_personal"
}

/// The thing an action is done to.
struct Object: Sendable {
    let kind: ResourceKind
    /// nil: not one thing, or one that has no id yet. An allow list must then cover every id.
    var id: UUID?
    var owner: UUID?
    var organization: UUID?

    /// A user owns itself.
    static func user(_ id: UUID) -> Object { Object(kind: .user, id: id, owner: id) }

    static let anyUser = Object(kind: .user)

    static func organization(_ id: UUID) -> Object { Object(kind: .organization, id: id, organization: id) }
}

/// One kind of thing and what may be done to it; nil is everything.
struct Permission: Sendable {
    let kind: ResourceKind?
    let actions: [Action]?

    init(_ kind: ResourceKind?, _ actions: Action...) {
        self.kind = kind
        self.actions = actions.isEmpty ? nil : actions
    }

    func covers(_ action: Action, _ kind: ResourceKind) -> Bool {
        (self.kind == nil || self.kind == kind) && (actions?.contains(action) ?? true)
    }
}
