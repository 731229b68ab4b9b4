import API
import JSON
import TestSupport
import Testing

/// Changing a password with a session: auth.md §5, cases 61–74; decisions.md #13, #14.
@Suite struct PasswordChangeTests {
    private static let fresh = PasscodeAPI.fresh
    private static let notFound = KeysAPI.notFound

    private static func put(_ server: TestServer, _ user: String, _ token: String, _ body: String) async throws
        -> Answer
    {
        try await server.send("PUT", "/api/v2/users/\(user)/password", token: token, body: body)
    }

    private static func body(_ old: String?, _ new: String = fresh) -> String {
        old.map { #"{"old_password":"\#($0)","password":"\#(new)"}"# } ?? #"{"password":"\#(new)"}"#
    }

    @Test("61, 62: oneself, with the old password only; owners and user-admins too", arguments: Backend.allCases)
    func oneself(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var people = [try await server.person("member", by: owner)]
            for role in ["user-admin", "auditor", "template-admin"] {
                people.append(try await server.person("x-\(role)", roles: [role], by: owner))
            }
            people.append(owner)
            for person in people {
                for body in [Self.body(nil), Self.body("")] {
                    for user in ["me", person.id, person.username] {
                        let answer = try await Self.put(server, user, person.token, body)
                        #expect(
                            answer.status == 400 && answer.body == #"{"message":"Old password is required."}"# + "\n")
                    }
                }
                #expect(try await server.status(with: person.token) == 200)
                let answer = try await Self.put(server, person.id, person.token, Self.body(TestServer.password))
                #expect(answer.status == 204 && answer.body.isEmpty, "\(person.username) \(answer)")
                #expect(!answer.header("Set-Cookie").contains { $0.contains("coder_session_token") })
                #expect(try await server.status(with: person.token) == 401)
                #expect(try await PasscodeAPI(server).signIn(person.email, TestServer.password) == 401)
                #expect(try await PasscodeAPI(server).signIn(person.email, Self.fresh) == 201)
            }
        }
    }

    private struct Row {
        let caller: String
        let user: String
        var body = PasswordChangeTests.body(nil)
        let status: Int
        var message: String?
        var fields: [String] = []
    }

    private static let weak = body("wrong", "weak")
    private static let rows: [Row] = [
        Row(caller: "owner", user: "member", body: body("wrong"), status: 400, fields: ["old_password"]),
        Row(caller: "member", user: "me", body: body("wrong"), status: 400, fields: ["old_password"]),
        Row(caller: "member", user: "me", body: weak, status: 400, message: "Invalid password.", fields: ["password"]),
        Row(
            caller: "owner", user: "member", body: weak, status: 400, message: "Invalid password.", fields: ["password"]
        ),
        Row(caller: "member", user: "me", body: body(nil, "weak"), status: 400, message: "Old password is required."),
        Row(caller: "member", user: "me", body: body(TestServer.password, TestServer.password), status: 400),
        Row(caller: "owner", user: "member", body: body(nil, TestServer.password), status: 400),
        Row(
            caller: "owner", user: "member", body: body("x", ""), status: 400, message: "Validation failed.",
            fields: ["password"]),
        Row(caller: "owner", user: "member", body: "{", status: 400, message: "Request body must be valid JSON."),
        Row(caller: "owner", user: "member", body: "", status: 400, message: "Request body must be valid JSON."),
        Row(caller: "member", user: "member2", status: 404),
        Row(caller: "member", user: "member2", body: "{", status: 404),
        Row(caller: "auditor", user: "member", status: 404),
        Row(caller: "auditor", user: "member", body: "{", status: 404),
        Row(caller: "auditor", user: "owner", status: 404),
        Row(caller: "templates", user: "member", body: "{", status: 404),
        Row(caller: "owner", user: "nobody", status: 404), Row(caller: "owner", user: KeysAPI.unknownUser, status: 404),
        Row(caller: "admin", user: "owner", status: 403),
        Row(caller: "admin", user: "owner", body: body(TestServer.password), status: 403),
        Row(caller: "admin", user: "second", status: 403), Row(caller: "owner", user: "none", status: 400),
        Row(caller: "owner", user: "oidc", status: 400), Row(caller: "owner", user: "gone", status: 404),
        Row(caller: "owner", user: "GONEID", status: 404), Row(caller: "admin", user: "GONEID", status: 404),
    ]

    @Test("62–71, 74: what is refused changes nothing", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var tokens = ["owner": owner.token]
            for (name, roles) in [
                ("member", []), ("member2", []), ("auditor", ["auditor"]),
                ("templates", ["template-admin"]), ("admin", ["user-admin"]), ("second", ["owner"]),
            ] {
                tokens[name] = try await server.person(name, roles: roles, by: owner).token
            }
            for type in ["none", "oidc"] {
                let id = try await server.create(type, by: owner)
                try server.database.sql("UPDATE users SET login_type = '\(type)' WHERE id = '\(id)'")
            }
            let gone = try await server.create("gone", by: owner)
            #expect(try await UsersAPI(server, owner).delete(gone).status == 200)
            func state() throws -> [[String?]] {
                try server.database.sql(
                    sqlite: "SELECT id, CAST(hashed_password AS TEXT) FROM users ORDER BY id",
                    postgres: "SELECT id::text, convert_from(hashed_password, 'UTF8') FROM users ORDER BY id")
            }
            let (before, keys) = (try state(), try server.database.keyCount())
            for row in Self.rows {
                let token = try #require(tokens[row.caller])
                let answer = try await Self.put(server, row.user.replacing("GONEID", with: gone), token, row.body)
                #expect(answer.status == row.status, "\(row) \(answer)")
                #expect(answer.fields == row.fields, "\(row) \(answer)")
                if let message = row.message { #expect(answer.message == message, "\(row) \(answer)") }
                if row.status == 404 { #expect(answer.body == Self.notFound, "\(row)") }
                if row.status == 403 { #expect(answer.message == "Forbidden.", "\(row)") }
            }
            #expect(try state() == before)
            #expect(try server.database.keyCount() == keys)
        }
    }

    @Test(
        "63, 69, 70: owners on anybody, user-admins on all but owners; the target's keys end",
        arguments: Backend.allCases)
    func others(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let admin = try await server.person("admin", roles: ["user-admin"], by: owner)
            let targets =
                [
                    (owner, "a", [], nil), (owner, "b", ["owner"], nil), (owner, "c", [], TestServer.password),
                    (admin, "d", [], nil), (admin, "e", ["user-admin"], nil),
                    (admin, "f", ["auditor"], TestServer.password),
                ]
                as [(TestServer.Person, String, [String], String?)]
            for (caller, name, roles, old) in targets {
                let person = try await server.person(name, roles: roles, by: owner)
                let token = try await KeysAPI(server, person.token).token()
                let answer = try await Self.put(server, name, caller.token, Self.body(old))
                #expect(answer.status == 204, "\(name) \(answer)")
                for key in [person.token, token] { #expect(try await server.status(with: key) == 401, "\(name)") }
                #expect(try await server.status(with: caller.token) == 200)
                #expect(try await PasscodeAPI(server).signIn(person.email, Self.fresh) == 201)
            }
        }
    }

    @Test("73: it works with password sign-in off", arguments: Backend.allCases)
    func disabled(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let answer = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"owner@usersd.test","username":"owner","password":"\#(TestServer.password)"}"#)
            let id = try #require(answer["user_id"]?.text)
            let key = StoredKey(userID: id, expiresAt: server.microseconds(3_600))
            try key.insert(into: server.database)
            #expect(try await Self.put(server, "me", key.token, Self.body(TestServer.password)).status == 204)
        }
    }

    @Test("74: the 61st change of a minute is refused", arguments: Backend.allCases)
    func limited(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isRateLimitDisabled = false }) { server in
            let owner = try await server.owner()
            for _ in 0..<60 { #expect(try await Self.put(server, "me", owner.token, "{").status == 400) }
            let answer = try await Self.put(server, "me", owner.token, "{")
            #expect(answer.status == 429 && answer.header("Retry-After") == ["60"])
            #expect(answer.message == "You've been rate limited for sending more than 60 requests in 1m0s.")
        }
    }

    @Test("a database that cannot end the keys changes no password", arguments: Backend.allCases)
    func broken(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.failOn("DELETE", of: "api_keys", cause: "no delete today")
            #expect(try await Self.put(server, "me", owner.token, Self.body(TestServer.password)).status == 500)
            #expect(try await server.status(with: owner.token) == 200)
            #expect(try await PasscodeAPI(server).signIn(owner.email, TestServer.password) == 201)
        }
    }
}
