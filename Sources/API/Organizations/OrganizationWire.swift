internal import JSON
internal import Storage

/// users.md §3.3.
struct OrganizationWire: WireValue {
    let organization: OrganizationRecord

    init(_ organization: OrganizationRecord) { self.organization = organization }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("id")
            object.id(organization.id)
            object.key("name")
            object.string(organization.name)
            object.key("display_name")
            object.string(organization.displayName)
            object.key("icon")
            object.string(organization.icon)
            object.key("description")
            object.string(organization.description)
            object.key("created_at")
            object.time(organization.createdAt)
            object.key("updated_at")
            object.time(organization.updatedAt)
            object.key("is_default")
            object.bool(organization.isDefault)
        }
    }
}

/// A membership; in lists with the member's own data behind it.
struct MemberWire: WireValue {
    let member: MemberRecord
    let withUser: Bool

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("user_id")
            object.id(member.user.id)
            object.key("organization_id")
            object.id(member.organizationID)
            object.key("created_at")
            object.time(member.createdAt)
            object.key("updated_at")
            object.time(member.updatedAt)
            object.key("roles")
            object.array(member.roles) { writer, role in
                writer.slimRole(role, OrganizationRules.displayName(of: role), in: member.organizationID)
            }
            if withUser { user(&object) }
        }
    }

    private func user(_ object: inout JSONWriter) {
        object.key("username")
        object.string(member.user.username)
        if !member.user.name.isEmpty {
            object.key("name")
            object.string(member.user.name)
        }
        if !member.user.avatarURL.isEmpty {
            object.key("avatar_url")
            object.string(member.user.avatarURL)
        }
        object.key("email")
        object.string(member.user.email)
        object.key("global_roles")
        object.array(member.user.roles) { writer, role in writer.slimRole(role, Role.displayName(of: role)) }
    }
}

struct MemberPageWire: WireValue {
    let page: MemberPage

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("members")
            object.array(page.members) { writer, member in
                MemberWire(member: member, withUser: true).write(to: &writer)
            }
            object.key("count")
            object.integer(Int64(page.count))
        }
    }
}

extension JSONWriter {
    /// users.md §3.2.
    mutating func slimRole(_ name: String, _ displayName: String, in organization: UUID? = nil) {
        object { slim in
            slim.key("name")
            slim.string(name)
            slim.key("display_name")
            slim.string(displayName)
            if let organization {
                slim.key("organization_id")
                slim.id(organization)
            }
        }
    }
}
