import API
import JSON
import TestSupport
import Testing

/// Who did what, in the table that Coder has for it: auth.md §13, users.md §2 (the routes' table), database.md §2.15.
@Suite struct AuditTests {
    /// What `body` leaves behind; the clock moves before it, so that earlier entries are told apart.
    private static func entries(
        _ server: TestServer, _ people: [TestServer.Person], _ body: () async throws -> Void
    ) async throws -> [AuditEntry] {
        let before = try AuditEntry.all(server, people).count
        server.clock.advance(seconds: 1)
        try await body()
        return Array(try AuditEntry.all(server, people).dropFirst(before))
    }

    @Test("users: created, renamed, re-roled, suspended, activated, deleted", arguments: Backend.allCases)
    func users(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let users = UsersAPI(server, owner)
            let made = try await Self.entries(server, [owner]) { () async throws in
                #expect(try await users.create().status == 201)
            }
            #expect(made.map(\.target) == ["fresh"] && made.map(\.action) == ["create"])
            #expect(made[0].changes.contains("username:  → fresh") && made[0].changes.contains("status:  → dormant"))
            #expect(!made[0].diff.names.contains("hashed_password"))
            let id = made[0].subject
            func put(_ path: String, _ body: String = "{}") async throws -> Int {
                server.clock.advance(seconds: 1)
                return try await server.send(
                    "PUT", "/api/v2/users/\(id)/\(path)", token: owner.token, body: body
                ).status
            }
            let changed = try await Self.entries(server, [owner]) { () async throws in
                #expect(try await put("profile", #"{"username":"fresher","name":"F"}"#) == 200)
                #expect(try await put("roles", #"{"roles":["auditor"]}"#) == 200)
                #expect(try await put("status/suspend") == 200)
                #expect(try await put("status/activate") == 200)
                server.clock.advance(seconds: 1)
                #expect(try await users.delete(id).status == 200)
            }
            #expect(
                changed.map(\.description) == [
                    "owner write user \(id)/fresh 200", "owner write user \(id)/fresher 200",
                    "owner write user \(id)/fresher 200", "owner write user \(id)/fresher 200",
                    "owner delete user \(id)/fresher 200",
                ])
            #expect(
                changed.dropLast().map(\.changes) == [
                    ["name:  → F", "username: fresh → fresher"], ["rbac_roles: [] → [auditor]"],
                    ["status: dormant → suspended"], ["status: suspended → active"],
                ])
            #expect(changed.last?.changes.contains("username: fresher → ") == true)
        }
    }

    @Test(
        "refusals of an existing target carry their status and no diff; a refused create leaves none",
        arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let auditor = try await server.person("auditor", roles: ["auditor"], by: owner)
            let people = [owner, auditor]
            let refused = try await Self.entries(server, people) { () async throws in
                for (method, path, status) in [
                    ("DELETE", "owner", 403), ("PUT", "owner/status/suspend", 400), ("PUT", "owner/roles", 403),
                    ("PUT", "owner/profile", 400), ("PUT", "owner/password", 404),
                ] {
                    server.clock.advance(seconds: 1)
                    let answer = try await server.send(
                        method, "/api/v2/users/\(path)", token: auditor.token, body: #"{"roles":[]}"#)
                    #expect(answer.status == status, "\(path) \(answer)")
                }
                #expect(try await UsersAPI(server, auditor).create().status == 403)
                #expect(try await UsersAPI(server, auditor).delete(UsersAPI.noUser).status == 404)
            }
            #expect(
                refused.map(\.description) == [
                    "auditor delete user owner/owner 403", "auditor write user owner/owner 400",
                    "auditor write user owner/owner 403", "auditor write user owner/owner 400",
                    "auditor write user owner/owner 404",
                ])
            #expect(refused.allSatisfy { $0.diff.names.isEmpty })
        }
    }

    @Test(
        "39, sign-in and sign-out: of known users, successes and failures; of nobody, nothing",
        arguments: Backend.allCases)
    func sessions(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            func login(_ email: String, _ password: String) async throws -> Int {
                server.clock.advance(seconds: 1)
                return try await server.send(
                    "POST", "/api/v2/users/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#
                ).status
            }
            let entries = try await Self.entries(server, [owner]) { () async throws in
                #expect(try await login(owner.email, "wrong") == 401)
                #expect(try await login("nobody@usersd.test", "wrong") == 401)
                #expect(try await login(owner.email, TestServer.password) == 201)
                server.clock.advance(seconds: 1)
                #expect(try await server.send("POST", "/api/v2/users/logout", token: owner.token).status == 200)
            }
            #expect(
                entries.map(\.description) == [
                    "owner login api_key owner/ 401", "owner login api_key owner/ 201",
                    "owner logout api_key owner/ 200",
                ])
            #expect(entries.allSatisfy { $0.diff.names.isEmpty && $0.additional == "{}" })
        }
    }

    @Test("a dormant user who wakes up: by a sign-in, by a key", arguments: Backend.allCases, [true, false])
    func dormancy(on backend: Backend, bySignIn: Bool) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let ana = try await server.person("ana", by: owner)
            try server.database.sql("UPDATE users SET status = 'dormant' WHERE username = 'ana'")
            let entries = try await Self.entries(server, [owner, ana]) { () async throws in
                if bySignIn {
                    _ = try await server.signIn(ana.email)
                } else {
                    #expect(try await UsersAPI(server, ana).get("me").status == 200)
                }
            }
            let woken = try #require(entries.first { $0.resource == "user" })
            #expect(woken.description == "ana write user ana/ana 200")
            #expect(woken.changes == ["status: dormant → active"])
            let additional = try JSONReader.only(Array(woken.additional.utf8))
            #expect(additional["automatic_actor"]?.text == "coder")
            #expect(additional["automatic_subsystem"]?.text == "dormancy")
        }
    }

    @Test("passwords: asked for, reset, changed; nothing of a secret but that it changed", arguments: Backend.allCases)
    func passwords(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let codes = PasscodeAPI(server)
            let entries = try await Self.entries(server, [owner]) { () async throws in
                #expect(try await codes.request("nobody@usersd.test").status == 204)
                let code = try await codes.passcode(owner.email)
                server.clock.advance(seconds: 1)
                #expect(try await codes.change(owner.email, "wrong").status == 400)
                #expect(try await codes.change(owner.email, code).status == 204)
            }
            #expect(
                entries.map(\.description) == [
                    "owner request_password_reset user owner/owner 204", "owner write user owner/owner 204",
                ])
            #expect(entries[1].changes == ["hashed_password: secret"])
        }
    }

    @Test("keys and SSH keys (keys-and-shell.md §1, §6, §7; cases 43, 53, 55, 81)", arguments: Backend.allCases)
    func keys(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> Answer {
                server.clock.advance(seconds: 1)
                return try await server.send(method, "/api/v2/users/me/\(path)", token: owner.token, body: body)
            }
            let entries = try await Self.entries(server, [owner]) { () async throws in
                #expect(try await send("POST", "keys").status == 201)
                for name in ["ci", "nil"] {
                    let made = try await send("POST", "keys/tokens", #"{"token_name":"\#(name)"}"#)
                    let id = try #require(made["key"]?.text?.prefix(10))
                    guard name == "ci" else { continue }
                    for _ in 0..<2 { #expect(try await send("PUT", "keys/\(id)/expire").status == 204) }
                    #expect(try await send("DELETE", "keys/\(id)").status == 204)
                    #expect(try await send("DELETE", "keys/\(id)").status == 404)
                }
                #expect(try await send("PUT", "gitsshkey").status == 200)
            }
            #expect(
                entries.map {
                    $0.description.prefix { $0 != "/" } + ($0.target.hasPrefix("ssh") ? "" : "/\($0.target)")
                } == [
                    "owner create api_key owner/", "owner create api_key owner/ci", "owner write api_key owner/ci",
                    "owner delete api_key owner/ci", "owner create api_key owner/", "owner write git_ssh_key owner",
                ])
            let created = entries[1].diff.names.sorted()
            #expect(created == ["created_at", "expires_at", "last_used", "user_id"])
            #expect(entries[2].diff.names == ["expires_at"])
            #expect(entries[5].diff.names.sorted() == ["private_key", "public_key"])
            #expect(entries[5].diff["private_key"]?["secret"]?.flag == true)
            #expect(entries[5].diff["private_key"]?["new"]?.text == "")
        }
    }

    @Test(
        "a key that may be read but not deleted: 404, and an entry; one that may not be read: none",
        arguments: Backend.allCases)
    func refusedDeletion(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let scoped = try await server.send(
                "POST", "/api/v2/users/me/keys/tokens", token: owner.token,
                body: #"{"scopes":["api_key:read","user:read"]}"#)
            let token = try #require(scoped["key"]?.text)
            let entries = try await Self.entries(server, [owner, member]) { () async throws in
                let path = "/api/v2/users/me/keys/\(owner.token.prefix(10))"
                #expect(try await server.send("DELETE", path, token: token).status == 404)
                #expect(try await server.send("DELETE", path, token: member.token).status == 404)
            }
            #expect(entries.map(\.description) == ["owner delete api_key owner/ 404"])
        }
    }

    @Test(
        "sign-in at a provider: a new user is registered, a known one signs in, a refused one too",
        arguments: Backend.allCases)
    func provider(on backend: Backend) async throws {
        try await FakeProvider.with { provider in
            let providers = try await provider.oidc()
            try await TestServer.with(backend, providers: providers) { server in
                func visit() async throws -> Int {
                    server.clock.advance(seconds: 1)
                    provider.configure { $0.now = { [clock = server.clock] in clock.now } }
                    return try await Browser(server).signIn(Browser.oidcCallback, at: provider).status
                }
                #expect(try await visit() == 307)
                #expect(try await visit() == 307)
                try server.database.sql("UPDATE users SET status = 'suspended' WHERE username = 'ana'")
                #expect(try await visit() == 403)
                provider.configure {
                    $0.claims = $0.claims.setting("email_verified", false).setting("sub", "2").setting(
                        "email", "b@c.de")
                }
                #expect(try await visit() == 403)
                let entries = try AuditEntry.all(server, []).map { "\($0.action) \($0.resource) \($0.status)" }
                #expect(entries == ["register api_key 307", "login api_key 307", "login api_key 403"])
            }
        }
    }

    @Test("the request's id, address and user agent stand in the entry", arguments: Backend.allCases)
    func request(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            server.clock.advance(seconds: 1)
            let answer = try await server.send(
                "PUT", "/api/v2/users/me/gitsshkey", token: owner.token,
                headers: [("User-Agent", String(repeating: "ü", count: 300))], peer: "2001:db8::7")
            let row = try #require(
                try server.database.sql(
                    sqlite: "SELECT request_id, ip, user_agent FROM audit_logs ORDER BY time DESC LIMIT 1",
                    postgres: "SELECT request_id, host(ip), user_agent FROM audit_logs ORDER BY time DESC LIMIT 1"
                ).first)
            #expect(
                row == [answer.header("X-Coder-Request-Id").first, "2001:db8::7", String(repeating: "ü", count: 256)])
        }
    }
}
