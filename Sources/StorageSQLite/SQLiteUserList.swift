internal import Storage

/// The list query: a fixed set of conditions, each there or not. Values are bound, never written into the text.
struct SQLiteUserList {
    private(set) var values: [SQLiteValue] = []
    private var conditions = SQLiteUserList.everybody

    private static let everybody = ["u.deleted = 0", "u.is_system = 0"]

    init(_ query: UserQuery) {
        if let afterID = query.afterID {
            add("lower(u.username) > (SELECT lower(username) FROM users WHERE id = ?)", .id(afterID))
        }
        if !query.search.isEmpty {
            let pattern = SQLiteValue.text("%\(query.search)%")
            add("(pg_ilike(u.email, ?) OR pg_ilike(u.username, ?))", pattern, pattern)
        }
        if !query.name.isEmpty { add("pg_ilike(u.name, ?)", .text("%\(query.name)%")) }
        add("u.status", anyOf: query.statuses.map(\.rawValue))
        add("u.login_type", anyOf: query.loginTypes.map(\.rawValue))
        if !query.roles.isEmpty {
            add(
                """
                EXISTS (SELECT 1 FROM json_each(u.rbac_roles) r
                        WHERE r.value IN (SELECT value FROM json_each(?)))
                """, .list(query.roles))
        }
        if let time = query.lastSeenBefore { add("u.last_seen_at <= ?", .time(time)) }
        if let time = query.lastSeenAfter { add("u.last_seen_at >= ?", .time(time)) }
        if let time = query.createdBefore { add("u.created_at <= ?", .time(time)) }
        if let time = query.createdAfter { add("u.created_at >= ?", .time(time)) }
        if let id = query.githubUserID { add("u.github_com_user_id = ?", .integer(id)) }
        if let value = query.isServiceAccount { add("u.is_service_account = ?", .bool(value)) }
        if let organizationID = query.organizationID {
            add(
                "EXISTS (SELECT 1 FROM organization_members m WHERE m.organization_id = ? AND m.user_id = u.id)",
                .id(organizationID))
        }
        if let visible = query.visible {
            add("u.id IN (SELECT value FROM json_each(?))", .list(visible.map(\.description)))
        }
    }

    func page(_ place: PagePlace) -> String {
        "SELECT \(SQLiteUserList.columns) FROM users u WHERE \(conditions.joined(separator: " AND ")) "
            + "ORDER BY lower(u.username) \(place.isFromTheEnd ? "DESC " : "")LIMIT ? OFFSET ?"
    }

    func values(_ place: PagePlace) -> [SQLiteValue] {
        values + [.integer(Int64(place.length)), .integer(Int64(place.skipped))]
    }

    /// Triggers count everybody; a selection is counted here.
    var count: String {
        conditions.count == Self.everybody.count
            ? "SELECT count FROM usersd_user_count"
            : "SELECT count(*) FROM users u WHERE \(conditions.joined(separator: " AND "))"
    }

    private mutating func add(_ condition: String, _ bound: SQLiteValue...) {
        conditions.append(condition)
        values.append(contentsOf: bound)
    }

    private mutating func add(_ column: String, anyOf names: [String]) {
        if !names.isEmpty { add("\(column) IN (SELECT value FROM json_each(?))", .list(names)) }
    }

    private static let columns = SQLText.part("userColumns", of: PackageResources.users_sql)
}
