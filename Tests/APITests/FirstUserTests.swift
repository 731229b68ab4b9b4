import API
import JSON
import Testing
import TestSupport

/// auth.md §2, cases 1–4 and 10–20 of §14; decisions.md #17. The field rules are in `FirstUserRulesTests`.
@Suite struct FirstUserTests {
    private static let path = "/api/v2/users/first"
    private static let good = #"{"email":"a@usersd.test","username":"a","password":"SomeSecurePassword!"}"#

    /// The good request with further members.
    private static func body(with members: String) -> String { "\(good.dropLast()),\(members)}" }

    @Test("1, 20: an empty server says so, with the header that clients know it by", arguments: Backend.allCases)
    func emptyServer(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            #expect(try server.database.sql("SELECT username FROM users") == [["prebuilds"]])
            let answer = try await server.send("GET", Self.path)
            #expect(answer.status == 404)
            #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"])
            #expect(answer.message != nil)
        }
    }

    @Test("14: of four first users at once one is made", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let requests: [@Sendable (TestServer) async throws -> Answer] = (0..<4).map { index in
                { server in
                    let name = #""email":"u\#(index)@usersd.test","username":"u\#(index)""#
                    return try await server.send(
                        "POST", "/api/v2/users/first", body: #"{\#(name),"password":"SomeSecurePassword!"}"#)
                }
            }
            let statuses = try await server.sendTogether(requests).map(\.status).sorted()
            #expect(statuses == [201, 409, 409, 409])
            #expect(try server.database.sql("SELECT count(*) FROM users WHERE username <> 'prebuilds'") == [["1"]])
        }
    }

    @Test("2: afterwards it says 200, whatever token is sent along", arguments: Backend.allCases)
    func afterwards(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for token in [nil, owner.token, "rubbish", "0000000000-0000000000000000000000"] {
                let answer = try await server.send("GET", Self.path, token: token)
                #expect(answer.status == 200)
                #expect(answer.message != nil)
            }
        }
    }

    @Test(
        "10, 11: the first user is an active owner with a key pair, and is not signed in", arguments: Backend.allCases)
    func made(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("POST", Self.path, body: Self.good)
            #expect(answer.status == 201)
            #expect(answer.json?.names == ["user_id", "organization_id"])
            let organization = try server.database.sql("SELECT id FROM organizations WHERE name = 'coder'")
            #expect(organization == [[answer["organization_id"]?.text]])
            #expect(!answer.header("Set-Cookie").contains { $0.hasPrefix("coder_session_token") })
            #expect(try server.database.sql("SELECT count(*) FROM api_keys") == [["0"]])

            let token = try await server.signIn("a@usersd.test")
            let user = try await server.send("GET", "/api/v2/users/me", token: token)
            #expect(user["id"] == answer["user_id"])
            #expect(user["roles"]?.elements.map { $0["name"]?.text } == ["owner"])
            #expect(user["status"]?.text == "active")
            #expect(user["login_type"]?.text == "password")
            #expect(user["organization_ids"]?.elements.map(\.text) == [answer["organization_id"]?.text])
            let id = try #require(answer["user_id"]?.text)
            #expect(try server.database.sql("SELECT count(*) FROM gitsshkeys WHERE user_id = '\(id)'") == [["1"]])
        }
    }

    @Test(
        "12, 13: a second one: field rules, then 409, and only then the password's strength",
        arguments: Backend.allCases)
    func second(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let weak = #"{"email":"a@usersd.test","username":"a","password":"notstrong"}"#
            let invalid = #"{"email":"x","username":"a","password":"SomeSecurePassword!"}"#
            for (body, status) in [(Self.good, 409), (weak, 409), (invalid, 400), ("{", 400)] {
                let answer = try await server.send("POST", Self.path, body: body)
                #expect(answer.status == status, "\(body) gave \(answer)")
                #expect(answer.message != nil)
            }
        }
    }

    @Test("4: what is no JSON gets 400 with a detail", arguments: Backend.allCases)
    func noJSON(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for body in ["", "email=a", "{\"email\""] {
                let answer = try await server.send("POST", Self.path, body: body)
                #expect(answer.status == 400)
                #expect(answer.message == "Request body must be valid JSON.")
                #expect(answer.detail?.isEmpty == false)
                #expect(answer["validations"] == nil)
            }
        }
    }

    private static let extraMembers = [
        #""trial":true,"trial_info":{"first_name":"A","last_name":"B","phone_number":"1","job_title":"","#
            + #""company_name":"","country":"","developers":"1-10"}"#,
        #""onboarding_info":{"newsletter_marketing":true,"newsletter_releases":false}"#,
        #""onboarding_info":{}"#, #""onboarding_info":null"#, #""trial":false"#, #""name":"A Name""#,
        #""unknown":[{"x":1}]"#,
    ]

    @Test("15, 16: trial and onboarding members are taken and do nothing", arguments: Backend.allCases, extraMembers)
    func extras(on backend: Backend, members: String) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("POST", Self.path, body: Self.body(with: members))
            #expect(answer.status == 201)
        }
    }

    @Test("17: a stale session cookie is no reason to refuse", arguments: Backend.allCases)
    func staleCookie(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send(
                "POST", Self.path, body: Self.good,
                headers: [("Cookie", "coder_session_token=0000000000-0000000000000000000000")])
            #expect(answer.status == 201)
        }
    }

    @Test("18: it works with password sign-in switched off", arguments: Backend.allCases)
    func passwordsOff(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let answer = try await server.send("POST", Self.path, body: Self.good)
            #expect(answer.status == 201)
        }
    }

    @Test("19: when every user is deleted it works again", arguments: Backend.allCases)
    func again(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            try server.database.sql("UPDATE users SET deleted = (1 = 1) WHERE username <> 'prebuilds'")
            #expect(try await server.send("GET", Self.path).status == 404)
            #expect(try await server.send("POST", Self.path, body: Self.good).status == 201)
            #expect(try await server.send("GET", Self.path).status == 200)
        }
    }
}
