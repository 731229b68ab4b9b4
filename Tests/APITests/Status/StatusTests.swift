import JSON
import TestSupport
import Testing

/// users.md §14; cases 117–121 and 124 of §15.
@Suite struct StatusTests {
    private static let never = "0001-01-01T00:00:00Z"

    @Test("117: nobody suspends itself, owners neither, and nobody suspends an owner", arguments: Backend.allCases)
    func oneselfAndOwners(on backend: Backend) async throws {
        for kind in Cast.Kind.allCases {
            try await Cast.with(backend, kind) { cast in
                for user in ["me", "caller", cast.caller.id] {
                    let answer = try await cast.send("PUT", "/users/\(user)/status/suspend")
                    #expect(answer.status == 400, "\(kind)")
                    #expect(answer.message?.contains("suspend yourself") == true, "\(kind): \(answer)")
                }
                let owner = try await cast.send("PUT", "/users/rival/status/suspend")
                #expect(owner.status == (kind == .member ? 404 : 400), "\(kind)")
                #expect(owner.message?.contains("suspend yourself") == false)
                #expect(try cast.server.database.status(of: cast.rival) == "active")
                #expect(try cast.server.database.status(of: cast.caller.id) == "active")
            }
        }
    }

    @Test("118, 119: the suspended are locked out until they are activated", arguments: Backend.allCases)
    func suspension(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let before = try await server.get("/users/person", by: owner)
            server.clock.advance(seconds: 60)
            let answer = try await server.put("/users/person/status/suspend", "", by: owner)
            #expect(answer.status == 200)
            #expect(answer["status"]?.text == "suspended")
            #expect(answer["updated_at"] != before["updated_at"])
            #expect(answer["last_seen_at"] == before["last_seen_at"])
            #expect(answer.json?.names == before.json?.names)
            #expect(try await server.get("/users/person", by: owner).body == answer.body)
            #expect(try await server.put("/users/person/status/suspend", "", by: owner).status == 200)
            let locked = try await server.get("/users/me", by: person)
            #expect(locked.status == 401)
            #expect(locked.message?.contains("Contact an admin") == true, "\(locked)")
            let login = try await server.send(
                "POST", "/api/v2/users/login",
                body: #"{"email":"\#(person.email)","password":"\#(TestServer.password)"}"#)
            #expect(login.status == 401)
            #expect(login.message?.contains("suspended") == true, "\(login)")
            let back = try await server.put("/users/person/status/activate", "", by: owner)
            #expect(back["status"]?.text == "active")
            #expect(try await server.get("/users/me", by: person).status == 200)
        }
    }

    @Test("119: activation works from every status and is no visit", arguments: Backend.allCases)
    func activation(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("fresh", by: owner)
            for status in ["dormant", "active", "suspended"] {
                try server.database.setStatus(status, of: id)
                server.clock.advance(seconds: 60)
                let answer = try await server.put("/users/\(id)/status/activate", "", by: owner)
                #expect(answer.status == 200, "\(status)")
                #expect(answer["status"]?.text == "active")
                #expect(answer["last_seen_at"]?.text == Self.never)
                #expect(try server.database.time("updated_at", of: "users", id: id) == server.microseconds())
            }
        }
    }

    @Test("120: signing in, or using a session, wakes a dormant user", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try await server.create("sleeper", by: owner)
            func listed() async throws -> String? {
                try await server.get("/users?q=sleeper", by: owner)["users"]?[0]?["status"]?.text
            }
            #expect(try await listed() == "dormant")
            let token = try await server.signIn("sleeper@usersd.test")
            #expect(try await listed() == "active")
            let id = try #require(try await server.get("/users/sleeper", by: owner)["id"]?.text)
            try server.database.setStatus("dormant", of: id)
            let me = try await server.send("GET", "/api/v2/users/me", token: token)
            #expect(me.status == 200)
            #expect(try await listed() == "active")
        }
    }

    @Test("121: those without the right are refused, and nothing changes", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        for kind in [Cast.Kind.member, .auditor, .templateAdmin, .organizationAdmin] {
            try await Cast.with(backend, kind) { cast in
                let before = try cast.server.database.snapshot()
                for action in ["suspend", "activate"] {
                    let answer = try await cast.send("PUT", "/users/other/status/\(action)")
                    #expect(answer.status == (kind == .member ? 404 : 403), "\(kind) \(action)")
                }
                #expect(try await cast.send("PUT", "/users/me/status/activate").status == 403, "\(kind)")
                #expect(try cast.server.database.snapshot() == before, "\(kind)")
            }
        }
    }

    @Test("124: whatever the body says", arguments: Backend.allCases)
    func bodies(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for body in ["", "{", "null", "[]", #"{"status":"dormant"}"#, "\u{0}"] {
                for (action, status) in [("suspend", "suspended"), ("activate", "active")] {
                    let answer = try await cast.send("PUT", "/users/other/status/\(action)", body)
                    #expect(answer.status == 200, "\(action) \(body)")
                    #expect(answer["status"]?.text == status)
                }
            }
        }
    }

    @Test(
        "the subtree resolves the user first, then knows no other word and no other method",
        arguments: Backend.allCases)
    func routes(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            #expect(try await cast.send("PUT", "/users/nobody/status/nope").body == UsersAPI.notFound)
            #expect(try await cast.send("PUT", "/users/other/status/nope").message == "Route not found.")
            #expect(try await cast.send("PUT", "/users/other/status/suspend/").message == "Route not found.")
            let wrong = try await cast.send("POST", "/users/other/status/suspend")
            #expect(wrong.status == 405)
            #expect(wrong.body.isEmpty)
            #expect(wrong.header("Allow") == ["PUT"])
            #expect(try cast.server.database.status(of: cast.other) == "active")
        }
    }
}
