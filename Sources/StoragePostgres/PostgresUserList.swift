internal import Storage

/// The list query: a fixed set of conditions, each there or not. Values are parameters, never part of the text.
/// Column 0 is the moment; the user's columns stand last.
struct PostgresUserList {
    private(set) var values: [PostgresValue] = []
    private var conditions = ["u.deleted = false", "u.is_system = false"]
    private let paging: String

    init(_ query: UserQuery) {
        // Numbers of ours, checked to be small and not negative.
        paging = (query.limit.map { " LIMIT \($0)" } ?? "") + (query.offset > 0 ? " OFFSET \(query.offset)" : "")
        if let afterID = query.afterID {
            add(
                "lower(u.username) COLLATE \"C\" > (SELECT lower(username) FROM users WHERE id = \\#::uuid)",
                .id(afterID))
        }
        if !query.search.isEmpty {
            let pattern = PostgresValue.text("%\(query.search)%")
            add("(u.email ILIKE \\#::text OR u.username ILIKE \\#::text)", pattern, pattern)
        }
        if !query.name.isEmpty { add("u.name ILIKE \\#::text", .text("%\(query.name)%")) }
        add("u.status::text", anyOf: query.statuses.map(\.rawValue))
        add("u.login_type::text", anyOf: query.loginTypes.map(\.rawValue))
        if !query.roles.isEmpty {
            add("u.rbac_roles && ARRAY(SELECT json_array_elements_text(\\#::json))", .list(query.roles))
        }
        if let time = query.lastSeenBefore { add("u.last_seen_at <= \\#::timestamp", .time(time)) }
        if let time = query.lastSeenAfter { add("u.last_seen_at >= \\#::timestamp", .time(time)) }
        if let time = query.createdBefore { add("u.created_at <= \\#::timestamptz", .time(time)) }
        if let time = query.createdAfter { add("u.created_at >= \\#::timestamptz", .time(time)) }
        if let id = query.githubUserID { add("u.github_com_user_id = \\#::bigint", .integer(id)) }
        if let value = query.isServiceAccount { add("u.is_service_account = \\#::boolean", .bool(value)) }
        if let organizationID = query.organizationID {
            add(
                "EXISTS (SELECT 1 FROM organization_members m WHERE m.organization_id = \\#::uuid AND m.user_id = u.id)",
                .id(organizationID))
        }
        if let visible = query.visible {
            add(
                "u.id = ANY (ARRAY(SELECT json_array_elements_text(\\#::json))::uuid[])",
                .list(visible.map(\.description)))
        }
    }

    /// Column 1 is the count of all rows behind the cursor.
    var pageAndCount: String {
        let condition = conditions.joined(separator: " AND ")
        return
            "SELECT (\(Self.moment)), (SELECT count(*) FROM users u WHERE \(condition)), \(Self.columns) "
            + "FROM users u WHERE \(condition) ORDER BY \(Self.order)\(paging)"
    }

    /// The page alone, for whoever knows the count at that moment.
    func page(_ place: PagePlace) -> String {
        "SELECT (\(Self.moment)), \(Self.columns) FROM users u WHERE \(conditions.joined(separator: " AND ")) "
            + "ORDER BY \(Self.order)\(place.isFromTheEnd ? " DESC" : "") LIMIT \(place.length) OFFSET \(place.skipped)"
    }

    private static let moment = SQLText.part("moment", of: PackageResources.site_sql)
    private static let order = #"lower(u.username) COLLATE "C""#

    /// `\#` in the condition becomes the next `$n`.
    private mutating func add(_ condition: String, _ bound: PostgresValue...) {
        var pieces = condition.split(separator: "\\#", omittingEmptySubsequences: false).map(String.init)
        for index in pieces.indices.dropFirst() { pieces[index] = "$\(values.count + index)" + pieces[index] }
        conditions.append(pieces.joined())
        values.append(contentsOf: bound)
    }

    private mutating func add(_ column: String, anyOf names: [String]) {
        if !names.isEmpty { add("\(column) = ANY (ARRAY(SELECT json_array_elements_text(\\#::json)))", .list(names)) }
    }

    private static let columns = SQLText.part("userColumns", of: PackageResources.users_sql)
}
