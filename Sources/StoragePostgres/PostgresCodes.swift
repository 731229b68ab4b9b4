internal import CPostgres
internal import Storage

/// SQLSTATE and constraint name to `StorageError`.
enum PostgresCodes {
    static func error(_ result: OpaquePointer) -> StorageError {
        func field(_ code: Character) -> String {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
        }
        let state = field("C")  // PG_DIAG_SQLSTATE
        let name = field("n")  // PG_DIAG_CONSTRAINT_NAME
        let message = field("M")  // PG_DIAG_MESSAGE_PRIMARY
        switch state {
        case "23505": return .conflict(constraint(name))
        case "23503", "23514", "23502": return .refused(.other(name.isEmpty ? message : name))
        case "P0001" where message.hasPrefix("Cannot create"): return .refused(.deletedUser)
        // Serialization failure, deadlock, lock timeout: nothing was changed.
        case "40001", "40P01", "55P03": return .busy
        // Killed for being idle in a transaction, or for its length; a server that only reads, before it takes over.
        case "25P03", "25P04", "25006": return .unavailable
        default: break
        }
        switch state.prefix(2) {
        // Connection exceptions, too many connections, shutting down.
        case "08", "53", "57": return .unavailable
        default: return .broken("Postgres \(state): \(message)")
        }
    }

    private static func constraint(_ name: String) -> Constraint {
        switch name {
        case "idx_users_username", "users_username_lower_idx": .username
        case "idx_users_email", "users_email_lower_idx": .email
        case "idx_api_key_name": .tokenName
        case "user_links_linked_id_login_type_idx": .linkedElsewhere
        case "organization_members_pkey": .membership
        default: .other(name)
        }
    }
}
