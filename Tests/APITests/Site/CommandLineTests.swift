import JSON
import TestSupport
import Testing

/// clients.md §2: what Coder's command line sends, in order, and what it needs of the answers.
@Suite struct CommandLineTests {
    private static let version = "v2.34.0"

    private static func ok(_ answer: Answer, _ step: String) { ok(answer, 200, step) }

    private static func ok(_ answer: Answer, _ status: Int, _ step: String) {
        #expect(answer.status == status, "\(step): \(answer)")
        #expect(answer.header("X-Coder-Build-Version") == [version], "\(step)")
        if status != 204 {
            #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"], "\(step)")
            #expect(answer.json != nil, "\(step)")
        }
    }

    @Test("login on an empty server, whoami, logout", arguments: Backend.allCases)
    func login(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            Self.ok(try await server.send("GET", "/api/v2/users/first"), 404, "first")
            let info = [
                "first_name", "last_name", "phone_number", "job_title", "company_name", "country", "developers",
            ]
            .map { "\"\($0)\":\"\"" }.joined(separator: ",")
            let body = """
                {"email":"ana@usersd.test","username":"ana","name":"Ana","password":"\(TestServer.password)",\
                "trial":false,"trial_info":{\(info)}}
                """
            Self.ok(try await server.send("POST", "/api/v2/users/first", body: body), 201, "create")
            let login = #"{"email":"ana@usersd.test","password":"\#(TestServer.password)"}"#
            let session = try await server.send("POST", "/api/v2/users/login", body: login)
            Self.ok(session, 201, "login")
            let token = try #require(session["session_token"]?.text)
            let me = try await server.send("GET", "/api/v2/users/me", token: token)
            Self.ok(me, "me")
            #expect(me["username"]?.text == "ana")
            #expect(me["organization_ids"]?.elements.count == 1)
            #expect(me["roles"]?[0]?["name"]?.text == "owner")

            // login --token, then --use-token-as-session
            Self.ok(try await server.send("GET", "/api/v2/users/first"), "first again")
            let key = try await server.send("POST", "/api/v2/users/me/keys", token: token)
            Self.ok(key, 201, "key")
            let second = try #require(key["key"]?.text)
            Self.ok(try await server.send("GET", "/api/v2/users/me", token: second), "me by key")
            Self.ok(try await server.send("POST", "/api/v2/users/logout", token: token), "logout")
            Self.ok(try await server.send("GET", "/api/v2/users/me", token: token), 401, "signed out")
            Self.ok(try await server.send("GET", "/api/v2/users/me", token: second), "the other key")
        }
    }

    @Test("users create, list, show, suspend, activate, edit-roles, delete", arguments: Backend.allCases)
    func users(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let organizations = try await server.get("/users/me/organizations", by: owner)
            Self.ok(organizations, "organizations")
            let organization = try #require(organizations.json?[0]?["id"]?.text)
            let service = """
                {"email":"","username":"robot","name":"","password":"","login_type":"none","user_status":null,\
                "organization_ids":["\(organization)"],"service_account":true}
                """
            let robot = try await server.send("POST", "/api/v2/users", token: owner.token, body: service)
            Self.ok(robot, 201, "service account")
            #expect(robot["email"]?.text == "")
            try await server.create("user", by: owner)

            for query in ["q=", "q=github_com_user_id%3A0"] {
                let list = try await server.get("/users?\(query)", by: owner)
                Self.ok(list, "list")
                #expect(list.usernames == ["owner", "robot", "user"], "\(query)")
                #expect(list.count == 3)
            }
            #expect(try await server.get("/users?q=github_com_user_id%3A7", by: owner).usernames == [])

            let shown = try await server.get("/users/user", by: owner)
            Self.ok(shown, "show")
            for id in shown["organization_ids"]?.elements.compactMap(\.text) ?? [] {
                Self.ok(try await server.get("/organizations/\(id)", by: owner), "organization")
            }
            let id = try #require(shown["id"]?.text)
            for (action, status) in [("suspend", "suspended"), ("activate", "active")] {
                let answer = try await server.send("PUT", "/api/v2/users/\(id)/status/\(action)", token: owner.token)
                Self.ok(answer, action)
                #expect(answer["status"]?.text == status)
            }
            let roles = try await server.get("/users/user/roles", by: owner)
            Self.ok(roles, "roles")
            #expect(roles["roles"] == .array([]))
            let assignable = try await server.get("/users/roles", by: owner)
            Self.ok(assignable, "role list")
            #expect(assignable.json?.elements.contains { $0["name"]?.text == "auditor" } == true)
            let wanted = #"{"roles":["auditor","template-admin"]}"#
            let edited = try await server.put("/users/user/roles", wanted, by: owner)
            Self.ok(edited, "edit-roles")
            let names = try await server.get("/users/user/roles", by: owner)["roles"]?.elements.compactMap(\.text)
            #expect(names?.sorted() == ["auditor", "template-admin"])
            let deleted = try await server.send("DELETE", "/api/v2/users/\(id)", token: owner.token)
            #expect([200, 204].contains(deleted.status))
            Self.ok(try await server.get("/users/user", by: owner), 404, "gone")
        }
    }

    @Test("organizations show, list, members list, roles show", arguments: Backend.allCases)
    func organizations(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let own = try await server.get("/users/me/organizations", by: owner)
            Self.ok(own, "own")
            let id = try #require(own.json?[0]?["id"]?.text)
            let all = try await server.get("/organizations", by: owner)
            Self.ok(all, "all")
            #expect(all.json?[0]?["id"]?.text == id)
            let members = try await server.get("/organizations/\(id)/members/", by: owner)
            Self.ok(members, "members")
            #expect(members.json?[0]?["username"]?.text == "owner")
            let roles = try await server.get("/organizations/\(id)/members/roles", by: owner)
            Self.ok(roles, "roles")
            #expect(roles.json?.elements.contains { $0["name"]?.text == "organization-admin" } == true)
        }
    }

    @Test("the Terraform provider: create, read, rename, roles, status, delete, notice", arguments: Backend.allCases)
    func terraform(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let me = try await server.get("/users/me", by: owner)
            let organization = try #require(me["organization_ids"]?[0]?.text)
            Self.ok(try await server.get("/entitlements", by: owner), "entitlements")
            let body = UsersAPI.request(["organization_ids": "[\"\(organization)\"]"])
            let made = try await server.send("POST", "/api/v2/users", token: owner.token, body: body)
            Self.ok(made, 201, "create")
            let id = try #require(made["id"]?.text)
            let profile = #"{"username":"fresh","name":"Full Name"}"#
            Self.ok(try await server.put("/users/\(id)/profile", profile, by: owner), "profile")
            Self.ok(try await server.put("/users/\(id)/roles", #"{"roles":[]}"#, by: owner), "roles")
            Self.ok(try await server.put("/users/\(id)/status/suspend", "", by: owner), "status")
            let found = try await server.get("/users?q=fresh%40usersd.test&limit=1&after_id=", by: owner)
            #expect(found["users"]?[0]?["id"]?.text == id)
            let next = try await server.get("/users?q=fresh%40usersd.test&limit=1&after_id=\(id)", by: owner)
            #expect(next.usernames == [])
            #expect(try await server.send("DELETE", "/api/v2/users/\(id)", token: owner.token).status == 200)
            Self.ok(try await server.get("/users/\(id)", by: owner), "by id it is there")
            Self.ok(try await server.get("/users/fresh", by: owner), 404, "by name it is not")
        }
    }
}
