import JSON
import TestSupport
import Testing

/// users.md §1.1, §3.1, §3.2, §3.4 and decisions.md #3, #7: the bytes of a user.
@Suite struct UserShapeTests {
    static let now = "2026-11-24T20:00:00.654321Z"
    static let zero = "0001-01-01T00:00:00Z"

    @Test("the smallest user has these members, in this order, and no others (case 44)", arguments: Backend.allCases)
    func smallest(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let created = try await api.create()
            let id = try #require(created["id"]?.text)
            let expected = """
                {"id":"\(id)","username":"fresh","email":"fresh@usersd.test","created_at":"\(Self.now)",\
                "updated_at":"\(Self.now)","last_seen_at":"\(Self.zero)","status":"dormant","login_type":"password",\
                "organization_ids":["\(try server.database.defaultOrganization())"],"roles":[],"has_ai_seat":false}
                """
            #expect(created.body == expected + "\n")
            #expect(created.header("Content-Type") == ["application/json; charset=utf-8"])
            #expect(try await api.get("fresh").body == expected + "\n")
            #expect(try await api.list("q=fresh").body == "{\"users\":[\(expected)],\"count\":1}\n")
        }
    }

    @Test("the fullest user has every member but theme_preference, escaped for HTML", arguments: Backend.allCases)
    func fullest(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let created = try await api.create([
                "username": #""Full-1""#, "name": #""<Zoë> & \"Co\"\u2028/é""#, "roles": #"["user-admin"]"#,
                "user_status": #""active""#,
            ])
            let id = try #require(created["id"]?.text)
            try server.database.sql("UPDATE users SET avatar_url = 'https://a.test/?a=1&b=<2>' WHERE id = '\(id)'")
            try server.database.sql(
                sqlite: """
                    INSERT INTO ai_seat_state (user_id, first_used_at, last_used_at, last_event_type,
                                               last_event_description, updated_at)
                    VALUES ('\(id)', 0, 0, 'task', '', 0)
                    """,
                postgres: """
                    INSERT INTO ai_seat_state (user_id, first_used_at, last_used_at, last_event_type,
                                               last_event_description, updated_at)
                    VALUES ('\(id)', 'epoch', 'epoch', 'task', '', 'epoch')
                    """)
            try server.database.sql(
                sqlite: """
                    UPDATE users SET created_at = 1700000000500000, updated_at = 1700000000000000,
                           last_seen_at = 1700000000000010
                    """,
                postgres: """
                    UPDATE users SET created_at = '2023-11-14T22:13:20.5Z', updated_at = '2023-11-14T22:13:20Z',
                           last_seen_at = '2023-11-14T22:13:20.00001'
                    """)
            let expected = """
                {"id":"\(id)","username":"Full-1","name":"\\u003cZoë\\u003e \\u0026 \\"Co\\"\\u2028/é",\
                "avatar_url":"https://a.test/?a=1\\u0026b=\\u003c2\\u003e","email":"fresh@usersd.test",\
                "created_at":"2023-11-14T22:13:20.5Z","updated_at":"2023-11-14T22:13:20Z",\
                "last_seen_at":"2023-11-14T22:13:20.00001Z","status":"active","login_type":"password",\
                "organization_ids":["\(try server.database.defaultOrganization())"],\
                "roles":[{"name":"user-admin","display_name":"User Admin"}],"has_ai_seat":true}
                """
            #expect(try await api.get(id).body == expected + "\n")
            #expect(try await api.list("q=full-1").body == "{\"users\":[\(expected)],\"count\":1}\n")
        }
    }

    @Test("a service account says so and has an empty e-mail", arguments: Backend.allCases)
    func serviceAccount(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let created = try await api.create(["email": nil, "password": nil, "service_account": "true"])
            let id = try #require(created["id"]?.text)
            let expected = """
                {"id":"\(id)","username":"fresh","email":"","created_at":"\(Self.now)","updated_at":"\(Self.now)",\
                "last_seen_at":"\(Self.zero)","status":"dormant","login_type":"none","is_service_account":true,\
                "organization_ids":["\(try server.database.defaultOrganization())"],"roles":[],"has_ai_seat":false}
                """
            #expect(created.body == expected + "\n")
            #expect(try await api.get("fresh").body == expected + "\n")
        }
    }

    @Test("an empty list is a list (decisions.md #3)", arguments: Backend.allCases)
    func emptyList(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            #expect(try await api.search("nobody-of-that-name").body == "{\"users\":[],\"count\":0}\n")
        }
    }

    @Test("each stored role has its display name; one that nobody knows has none", arguments: Backend.allCases)
    func roles(on backend: Backend) async throws {
        let displayed = [
            "owner": "Owner", "auditor": "Auditor", "template-admin": "Template Admin", "user-admin": "User Admin",
            "member": "Member", "night-watch": "",
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let id = try #require(try await api.create()["id"]?.text)
            for (name, display) in displayed {
                try server.database.sql(
                    sqlite: "UPDATE users SET rbac_roles = '[\"\(name)\"]' WHERE id = '\(id)'",
                    postgres: "UPDATE users SET rbac_roles = '{\(name)}' WHERE id = '\(id)'")
                let answer = try await api.get(id)
                #expect(
                    answer.body.contains(#""roles":[{"name":"\#(name)","display_name":"\#(display)"}],"has_ai_seat""#),
                    "\(name): \(answer)")
            }
        }
    }

    @Test("every answer carries the headers of all answers (§1.1)", arguments: Backend.allCases)
    func headers(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let answers = [
                try await api.list(), try await api.list("limit=x"), try await api.create(), try await api.create(),
                try await api.get("fresh"), try await api.get("nobody"), try await api.delete("fresh"),
                try await server.send("GET", "/api/v2/users"),
            ]
            #expect(answers.map(\.status) == [200, 400, 201, 409, 200, 404, 200, 401])
            for answer in answers {
                #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"])
                #expect(answer.header("X-Content-Type-Options") == ["nosniff"])
                #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
                #expect(answer.body.hasSuffix("}\n") && !answer.body.dropLast().contains("\n"))
            }
            #expect(Set(answers.flatMap { $0.header("X-Coder-Request-Id") }).count == answers.count)
        }
    }

    @Test(
        "an error has message, detail and validations in this order, and only those it needs (§1.2)",
        arguments: Backend.allCases)
    func errors(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let member = UsersAPI(server, try await server.person("mia", by: owner))
            #expect(
                try await api.create(["username": nil]).body == #"""
                    {"message":"Validation failed.","validations":[{"field":"username",\#
                    "detail":"Validation failed for tag \"required\" with value: \"\""}]}

                    """#)
            #expect(try await api.get("nobody").body == UsersAPI.notFound)
            #expect(try await member.create().json?.names == ["message", "detail"])
            #expect(try await api.list("limit=x").json?.names == ["message", "validations"])
            #expect(try await api.list("q=foo:bar")["validations"]?[0]?.names == ["field", "detail"])
            #expect(try await api.create(["username": #""mia""#]).json?.names.first == "message")
        }
    }
}
