import Foundation
import GRDB
import Hummingbird

/// Coder's User, as usersd answers it.
struct User: ResponseEncodable, Decodable {
    struct Role: Codable {
        let name: String
        let displayName: String

        enum CodingKeys: String, CodingKey {
            case name
            case displayName = "display_name"
        }
    }

    let id: UUID
    let username: String
    let name: String?
    let avatarURL: String?
    let email: String
    let createdAt: Date
    let updatedAt: Date
    let lastSeenAt: Date
    let status: String
    let loginType: String
    let organizationIDs: [UUID]
    let roles: [Role]
    let hasAISeat: Bool

    enum CodingKeys: String, CodingKey {
        case id, username, name, email, status, roles
        case avatarURL = "avatar_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case lastSeenAt = "last_seen_at"
        case loginType = "login_type"
        case organizationIDs = "organization_ids"
        case hasAISeat = "has_ai_seat"
    }
}

struct UserPage: ResponseEncodable {
    let users: [User]
    let count: Int
}

extension User: FetchableRecord {
    static let columns = """
        u.id, u.username, u.name, u.avatar_url, u.email, u.created_at, u.updated_at, u.last_seen_at, u.status,
        u.login_type, u.rbac_roles,
        (SELECT json_group_array(m.organization_id) FROM organization_members m WHERE m.user_id = u.id)
            AS organization_ids,
        EXISTS (SELECT 1 FROM ai_seat_state s WHERE s.user_id = u.id) AS has_ai_seat
        """

    init(row: Row) throws {
        func text(_ column: String) -> String? {
            let text: String = row[column]
            return text.isEmpty ? nil : text
        }
        func time(_ column: String) -> Date {
            let microseconds: Int64 = row[column]
            return Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
        }
        let decoder = JSONDecoder()
        id = UUID(uuidString: row["id"])!
        username = row["username"]
        name = text("name")
        avatarURL = text("avatar_url")
        email = row["email"]
        createdAt = time("created_at")
        updatedAt = time("updated_at")
        lastSeenAt = time("last_seen_at")
        status = row["status"]
        loginType = row["login_type"]
        organizationIDs = try decoder.decode([UUID].self, from: row["organization_ids"])
        roles = try decoder.decode([String].self, from: row["rbac_roles"]).map {
            Role(name: $0, displayName: $0.capitalized)
        }
        hasAISeat = row["has_ai_seat"]
    }
}

struct UserRepository: Sendable {
    let database: DatabasePool

    struct Session {
        let hashedSecret: Data
        let expiresAt: Int64
        let user: User
    }

    /// The key and its user, in one select.
    func session(keyID: String) async throws -> Session? {
        try await database.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT k.hashed_secret, k.expires_at, \(User.columns)
                    FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ?
                    """, arguments: [keyID]
            ).map { Session(hashedSecret: $0["hashed_secret"], expiresAt: $0["expires_at"], user: try User(row: $0)) }
        }
    }

    func page(limit: Int) async throws -> UserPage {
        try await database.read { database in
            let users = try User.fetchAll(
                database,
                sql: """
                    SELECT \(User.columns) FROM users u WHERE u.deleted = 0 AND u.is_system = 0
                    ORDER BY lower(u.username) LIMIT ?
                    """, arguments: [limit])
            let count = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM users u WHERE u.deleted = 0 AND u.is_system = 0")
            return UserPage(users: users, count: count ?? 0)
        }
    }
}
