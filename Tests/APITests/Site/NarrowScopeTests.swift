import JSON
import TestSupport
import Testing

/// An owner's key with few scopes, or a short allow list, on the routes of users.md §2, the organizations and
/// `POST /authcheck` (auth.md §9.7, keys-and-shell.md §0.3 and §0.5).
@Suite struct NarrowScopeTests {
    /// Scopes, and the status of each request.
    private struct Row {
        let scopes: [String]
        var allowList = ["*:*"]
        let statuses: [Int]

        init(_ scopes: [String], allowList: [String] = ["*:*"], _ statuses: [Int]) {
            (self.scopes, self.allowList, self.statuses) = (scopes, allowList, statuses)
        }
    }

    private static let requests: [(method: String, path: String, body: String?)] = [
        ("GET", "/users/me", nil), ("GET", "/users/me/preferences", nil), ("GET", "/users/me/roles", nil),
        ("GET", "/users/me/organizations", nil), ("GET", "/organizations/coder", nil), ("GET", "/users/roles", nil),
        ("GET", "/users/other", nil), ("GET", "/users/other/appearance", nil),
        ("PUT", "/users/other/profile", #"{"username":"other"}"#),
        ("PUT", "/users/other/profile", #"{"username":"else"}"#), ("PUT", "/users/other/roles", "{}"),
        ("PUT", "/users/other/status/suspend", nil), ("DELETE", "/users/other", nil),
    ]

    /// The other user is not there for such a key.
    private static let unseen = Array(repeating: 404, count: 7)

    private static let rows: [Row] = [
        Row(["user:read"], [200, 403, 404, 200, 404, 403, 200, 403, 403, 404, 403, 403, 403]),
        Row(["user:read", "organization:read"], [200, 403, 404, 200, 200, 403, 200, 403, 403, 404, 403, 403, 403]),
        Row(["user:read", "user:read_personal"], [200, 200, 200, 200, 404, 403, 200, 200, 403, 404, 403, 403, 403]),
        Row(["user:read_personal", "user:update_personal"], [404, 404, 404, 404, 404, 403] + unseen),
        Row(["organization:read"], [404, 404, 404, 404, 200, 403] + unseen),
        Row(["workspace:read", "template:read"], [404, 404, 404, 404, 404, 403] + unseen),
        Row(["user:read", "assign_role:read"], [200, 403, 404, 200, 404, 200, 200, 403, 403, 404, 403, 403, 403]),
        Row(["coder:all"], allowList: ["user:OTHER"], [404, 404, 404, 404, 404, 403, 200, 200, 200, 200]),
        Row(["coder:all"], allowList: ["organization:*"], [404, 404, 404, 404, 200, 403] + unseen),
        Row(["coder:all"], allowList: ["workspace:*"], [404, 404, 404, 404, 404, 403] + unseen),
    ]

    @Test("each key does only what it names, whoever owns it", arguments: Backend.allCases)
    func routes(on backend: Backend) async throws {
        for (index, row) in Self.rows.enumerated() {
            try await Cast.with(backend, .owner) { cast in
                let key = StoredKey(
                    id: "narrow\(1_000 + index)", userID: cast.caller.id, expiresAt: cast.server.microseconds(3_600),
                    scopes: row.scopes, allowList: row.allowList.map { $0.replacing("OTHER", with: cast.other) })
                try key.insert(into: cast.server.database)
                for (request, status) in zip(Self.requests, row.statuses) {
                    let path = "/api/v2\(request.path)"
                    let answer = try await cast.server.send(request.method, path, token: key.token, body: request.body)
                    let note = "\(row.scopes) \(row.allowList): \(request.method) \(request.path) \(answer)"
                    #expect(answer.status == status, "\(note)")
                }
            }
        }
    }

    /// Makes a token through the API.
    private static func token(_ cast: Cast, _ scopes: [String]) async throws -> String {
        let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await cast.send("POST", "/users/me/keys/tokens", "{\"scopes\":[\(list)]}")
        #expect(answer.status == 201, "\(answer)")
        return try #require(answer["key"]?.text)
    }

    @Test("lists are empty, not refused, and leave out what the key may not read", arguments: Backend.allCases)
    func lists(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let organizations = try await Self.token(cast, ["organization:read"])
            let users = try await Self.token(cast, ["user:read", "user:read_personal"])
            let list = try await cast.server.send("GET", "/api/v2/users", token: organizations)
            #expect(list.status == 200)
            #expect(list.body == #"{"users":[],"count":0}"# + "\n")
            let all = try await cast.server.send("GET", "/api/v2/users", token: users)
            #expect(all.count == 4)
            let named = try await cast.server.send("GET", "/api/v2/organizations", token: organizations)
            #expect(named.json?[0]?["name"]?.text == "coder")
            #expect(try await cast.server.send("GET", "/api/v2/organizations", token: users).body == "[]\n")
            #expect(try await cast.server.send("GET", "/api/v2/users/me/organizations", token: users).body == "[]\n")
            // Memberships whose organization may not be read are left out.
            let roles = try await cast.server.send("GET", "/api/v2/users/me/roles", token: users)
            #expect(roles["organization_roles"]?.names == [])
            #expect(roles["organization_ids"]?.elements.count == 1)
        }
    }

    @Test("members need organization_member:read", arguments: Backend.allCases)
    func members(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let narrow = try await Self.token(cast, ["organization:read", "user:read"])
            for path in ["members", "paginated-members"] {
                let answer = try await cast.server.send("GET", "/api/v2/organizations/coder/\(path)", token: narrow)
                #expect(!answer.body.contains("@usersd.test"), "\(path): \(answer)")
            }
            let added = try await cast.server.send("DELETE", "/api/v2/organizations/coder/members/other", token: narrow)
            #expect(added.status == 403)
            let roles = try await cast.server.send(
                "PUT", "/api/v2/organizations/coder/members/other/roles", token: narrow,
                body: #"{"roles":["organization-admin"]}"#)
            #expect(roles.status == 403)
        }
    }

    @Test("personal settings are read and written with the three user scopes", arguments: Backend.allCases)
    func personal(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let full = try await Self.token(cast, ["user:read", "user:read_personal", "user:update_personal"])
            let reader = try await Self.token(cast, ["user:read", "user:read_personal"])
            let body = #"{"thinking_display_mode":"preview"}"#
            func put(_ token: String) async throws -> Answer {
                try await cast.server.send("PUT", "/api/v2/users/me/preferences", token: token, body: body)
            }
            #expect(try await put(reader).status == 403)
            #expect(try await put(full)["thinking_display_mode"]?.text == "preview")
            let read = try await cast.server.send("GET", "/api/v2/users/me/preferences", token: reader)
            #expect(read["thinking_display_mode"]?.text == "preview")
            let other = try await cast.server.send("GET", "/api/v2/users/other/preferences", token: full)
            #expect(other.body == UsersAPI.notFound)
        }
    }

    @Test("authcheck answers for the key, not for its owner", arguments: Backend.allCases)
    func authCheck(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let token = try await Self.token(cast, ["user:read"])
            func check(_ action: String, _ type: String) -> String {
                "\"\(action)-\(type)\":{\"action\":\"\(action)\",\"object\":{\"resource_type\":\"\(type)\"}}"
            }
            let checks = [
                check("read", "user"), check("update", "user"), check("create", "user"), check("read", "organization"),
                check("assign", "assign_role"), check("read", "nonsense"), check("read", "license"),
            ]
            let answer = try await cast.server.send(
                "POST", "/api/v2/authcheck", token: token, body: "{\"checks\":{\(checks.joined(separator: ","))}}")
            #expect(answer.status == 200)
            for name in answer.json?.names ?? [] { #expect(answer[name]?.flag == (name == "read-user"), "\(name)") }
            #expect(answer.json?.names.count == 7)
        }
    }
}
