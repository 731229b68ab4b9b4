internal import JSON
internal import Storage

/// `GET /users/{user}/roles`: names, as real clients decode them, with every other field of a User beside them
/// (decisions.md #1).
struct UserRolesWire: WireValue {
    let user: UserRecord
    /// Those whose organization the caller may read.
    let memberships: [Membership]

    func write(to writer: inout JSONWriter) {
        UserWire(user).write(to: &writer, roles: { roles in roles.array(user.roles) { $0.string($1) } }) { object in
            object.key("organization_roles")
            object.object { organizations in
                for membership in memberships {
                    organizations.key(membership.organizationID.description)
                    organizations.array(membership.roles) { $0.string($1) }
                }
            }
        }
    }
}

/// A role that may be given, with what it allows (users.md §3.5).
struct AssignableRoleWire: WireValue {
    let name: String
    let displayName: String
    let organizationID: UUID?
    let site: [Permission]
    let user: [Permission]
    let organization: [Permission]
    /// Permission lists of a custom role, as they are stored.
    var stored: (site: [UInt8], user: [UInt8])?
    let isAssignable: Bool
    let isBuiltIn: Bool

    init(_ role: Role, in organizationID: UUID? = nil, isAssignable: Bool) {
        name = role.name
        displayName = role.displayName
        self.organizationID = organizationID
        site = role.site
        user = role.own
        organization = role.organization
        self.isAssignable = isAssignable
        isBuiltIn = true
    }

    init(_ role: CustomRoleRecord, isAssignable: Bool) {
        name = role.name
        displayName = role.displayName
        organizationID = nil
        (site, user, organization) = ([], [], [])
        stored = (role.sitePermissions, role.userPermissions)
        self.isAssignable = isAssignable
        isBuiltIn = false
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("name")
            object.string(name)
            if let organizationID {
                object.key("organization_id")
                object.id(organizationID)
            }
            object.key("display_name")
            object.string(displayName)
            object.key("site_permissions")
            if let stored { object.json(stored.site) } else { object.permissions(site) }
            object.key("user_permissions")
            if let stored { object.json(stored.user) } else { object.permissions(user) }
            object.key("organization_permissions")
            object.permissions(organization)
            object.key("organization_member_permissions")
            object.permissions([])
            object.key("assignable")
            object.bool(isAssignable)
            object.key("built_in")
            object.bool(isBuiltIn)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func permissions(_ permissions: [Permission]) {
        let pairs = permissions.flatMap { permission in
            let kind = permission.kind?.rawValue ?? "*"
            return permission.actions.map { actions in actions.map { (kind, $0.rawValue) } } ?? [(kind, "*")]
        }
        array(pairs) { writer, pair in
            writer.object { object in
                object.key("negate")
                object.bool(false)
                object.key("resource_type")
                object.string(pair.0)
                object.key("action")
                object.string(pair.1)
            }
        }
    }
}

/// A JSON array.
struct WireArray<Element: WireValue>: WireValue {
    let elements: [Element]

    init(_ elements: [Element]) { self.elements = elements }

    func write(to writer: inout JSONWriter) {
        writer.array(elements) { writer, element in element.write(to: &writer) }
    }
}
