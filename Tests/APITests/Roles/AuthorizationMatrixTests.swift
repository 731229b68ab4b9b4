import JSON
import TestSupport
import Testing

/// users.md §1.6 over every route of §2, with decisions.md #4 (a † is 403 where the target may be read, 404
/// elsewhere) and #13 (only an owner deletes or renames an owner).
@Suite struct AuthorizationMatrixTests {
    /// One request and the status each kind of caller gets for itself, another user, and an owner.
    private struct Row {
        let method: String
        let path: String
        let body: String?
        let member: String
        let owner: String
        let userAdmin: String
        /// Auditor, template-admin and organization-admin.
        let others: String

        init(
            _ method: String, _ path: String, _ body: String?, _ member: String, _ owner: String,
            _ userAdmin: String, _ others: String
        ) {
            self.method = method
            self.path = path
            self.body = body
            (self.member, self.owner, self.userAdmin, self.others) = (member, owner, userAdmin, others)
        }

        func statuses(_ kind: Cast.Kind) -> [Int] {
            let text =
                switch kind {
                case .member: member
                case .owner: owner
                case .userAdmin: userAdmin
                default: others
                }
            return text.split(separator: " ").compactMap { Int($0) }
        }
    }

    private static let template = "autofill-parameters?template_id=00000000-0000-4000-8000-000000000001"
    private static let look = #"{"theme_preference":"dark","terminal_font":"fira-code"}"#

    /// `NAME` is the target's username, `OTHERWISE` one that is free.
    private static let rows: [Row] = [
        Row("GET", "", nil, "200 404 404", "200 200 200", "200 200 200", "200 200 200"),
        Row("GET", "appearance", nil, "200 404 404", "200 200 200", "200 200 200", "200 403 403"),
        Row("GET", "preferences", nil, "200 404 404", "200 200 200", "200 200 200", "200 403 403"),
        Row("GET", template, nil, "200 404 404", "200 200 200", "200 200 200", "200 403 403"),
        Row("PUT", "appearance", look, "200 404 404", "200 200 200", "200 200 200", "200 403 403"),
        Row(
            "PUT", "preferences", #"{"thinking_display_mode":"preview"}"#, "200 404 404", "200 200 200",
            "200 200 200", "200 403 403"),
        Row("GET", "login-type", nil, "200 404 404", "200 403 403", "200 403 403", "200 403 403"),
        Row("GET", "organizations", nil, "200 404 404", "200 200 200", "200 200 200", "200 200 200"),
        Row("GET", "organizations/coder", nil, "200 404 404", "200 200 200", "200 200 200", "200 200 200"),
        Row("GET", "organizations/nope", nil, "404 404 404", "404 404 404", "404 404 404", "404 404 404"),
        Row("GET", "roles", nil, "200 404 404", "200 200 200", "200 200 200", "200 404 404"),
        Row(
            "PUT", "profile", #"{"username":"NAME","name":"N"}"#, "200 404 404", "200 200 200", "200 200 200",
            "200 403 403"),
        Row(
            "PUT", "profile", #"{"username":"OTHERWISE"}"#, "404 404 404", "200 200 200", "200 200 403",
            "404 404 404"),
        Row("PUT", "roles", #"{"roles":["owner"]}"#, "400 404 404", "400 200 200", "400 400 200", "400 403 403"),
        Row("PUT", "roles", #"{"roles":[]}"#, "400 404 404", "400 200 200", "400 200 400", "400 403 403"),
        Row("PUT", "status/activate", nil, "403 404 404", "200 200 200", "200 200 200", "403 403 403"),
        Row("PUT", "status/suspend", nil, "400 404 404", "400 200 400", "400 200 400", "400 403 400"),
        Row("DELETE", "", nil, "403 404 404", "403 200 200", "403 200 403", "403 403 403"),
    ]

    @Test(
        "who may do what to whom, row by row; a refusal changes nothing", arguments: Backend.allCases,
        Cast.Kind.allCases)
    func matrix(on backend: Backend, kind: Cast.Kind) async throws {
        for (index, row) in Self.rows.enumerated() {
            try await Cast.with(backend, kind) { cast in
                let targets = [(cast.caller.id, "caller"), (cast.other, "other"), (cast.rival, "rival")]
                for ((id, name), status) in zip(targets, row.statuses(kind)) {
                    let body = row.body?.replacing("NAME", with: name).replacing("OTHERWISE", with: "free-\(name)")
                    let path = row.path.isEmpty ? "/users/\(id)" : "/users/\(id)/\(row.path)"
                    let before = try cast.server.database.snapshot()
                    let answer = try await cast.send(row.method, path, body)
                    #expect(answer.status == status, "row \(index): \(row.method) \(row.path) \(name): \(answer)")
                    if status >= 400 {
                        #expect(try cast.server.database.snapshot() == before, "\(row.method) \(row.path) \(name)")
                        #expect(answer.message?.isEmpty == false)
                    }
                    if status == 404 { #expect(answer.body == UsersAPI.notFound, "\(row.method) \(path)") }
                }
            }
        }
    }

    @Test("the routes about no one user: list, role list, creation", arguments: Backend.allCases, Cast.Kind.allCases)
    func collections(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let everybody = kind != .member
            let list = try await cast.send("GET", "/users")
            #expect(list.usernames == (everybody ? ["caller", "other", "owner", "rival"] : ["caller"]))
            #expect(list.count == (everybody ? 4 : 1))
            let roles = try await cast.send("GET", "/users/roles")
            #expect(roles.status == 200)
            #expect(roles.json?.elements.allSatisfy { $0["assignable"]?.flag == (kind == .owner) } == true)
            let made = try await cast.send("POST", "/users", UsersAPI.request([:]))
            #expect(made.status == (kind == .owner || kind == .userAdmin ? 201 : 403), "\(made)")
        }
    }

    @Test("without a session every route is 401, and so it is when signed out", arguments: Backend.allCases)
    func signedOut(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for row in Self.rows {
                let path = "/api/v2/users/\(cast.other)" + (row.path.isEmpty ? "" : "/\(row.path)")
                for token in [nil, "0123456789-0123456789012345678901"] {
                    let answer = try await cast.server.send(row.method, path, token: token, body: row.body)
                    #expect(answer.status == 401, "\(row.method) \(row.path): \(answer)")
                }
            }
            #expect(try await cast.send("GET", "/users/\(cast.other)").status == 200)
        }
    }

    @Test("those who are not there are 404 on every route, for everybody", arguments: Backend.allCases)
    func nobody(on backend: Backend) async throws {
        for kind in [Cast.Kind.owner, .member, .auditor] {
            try await Cast.with(backend, kind) { cast in
                for row in Self.rows {
                    for user in [UsersAPI.noUser, "nobody", "other%40usersd.test"] {
                        let path = "/users/\(user)" + (row.path.isEmpty ? "" : "/\(row.path)")
                        let answer = try await cast.send(row.method, path, row.body)
                        #expect(answer.status == 404, "\(row.method) \(path): \(answer)")
                        #expect(answer.body == UsersAPI.notFound, "\(row.method) \(path)")
                    }
                }
            }
        }
    }

    @Test("the deleted: reads by id as before, every write 404", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            #expect(try await cast.send("DELETE", "/users/\(cast.other)").status == 200)
            let before = try cast.server.database.snapshot()
            for row in Self.rows where row.method != "GET" {
                let path = "/users/\(cast.other)" + (row.path.isEmpty ? "" : "/\(row.path)")
                let answer = try await cast.send(row.method, path, row.body?.replacing("NAME", with: "other"))
                #expect(answer.status == 404, "\(row.method) \(path): \(answer)")
                #expect(answer.body == UsersAPI.notFound, "\(row.method) \(path)")
            }
            #expect(try cast.server.database.snapshot() == before)
            for path in ["", "/appearance", "/preferences", "/roles", "/organizations"] {
                let answer = try await cast.send("GET", "/users/\(cast.other)\(path)")
                #expect(answer.status == 200, "\(path): \(answer)")
                #expect(try await cast.send("GET", "/users/other\(path)").status == 404, "\(path)")
            }
            #expect(try await cast.send("GET", "/users/\(cast.other)/roles")["organization_roles"]?.names == [])
        }
    }
}
