internal import JSON
internal import Storage

/// What a change changed: field to old and new value (database.md §2.15). Of a secret only that it changed.
struct AuditDiff: Sendable {
    private var fields: [(name: String, old: JSONValue, new: JSONValue, isSecret: Bool)] = []

    mutating func add(_ name: String, _ old: JSONValue, _ new: JSONValue) {
        if old != new { fields.append((name, old, new, false)) }
    }

    mutating func addSecret(_ name: String) { fields.append((name, .string(""), .string(""), true)) }

    /// - Parameters: nil is a user that was not there, or is no more.
    mutating func compare(_ old: UserRecord?, _ new: UserRecord?) {
        func both(_ name: String, _ value: (UserRecord) -> JSONValue, none: JSONValue = .string("")) {
            add(name, old.map(value) ?? none, new.map(value) ?? none)
        }
        both("id") { .string($0.id.description) }
        both("username") { .string($0.username) }
        both("name") { .string($0.name) }
        both("email") { .string($0.email) }
        both("avatar_url") { .string($0.avatarURL) }
        both("status") { .string($0.status.rawValue) }
        both("login_type") { .string($0.loginType.rawValue) }
        both("rbac_roles", { .array($0.roles.map { .string($0) }) }, none: .array([]))
        both("is_service_account", { .bool($0.isServiceAccount) }, none: .bool(false))
    }

    /// Never the key's secret, nor its hash.
    mutating func compare(_ old: KeyRecord?, _ new: KeyRecord?) {
        func both(_ name: String, _ value: (KeyRecord) -> JSONValue) {
            add(name, old.map(value) ?? .string(""), new.map(value) ?? .string(""))
        }
        both("user_id") { .string($0.userID.description) }
        both("last_used") { .string(RFC3339.text($0.lastUsed)) }
        both("expires_at") { .string(RFC3339.text($0.expiresAt)) }
        both("created_at") { .string(RFC3339.text($0.createdAt)) }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            for field in fields {
                object.key(field.name)
                object.object { entry in
                    entry.key("old")
                    entry.value(field.old)
                    entry.key("new")
                    entry.value(field.new)
                    entry.key("secret")
                    entry.bool(field.isSecret)
                }
            }
        }
        return writer.bytes
    }
}
