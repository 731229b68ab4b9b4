import JSON
import TestSupport
import Testing

/// The users routes as one caller uses them.
struct UsersAPI: Sendable {
    static let notFound = #"{"message":"Resource not found or you do not have access to this resource"}"# + "\n"
    static let noUser = "5f0c1d5e-8a9b-4c3d-9e2f-000000000404"
    static let systemUser = "c42fdf75-3097-471c-8c33-fb52454d81c0"

    let server: TestServer
    let token: String

    init(_ server: TestServer, _ caller: TestServer.Person) { self.init(server, token: caller.token) }

    init(_ server: TestServer, token: String) {
        self.server = server
        self.token = token
    }

    /// - Parameter query: the query string as it stands behind the `?`.
    func list(_ query: String = "") async throws -> Answer {
        try await server.send("GET", query.isEmpty ? "/api/v2/users" : "/api/v2/users?\(query)", token: token)
    }

    /// Lists what `text` finds.
    func search(_ text: String) async throws -> Answer { try await list("q=\(Self.escaped(text))") }

    func get(_ user: String) async throws -> Answer {
        try await server.send("GET", "/api/v2/users/\(user)", token: token)
    }

    func delete(_ user: String) async throws -> Answer {
        try await server.send("DELETE", "/api/v2/users/\(user)", token: token)
    }

    /// Creates a user from the smallest good request and `changes` to it.
    func create(_ changes: Members = [:]) async throws -> Answer {
        try await server.send("POST", "/api/v2/users", token: token, body: Self.request(changes))
    }

    /// Members of a request and their JSON text; nil takes a member away.
    typealias Members = KeyValuePairs<String, String?>

    static func request(_ changes: Members) -> String {
        var members = [
            ("email", #""fresh@usersd.test""#), ("username", #""fresh""#), ("password", "\"\(TestServer.password)\""),
            ("organization_ids", #"["00000000-0000-0000-0000-000000000000"]"#),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        return "{\(members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }

    /// Percent-encoded for a query.
    static func escaped(_ text: String) -> String { escaped(bytes: Array(text.utf8)) }

    static func escaped(bytes: [UInt8]) -> String {
        bytes.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

extension Answer {
    /// The names of a list of users, in order.
    var usernames: [String] { self["users"]?.elements.compactMap { $0["username"]?.text } ?? [] }

    var count: Int? { self["count"]?.integer }

    /// What validations say of that field.
    func detail(of field: String) -> String? {
        self["validations"]?.elements.first { $0["field"]?.text == field }?["detail"]?.text
    }
}

extension TestDatabase {
    func defaultOrganization() throws -> String {
        let rows = try sql(
            sqlite: "SELECT id FROM organizations WHERE is_default = 1",
            postgres: "SELECT id FROM organizations WHERE is_default")
        return try #require(rows.first?.first ?? nil)
    }

    /// Makes an organization behind the server's back.
    func addOrganization(_ id: String, _ name: String, isDeleted: Bool = false) throws {
        try sql(
            sqlite: """
                INSERT INTO organizations (id, name, description, created_at, updated_at, display_name, deleted)
                VALUES ('\(id)', '\(name)', '', 0, 0, '', \(isDeleted ? 1 : 0))
                """,
            postgres: """
                INSERT INTO organizations (id, name, description, created_at, updated_at, display_name, deleted)
                VALUES ('\(id)', '\(name)', '', 'epoch', 'epoch', '', \(isDeleted))
                """)
    }

    /// Gives a user organization roles in every organization it is in.
    func setOrganizationRoles(_ user: String, _ role: String) throws {
        try sql(
            sqlite: "UPDATE organization_members SET roles = '[\"\(role)\"]' WHERE user_id = '\(user)'",
            postgres: "UPDATE organization_members SET roles = '{\(role)}' WHERE user_id = '\(user)'")
    }

    /// How many users, SSH keys, memberships and API keys there are.
    func counts() throws -> [Int] {
        let rows = try sql(
            """
            SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM gitsshkeys),
                   (SELECT count(*) FROM organization_members), (SELECT count(*) FROM api_keys)
            """)
        return try #require(rows.first).compactMap { $0.flatMap { Int($0) } }
    }
}
