import API
import Testing
import TestSupport

/// A key that narrows what its owner may: auth.md §9.7; keys-and-shell.md §0.3 (the consequence), §0.5, cases 70–72;
/// database.md §5.1 (unknown scope names grant nothing).
@Suite struct KeyScopeTests {
    private struct Row {
        let scopes: [String]
        var allowList = ["*:*"]
        /// `GET /users/me` and `GET /users/<other>`.
        let me: Int
        let other: Int
    }

    /// `ME` and `OTHER` stand for the ids.
    private static let rows: [Row] = [
        Row(scopes: ["coder:all"], me: 200, other: 200), Row(scopes: ["user:read"], me: 200, other: 200),
        Row(scopes: ["user:*"], me: 200, other: 200),
        Row(scopes: ["workspace:read", "user:read"], me: 200, other: 200),
        Row(scopes: ["workspace:read"], me: 404, other: 404), Row(scopes: ["api_key:*"], me: 404, other: 404),
        Row(scopes: ["coder:apikeys.manage_self"], me: 404, other: 404),
        Row(scopes: ["user:update"], me: 404, other: 404),
        Row(scopes: ["coder:application_connect"], me: 404, other: 404),
        Row(scopes: ["user:read_personal"], me: 404, other: 404),
        Row(scopes: ["coder:all"], allowList: ["workspace:*"], me: 404, other: 404),
        Row(scopes: ["coder:all"], allowList: ["user:*"], me: 200, other: 200),
        Row(scopes: ["coder:all"], allowList: ["user:ME"], me: 200, other: 404),
        Row(scopes: ["coder:all"], allowList: ["*:OTHER"], me: 404, other: 200),
        Row(scopes: ["user:read"], allowList: ["user:OTHER", "workspace:*"], me: 404, other: 200),
    ]

    @Test("70–72: scopes and allow list limit what even an owner reads", arguments: Backend.allCases)
    func reading(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let other = try await server.create("other", by: owner)
            for (index, row) in Self.rows.enumerated() {
                for isUpper in [false, true] {
                    let ids = isUpper ? (owner.id.uppercased(), other.uppercased()) : (owner.id, other)
                    let key = StoredKey(
                        id: "scope\(10_000 + 2 * index + (isUpper ? 1 : 0))", userID: owner.id,
                        expiresAt: server.microseconds(3_600), scopes: row.scopes,
                        allowList: row.allowList.map { $0.replacing("ME", with: ids.0).replacing("OTHER", with: ids.1) }
                    )
                    try key.insert(into: server.database)
                    let me = try await server.send("GET", "/api/v2/users/me", token: key.token)
                    #expect(me.status == row.me, "\(row.scopes) \(key.allowList)")
                    let answer = try await server.send("GET", "/api/v2/users/\(other)", token: key.token)
                    #expect(answer.status == row.other, "\(row.scopes) \(key.allowList)")
                }
            }
        }
    }

    @Test("a scope that reads does not write", arguments: Backend.allCases)
    func writing(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let other = try await server.create("other", by: owner)
            let key = StoredKey(userID: owner.id, expiresAt: server.microseconds(3_600), scopes: ["user:read"])
            try key.insert(into: server.database)
            #expect(try await server.send("DELETE", "/api/v2/users/\(other)", token: key.token).status == 403)
            let made = try await server.send(
                "POST", "/api/v2/users", token: key.token,
                body: #"{"username":"x","email":"x@usersd.test","password":"SomeSecurePassword!","organization_ids":"#
                    + #"["00000000-0000-0000-0000-000000000000"]}"#)
            #expect(made.status >= 400 && made.status < 500, "\(made)")
            #expect(try server.database.sql("SELECT count(*) FROM users WHERE username = 'x'") == [["0"]])
            #expect(try await server.send("GET", "/api/v2/users/\(other)", token: owner.token).status == 200)
        }
    }

    @Test("a scope never adds rights", arguments: Backend.allCases)
    func adding(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("member", by: owner)
            let key = StoredKey(
                userID: person.id, expiresAt: server.microseconds(3_600), scopes: ["user:*", "coder:all"])
            try key.insert(into: server.database)
            #expect(try await server.send("GET", "/api/v2/users/me", token: key.token).status == 200)
            #expect(try await server.send("GET", "/api/v2/users/owner", token: key.token).status == 404)
            #expect(try await server.send("DELETE", "/api/v2/users/me", token: key.token).status == 403)
        }
    }

    @Test("a list of scopes that is empty cannot be stored, or grants nothing", arguments: Backend.allCases)
    func empty(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let key = StoredKey(
                id: "noscopes00", userID: owner.id, expiresAt: server.microseconds(3_600), scopes: [])
            switch backend {
            case .sqlite: #expect(throws: (any Error).self) { try key.insert(into: server.database) }
            case .postgres: try key.insert(into: server.database)
            }
            let answer = try await server.send("GET", "/api/v2/users/owner", token: key.token)
            #expect(answer.status >= 400, "\(answer)")
            #expect(!answer.body.contains("owner@usersd.test"))
        }
    }
}
