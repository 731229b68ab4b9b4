import API
import JSON
import TestSupport
import Testing

/// Setting a password with a passcode: auth.md §4, cases 51–59.
@Suite struct PasscodeChangeTests {
    @Test("51, 52: the right code works once, and ends every key of its user", arguments: Backend.allCases)
    func once(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let token = try await KeysAPI(server, person.token).token()
            let codes = PasscodeAPI(server)
            let code = try await codes.passcode(person.email)
            #expect(try await server.status(with: person.token) == 200)
            let answer = try await codes.change(person.email.uppercased(), code)
            #expect(answer.status == 204 && answer.body.isEmpty && answer.header("Content-Type").isEmpty)
            #expect(!answer.header("Set-Cookie").contains { $0.contains("coder_session_token") })
            for key in [person.token, token] { #expect(try await server.status(with: key) == 401) }
            #expect(try await server.status(with: owner.token) == 200)
            #expect(try await codes.signIn(person.email, TestServer.password) == 401)
            #expect(try await codes.signIn(person.email, PasscodeAPI.fresh) == 201)
            for password in ["YetAnotherPassword1!", PasscodeAPI.fresh] {
                let again = try await codes.change(person.email, code, password)
                #expect(again.status == 400 && again.body == PasscodeAPI.wrong)
            }
            #expect(
                try server.database.sql(
                    """
                    SELECT count(*) FROM users WHERE hashed_one_time_passcode IS NOT NULL
                    OR one_time_passcode_expires_at IS NOT NULL
                    """) == [["0"]])
        }
    }

    @Test("52: used several times at the same moment, a code works once", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let codes = PasscodeAPI(server)
            var current = TestServer.password
            for round in 0..<6 {
                let code = try await codes.passcode("owner@usersd.test")
                let passwords = (0..<4).map { "Password-\(round)-\($0)-Secure!" }
                let answers = try await server.sendTogether(
                    passwords.map { password in
                        { try await PasscodeAPI($0).change("owner@usersd.test", code, password) }
                    })
                #expect(answers.map(\.status).sorted() == [204, 400, 400, 400])
                for answer in answers where answer.status == 400 { #expect(answer.body == PasscodeAPI.wrong) }
                let winner = try #require(answers.firstIndex { $0.status == 204 })
                #expect(try await codes.signIn("owner@usersd.test", current) == 401)
                for (index, password) in passwords.enumerated() {
                    #expect(try await codes.signIn("owner@usersd.test", password) == (index == winner ? 201 : 401))
                }
                current = passwords[winner]
            }
        }
    }

    @Test("53, 54: codes that are wrong in any way get one answer and change nothing", arguments: Backend.allCases)
    func wrong(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try await server.create("other", by: owner)
            let codes = PasscodeAPI(server)
            func refused(_ email: String, _ code: String) async throws {
                let answer = try await codes.change(email, code)
                #expect(answer.status == 400 && answer.body == PasscodeAPI.wrong, "\(email) \(code) \(answer)")
            }
            for code in ["hunter2", " ", "00000000-0000-4000-8000-000000000000"] {
                try await refused("owner@usersd.test", code)
                try await refused("nobody@usersd.test", code)
            }
            let others = try await codes.passcode("other@usersd.test")
            let own = try await codes.passcode("owner@usersd.test")
            let codesThatFail = [others, own.uppercased(), own + " ", " " + own, String(own.dropLast()), "hunter2"]
            for code in codesThatFail { try await refused("owner@usersd.test", code) }
            try await refused("nobody@usersd.test", own)
            server.clock.advance(seconds: 20 * 60 + 1)
            try await refused("owner@usersd.test", own)
            #expect(try await server.status(with: owner.token) == 200)
            #expect(try await codes.signIn("owner@usersd.test", TestServer.password) == 201)
        }
    }

    @Test("53: a code works until 20 minutes are over; failed attempts do not use it up", arguments: Backend.allCases)
    func lifetime(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let codes = PasscodeAPI(server)
            let code = try await codes.passcode("owner@usersd.test")
            for _ in 0..<3 { #expect(try await codes.change("owner@usersd.test", "wrong").status == 400) }
            server.clock.advance(seconds: 20 * 60 - 1)
            #expect(try await codes.change("owner@usersd.test", code).status == 204)
        }
    }

    @Test("55, 56: rules of the body come first, and name their field", arguments: Backend.allCases)
    func rules(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let codes = PasscodeAPI(server)
            let code = try await codes.passcode("owner@usersd.test")
            #expect(try await codes.change("owner@usersd.test", "").fields == ["one_time_passcode"])
            #expect(try await codes.change("x", "y", "").fields == ["email", "password"])
            let empty = try await server.send("POST", "/api/v2/users/otp/change-password", body: "{}")
            #expect(empty.status == 400 && empty.message == "Validation failed.")
            #expect(empty.fields == ["email", "password", "one_time_passcode"])
            for email in ["owner@usersd.test", "nobody@usersd.test"] {
                for password in ["weak", String(repeating: "aB3$", count: 17)] {
                    let answer = try await codes.change(email, code, password)
                    #expect(
                        answer.status == 400 && answer.message == "Invalid password." && answer.fields == ["password"])
                }
            }
            #expect(try await server.send("POST", "/api/v2/users/otp/change-password", body: "").isUnreadable)
            #expect(try await codes.change("owner@usersd.test", code).status == 204)
        }
    }

    @Test("57: the current password is refused and leaves the code", arguments: Backend.allCases)
    func same(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let codes = PasscodeAPI(server)
            let code = try await codes.passcode(owner.email)
            let answer = try await codes.change(owner.email, code, TestServer.password)
            #expect(answer.status == 400 && answer.fields.isEmpty && answer.body != PasscodeAPI.wrong, "\(answer)")
            // Whoever has no code does not learn that the password was right.
            #expect(try await codes.change(owner.email, "x", TestServer.password).body == PasscodeAPI.wrong)
            #expect(try await server.status(with: owner.token) == 200)
            #expect(try await codes.change(owner.email, code).status == 204)
        }
    }

    @Test("58, 72: a second request or a password change voids the first code", arguments: Backend.allCases)
    func replaced(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let codes = PasscodeAPI(server)
            let first = try await codes.passcode(person.email)
            let second = try await codes.passcode(person.email)
            #expect(try await codes.change(person.email, first).body == PasscodeAPI.wrong)
            let change = try await server.send(
                "PUT", "/api/v2/users/me/password", token: person.token,
                body: #"{"old_password":"\#(TestServer.password)","password":"\#(PasscodeAPI.fresh)"}"#)
            #expect(change.status == 204, "\(change)")
            #expect(try await codes.change(person.email, second, "ThirdSecurePassword!").body == PasscodeAPI.wrong)
        }
    }

    @Test("59: suspended and dormant users stay what they are", arguments: Backend.allCases)
    func statuses(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let codes = PasscodeAPI(server)
            for (status, login) in [("suspended", 401), ("dormant", 201)] {
                let id = try await server.create(status, fields: [#""user_status":"\#(status)""#], by: owner)
                let email = "\(status)@usersd.test"
                #expect(try await codes.reset(email).status == 204)
                #expect(try server.database.status(of: id) == status)
                #expect(try await codes.signIn(email, PasscodeAPI.fresh) == login)
            }
        }
    }

    @Test("a deleted user's code is void, and is not that of who comes after", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let first = try await server.create("person", by: owner)
            let code = try await PasscodeAPI(server).passcode("person@usersd.test")
            #expect(try await UsersAPI(server, owner).delete(first).status == 200)
            #expect(try await PasscodeAPI(server).change("person@usersd.test", code).body == PasscodeAPI.wrong)
            try await server.create("person", by: owner)
            #expect(try await PasscodeAPI(server).change("person@usersd.test", code).body == PasscodeAPI.wrong)
        }
    }
}
