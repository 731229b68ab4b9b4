import TestSupport
import Testing

/// A server with somebody of each kind, and somebody for each to act on.
struct Cast: Sendable {
    /// The columns of users.md §1.6.
    enum Kind: String, CaseIterable, Sendable {
        case member, owner, auditor
        case userAdmin = "user-admin"
        case templateAdmin = "template-admin"
        case organizationAdmin = "organization-admin"
    }

    let server: TestServer
    /// Who acts.
    let caller: TestServer.Person
    /// The first user.
    let owner: TestServer.Person
    /// A plain, active member.
    let other: String
    /// An active owner besides the first.
    let rival: String

    static func with(
        _ backend: Backend, _ kind: Kind, _ body: @Sendable (Cast) async throws -> Void
    ) async throws {
        try await TestServer.with(backend) { server in
            let first = try await server.owner()
            let isPlain = kind == .member || kind == .organizationAdmin
            let caller = try await server.person("caller", roles: isPlain ? [] : [kind.rawValue], by: first)
            if kind == .organizationAdmin { try server.database.setOrganizationRoles(caller.id, kind.rawValue) }
            let active = #""user_status":"active""#
            let other = try await server.create("other", fields: [active], by: first)
            let rival = try await server.create("rival", fields: [active, #""roles":["owner"]"#], by: first)
            // A key's first use is written; what a refusal must not change is looked at after it.
            _ = try await server.get("/users/me", by: caller)
            try await body(Cast(server: server, caller: caller, owner: first, other: other, rival: rival))
        }
    }

    /// As the caller.
    func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
        try await server.send(method, "/api/v2\(path)", token: caller.token, body: body)
    }
}

extension TestServer {
    func put(_ path: String, _ body: String, by person: Person) async throws -> Answer {
        try await send("PUT", "/api/v2\(path)", token: person.token, body: body)
    }

    func get(_ path: String, by person: Person) async throws -> Answer {
        try await send("GET", "/api/v2\(path)", token: person.token)
    }
}

extension TestDatabase {
    /// Everything the routes of users.md §2 may change, as one text.
    func snapshot() throws -> String {
        let tables = [
            "SELECT id, username, email, name, status, rbac_roles, deleted, updated_at, last_seen_at FROM users",
            "SELECT user_id, key, value FROM user_configs",
            "SELECT user_id, organization_id, roles FROM organization_members",
        ]
        return try tables.flatMap { try sql("\($0) ORDER BY 1, 2") }
            .map { $0.map { $0 ?? "NULL" }.joined(separator: "|") }.joined(separator: "\n")
    }

    /// Stores a setting behind the server's back.
    func setConfig(_ key: String, _ value: String, of user: String) throws {
        try sql("DELETE FROM user_configs WHERE user_id = '\(user)' AND key = '\(key)'")
        try sql("INSERT INTO user_configs (user_id, key, value) VALUES ('\(user)', '\(key)', '\(value)')")
    }
}
