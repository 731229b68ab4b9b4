import JSON
import Testing
import TestSupport

/// The field rules of `POST /users/first`: auth.md §2, cases 3 and 5–9 of §14; users.md §1.2 and §4.
@Suite struct FirstUserRulesTests {
    private static func body(
        email: String = "a@usersd.test", username: String = "a", name: String = "",
        password: String = "SomeSecurePassword!"
    ) -> String {
        #"{"email":"\#(email)","username":"\#(username)","name":"\#(name)","password":"\#(password)"}"#
    }

    @Test("3: every field that breaks its rule has an entry, in the order of declaration", arguments: Backend.allCases)
    func order(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for body in ["{}", "null", #"{"email":"","username":null}"#] {
                let answer = try await server.send("POST", "/api/v2/users/first", body: body)
                #expect(answer.status == 400)
                #expect(answer.message == "Validation failed.")
                #expect(answer.fields == ["email", "username", "password"])
                let details = answer["validations"]?.elements.map { $0["detail"]?.text }
                #expect(details == Array(repeating: #"Validation failed for tag "required" with value: """#, count: 3))
            }
        }
    }

    private static let broken: [(body: String, field: String, tag: String, value: String)] = [
        (body(email: "x"), "email", "email", "x"),
        (body(username: "new"), "username", "username", "new"),
        (body(username: "create"), "username", "username", "create"),
        (body(username: "a_b"), "username", "username", "a_b"),
        (body(username: "-a"), "username", "username", "-a"),
        (body(username: "a--b"), "username", "username", "a--b"),
        (body(username: "a-"), "username", "username", "a-"),
        (body(username: "é"), "username", "username", "é"),
        (body(username: String(repeating: "a", count: 33)), "username", "username", String(repeating: "a", count: 33)),
        (body(name: " a"), "name", "user_real_name", " a"),
        (body(name: "a\u{a0}"), "name", "user_real_name", "a\u{a0}"),
        (body(name: String(repeating: "a", count: 129)), "name", "user_real_name", String(repeating: "a", count: 129)),
        (body(name: String(repeating: "é", count: 65)), "name", "user_real_name", String(repeating: "é", count: 65)),
        (body(password: ""), "password", "required", ""),
    ]

    @Test("5–7: a broken rule is named with its tag and the value", arguments: Backend.allCases)
    func rules(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (body, field, tag, value) in Self.broken {
                let answer = try await server.send("POST", "/api/v2/users/first", body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Validation failed.")
                #expect(answer.fields == [field], "\(body) gave \(answer)")
                #expect(
                    answer["validations"]?[0]?["detail"]?.text
                        == "Validation failed for tag \"\(tag)\" with value: \"\(value)\"")
            }
            #expect(try await server.send("GET", "/api/v2/users/first").status == 404)
        }
    }

    @Test("8, 9: a weak or too long password gets 400 on its field", arguments: Backend.allCases)
    func passwords(on backend: Backend) async throws {
        let long = String("aB3$eF6&hI9*kL2@nO5!qR8-tU1_wX4.zA7,cD0;fG3:iJ6?lM9/oP2+rS5=uV8~yZ".prefix(65))
        try await TestServer.with(backend) { server in
            for password in ["notstrong", long] {
                let answer = try await server.send("POST", "/api/v2/users/first", body: Self.body(password: password))
                #expect(answer.status == 400)
                #expect(answer.fields == ["password"])
                #expect(answer["validations"]?[0]?["detail"]?.text?.contains(password) == false)
            }
            let answer = try await server.send(
                "POST", "/api/v2/users/first", body: Self.body(password: String(long.prefix(64))))
            #expect(answer.status == 201)
        }
    }

    @Test("the longest names are taken as they are", arguments: Backend.allCases)
    func longest(on backend: Backend) async throws {
        let username = "New-" + String(repeating: "a", count: 28)
        let name = String(repeating: "é", count: 64)
        try await TestServer.with(backend) { server in
            let made = try await server.send(
                "POST", "/api/v2/users/first", body: Self.body(username: username, name: name))
            #expect(made.status == 201)
            let user = try await server.send(
                "GET", "/api/v2/users/me", token: try await server.signIn("a@usersd.test"))
            #expect(user["username"]?.text == username)
            #expect(user["name"]?.text == name)
        }
    }

    private static let mistyped = [
        #""trial":"true""#, #""trial":1"#, #""trial_info":[]"#, #""trial_info":{"first_name":1}"#,
        #""trial_info":{"developers":false}"#, #""onboarding_info":[]"#, #""onboarding_info":true"#,
        #""onboarding_info":{"newsletter_marketing":"yes"}"#, #""onboarding_info":{"newsletter_releases":0}"#,
        #""name":7"#, #""username":["a"]"#,
    ]

    @Test("a member of another type is no valid body", arguments: Backend.allCases)
    func types(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for member in Self.mistyped {
                let answer = try await server.send(
                    "POST", "/api/v2/users/first", body: "\(Self.body().dropLast()),\(member)}")
                #expect(answer.status == 400, "\(member)")
                #expect(answer.message == "Request body must be valid JSON.", "\(member)")
            }
        }
    }

    @Test("a NUL in any text gets 400 on its field", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        let bodies = [
            ("email", Self.body(email: "a\\u0000@usersd.test")), ("username", Self.body(username: "a\\u0000")),
            ("name", Self.body(name: "a\\u0000b")), ("password", Self.body(password: "SomeSecure\\u0000Password!")),
        ]
        try await TestServer.with(backend) { server in
            for (field, body) in bodies {
                let answer = try await server.send("POST", "/api/v2/users/first", body: body)
                #expect(answer.status == 400, "\(field)")
                #expect(answer.fields == [field])
            }
        }
    }
}
