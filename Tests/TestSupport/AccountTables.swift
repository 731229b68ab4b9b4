extension TestDatabase {
    /// Every row of every table that a sign-in writes, in a fixed order: equal before and after what changed nothing.
    public func accountRows() throws -> [[[String?]]] {
        let tables = [
            "users", "user_links", "api_keys", "organization_members", "gitsshkeys", "user_status_changes",
        ]
        return try tables.map { try sql("SELECT * FROM \($0) ORDER BY 1, 2") }
    }

    /// Users that people see as such.
    public func liveUsers() throws -> String? {
        try sql("SELECT count(*) FROM users WHERE deleted = false AND NOT is_system")[0][0]
    }
}
