internal import CSQLite
internal import Storage

/// Result code and message to `StorageError`.
enum SQLiteCodes {
    static func error(_ code: Int32, _ message: String) -> StorageError {
        switch code & 0xff {
        case SQLITE_CONSTRAINT: constraint(code, message)
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY:
            .broken("SQLite \(code): \(message)")
        default: .broken("SQLite \(code): \(message)")
        }
    }

    /// SQLite names a plain unique index by its columns and an expression index by its name (database.md §8).
    private static func constraint(_ code: Int32, _ message: String) -> StorageError {
        if code & 0xff == SQLITE_CONSTRAINT,
            message.contains("Cannot create API key for deleted user")
                || message.contains("Cannot create user_link for deleted user")
        {
            return .refused(.deletedUser)
        }
        let unique: [(String, Constraint)] = [
            ("users.username", .username), ("users_username_lower_idx", .username),
            ("users.email", .email), ("users_email_lower_idx", .email),
            ("idx_api_key_name", .tokenName),
            ("organization_members.organization_id", .membership), ("user_links.linked_id", .linkedElsewhere),
        ]
        if message.hasPrefix("UNIQUE") {
            for (text, constraint) in unique where message.contains(text) { return .conflict(constraint) }
            return .conflict(.other(message))
        }
        return .refused(.other(message))
    }
}
