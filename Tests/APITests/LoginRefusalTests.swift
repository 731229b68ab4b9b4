import API
import JSON
import Testing
import TestSupport

/// Accounts that may not sign in: auth.md §3, cases 26–31 of §14; decisions.md #16.
@Suite struct LoginRefusalTests {
    private static func login(_ server: TestServer, _ name: String, _ password: String) async throws -> Answer {
        try await server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"\#(name)@usersd.test","password":"\#(password)"}"#)
    }

    private static func expectWrong(_ answer: Answer, _ comment: Comment) {
        #expect(answer.status == 401, comment)
        #expect(answer.message == "Incorrect email or password.", comment)
    }

    @Test("26: there is no word that opens an account without a password", arguments: Backend.allCases)
    func dummyWord(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            Self.expectWrong(try await Self.login(server, "nobody", "hunter2"), "unknown e-mail")
            let id = try await server.create("empty", fields: [#""user_status":"active""#], by: owner)
            try server.database.setPasswordHash("", of: id)
            for password in ["hunter2", "x", "none", TestServer.password] {
                Self.expectWrong(try await Self.login(server, "empty", password), "no stored hash, \(password)")
            }
        }
    }

    @Test("27: a deleted user is an unknown one", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("gone", by: owner)
            #expect(try await server.send("DELETE", "/api/v2/users/\(person.id)", token: owner.token).status == 200)
            Self.expectWrong(try await Self.login(server, "gone", TestServer.password), "deleted")
        }
    }

    @Test("28: accounts of other login types have no password", arguments: Backend.allCases)
    func otherTypes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for type in ["none", "oidc", "github"] {
                let id = try await server.create(type, fields: [#""user_status":"active""#], by: owner)
                try server.database.setPasswordHash("", of: id)
                try server.database.sql("UPDATE users SET login_type = '\(type)' WHERE id = '\(id)'")
                for password in ["hunter2", TestServer.password] {
                    Self.expectWrong(try await Self.login(server, type, password), "\(type)")
                }
            }
        }
    }

    @Test(
        "another login type with a stored hash: 403 names both types, to those with the password",
        arguments: Backend.allCases)
    func typeWithHash(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("oidcuser", by: owner)
            try server.database.sql("UPDATE users SET login_type = 'oidc' WHERE id = '\(id)'")
            let answer = try await Self.login(server, "oidcuser", TestServer.password)
            #expect(answer.status == 403)
            #expect(answer.message?.contains("password") == true)
            #expect(answer.message?.contains("oidc") == true)
            #expect(answer.header("WWW-Authenticate").isEmpty)
            Self.expectWrong(try await Self.login(server, "oidcuser", "wrong"), "wrong password")
            #expect(try server.database.status(of: id) == "dormant")
        }
    }

    @Test("29: that an account is suspended is told only to those with the password", arguments: Backend.allCases)
    func suspended(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("held", fields: [#""user_status":"suspended""#], by: owner)
            let answer = try await Self.login(server, "held", TestServer.password)
            #expect(answer.status == 401)
            #expect(answer.message?.contains("suspended") == true)
            #expect(answer.message?.lowercased().contains("contact an admin") == true)
            #expect(answer.header("WWW-Authenticate").isEmpty)
            #expect(!answer.header("Set-Cookie").contains { $0.hasPrefix("coder_session_token") })
            Self.expectWrong(try await Self.login(server, "held", "wrong"), "wrong password")
            #expect(try server.database.status(of: id) == "suspended")
            #expect(try server.database.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(id)'") == [["0"]])
        }
    }

    @Test("30: a dormant account wakes up, and only with the right password", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("sleeper", by: owner)
            Self.expectWrong(try await Self.login(server, "sleeper", "wrong"), "wrong password")
            #expect(try server.database.status(of: id) == "dormant")
            let never: Int64 = -62_135_596_800_000_000
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == never)
            server.clock.advance(seconds: 5)
            #expect(try await Self.login(server, "sleeper", TestServer.password).status == 201)
            #expect(try server.database.status(of: id) == "active")
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == server.microseconds())
        }
    }

    @Test(
        "signing in does not count as being seen, the first request with the session does", arguments: Backend.allCases)
    func seen(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("watched", fields: [#""user_status":"active""#], by: owner)
            let token = try await server.signIn("watched@usersd.test")
            let never: Int64 = -62_135_596_800_000_000
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == never)
            server.clock.advance(seconds: 7)
            #expect(try await server.send("GET", "/api/v2/users/me", token: token).status == 200)
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == server.microseconds())
        }
    }

    @Test("31: password sign-in switched off: 403 with the right password, owner or not", arguments: Backend.allCases)
    func switchedOff(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let made = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"a@usersd.test","username":"a","password":"SomeSecurePassword!"}"#)
            #expect(made.status == 201)
            let answer = try await Self.login(server, "a", TestServer.password)
            #expect(answer.status == 403)
            #expect(answer.message?.contains("Password authentication is disabled") == true)
            Self.expectWrong(try await Self.login(server, "a", "wrong"), "wrong password")
            Self.expectWrong(try await Self.login(server, "nobody", "hunter2"), "unknown e-mail")
            // The switch comes before the status: a dormant account goes on sleeping.
            let id = try #require(made["user_id"]?.text)
            try server.database.setStatus("dormant", of: id)
            #expect(try await Self.login(server, "a", TestServer.password).status == 403)
            #expect(try server.database.status(of: id) == "dormant")
        }
    }
}
