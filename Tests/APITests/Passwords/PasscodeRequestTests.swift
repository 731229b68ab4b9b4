import API
import JSON
import Storage
import TestSupport
import Testing

/// Asking for a passcode: auth.md §4, cases 47–50, 58, 60; §15 (nothing is stored for other login types).
@Suite struct PasscodeRequestTests {
    @Test(
        "47: a known address is sent one passcode, of 20 minutes, of which only a hash is stored",
        arguments: Backend.allCases)
    func known(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let codes = PasscodeAPI(server)
            for email in ["owner@usersd.test", "OWNER@Usersd.Test"] {
                let answer = try await codes.request(email)
                #expect(answer.status == 204 && answer.body.isEmpty && answer.header("Content-Type").isEmpty)
            }
            let sent = server.outbox.passcodes
            #expect(sent.count == 2 && sent[0].text != sent[1].text)
            for passcode in sent {
                #expect(passcode.email == "owner@usersd.test" && passcode.userID.description == owner.id)
                #expect(
                    try #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#
                        .wholeMatch(in: passcode.text) != nil)
            }
            let rows = try server.database.sql(
                sqlite: """
                    SELECT CAST(hashed_one_time_passcode AS TEXT), one_time_passcode_expires_at FROM users
                    WHERE id = '\(owner.id)'
                    """,
                postgres: """
                    SELECT convert_from(hashed_one_time_passcode, 'UTF8'),
                    (extract(epoch from one_time_passcode_expires_at) * 1000000)::bigint::text FROM users
                    WHERE id = '\(owner.id)'
                    """)
            let row = try #require(rows.first)
            #expect(row[0]?.hasPrefix("$pbkdf2-sha256$") == true && row[0]?.contains(sent[1].text) == false)
            #expect(row[1] == "\(server.microseconds(20 * 60))")
        }
    }

    /// What an attacker sees, without what differs between any two answers.
    private static func view(_ answer: Answer) -> [String] {
        let varying: Set<String> = ["x-coder-request-id", "set-cookie", "x-ratelimit-remaining", "date"]
        let headers = answer.headers.map { name, value in
            varying.contains(name.lowercased()) ? "\(name): …" : "\(name): \(value)"
        }
        return ["\(answer.status)", answer.body] + headers
    }

    @Test("48: known and unknown addresses get the same answer", arguments: Backend.allCases, [false, true])
    func attacker(on backend: Backend, limited: Bool) async throws {
        try await TestServer.with(backend, { $0.isRateLimitDisabled = !limited }) { server in
            let owner = try await server.owner()
            try await server.create("dormant", by: owner)
            try await server.create("sus", fields: [#""user_status":"suspended""#], by: owner)
            let gone = try await server.create("gone", by: owner)
            #expect(try await UsersAPI(server, owner).delete(gone).status == 200)
            _ = try await UsersAPI(server, owner).create([
                "username": #""robot""#, "email": #""robot@usersd.test""#, "password": nil, "login_type": #""none""#,
            ])
            let codes = PasscodeAPI(server)
            let names = ["nobody", "owner", "dormant", "sus", "gone", "robot"]
            var views: [[String]] = []
            for name in names { views.append(Self.view(try await codes.request("\(name)@usersd.test"))) }
            for (name, view) in zip(names, views) { #expect(view == views[0] && view[0] == "204", "\(name) \(view)") }
            #expect(server.outbox.passcodes.map(\.email) == ["owner", "dormant", "sus"].map { "\($0)@usersd.test" })
            // The second step tells no more.
            let wrong = try await codes.change("nobody@usersd.test", "x")
            for name in names {
                let answer = try await codes.change("\(name)@usersd.test", "x")
                #expect(Self.view(answer) == Self.view(wrong) && answer.body == PasscodeAPI.wrong, "\(name) \(answer)")
            }
        }
    }

    @Test("48: a database that cannot store a passcode answers the same", arguments: Backend.allCases)
    func broken(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            try server.database.failOn("UPDATE", of: "users", cause: "no update today")
            let codes = PasscodeAPI(server)
            let known = try await codes.request("owner@usersd.test")
            #expect(Self.view(known) == Self.view(try await codes.request("nobody@usersd.test")))
            #expect(known.status == 204 && server.outbox.passcodes.isEmpty)
        }
    }

    @Test("60: nothing is stored or sent for a user who signs in otherwise", arguments: Backend.allCases)
    func otherLoginTypes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for type in ["oidc", "github", "none"] {
                let id = try await server.create("user-\(type)", by: owner)
                try server.database.sql("UPDATE users SET login_type = '\(type)' WHERE id = '\(id)'")
                #expect(try await PasscodeAPI(server).request("user-\(type)@usersd.test").status == 204)
            }
            #expect(server.outbox.passcodes.isEmpty)
            #expect(
                try server.database.sql("SELECT count(*) FROM users WHERE one_time_passcode_expires_at IS NOT NULL")
                    == [["0"]])
        }
    }

    @Test("49: an address that is none is refused, above all one that could break a line", arguments: Backend.allCases)
    func badAddresses(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for email in [
                "", "notmail", "a@b", "owner", "owner@usersd.test\\r\\nRCPT TO:<x@evil.test>", "a\\nb@usersd.test",
                "owner@usersd.test\\n", "\\rowner@usersd.test", "Owner <owner@usersd.test>", "<owner@usersd.test>",
                "owner@usersd.test, x@evil.test", "\\\"a\\r\\nb\\\"@usersd.test", "owner@usersd.test\\u0000",
            ] {
                let answer = try await PasscodeAPI(server).request(email)
                #expect(answer.status == 400, "\(email) \(answer)")
            }
            for body in ["", "{", "[]", #"{"email":7}"#] {
                let answer = try await server.send("POST", "/api/v2/users/otp/request", body: body)
                #expect(answer.isUnreadable, "\(body) \(answer)")
            }
            #expect(try await PasscodeAPI(server).request("notmail").fields == ["email"])
            #expect(server.outbox.passcodes.isEmpty)
        }
    }

    @Test("nobody comes to be with an address that could break a line", arguments: Backend.allCases)
    func badUsers(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for email in [
                "a\\r\\nb@usersd.test", "a@usersd.test\\r\\n", "\\\"a\\r\\nb\\\"@usersd.test",
                "\\\"a\\nb\\\"@usersd.test",
            ] {
                let answer = try await UsersAPI(server, owner).create(["email": "\"\(email)\""])
                #expect(answer.status == 400, "\(email) \(answer)")
            }
        }
    }

    @Test("50: with password sign-in off both are refused before the body is read", arguments: Backend.allCases)
    func disabled(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            for path in ["request", "change-password"] {
                for body in ["", "{", "{}", #"{"email":"owner@usersd.test"}"#] {
                    let answer = try await server.send("POST", "/api/v2/users/otp/\(path)", body: body)
                    #expect(
                        answer.status == 403 && answer.message?.contains("Password authentication is disabled") == true)
                }
            }
        }
    }
}
