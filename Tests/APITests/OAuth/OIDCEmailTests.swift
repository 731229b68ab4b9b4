import API
import JSON
import TestSupport
import Testing

/// Which e-mail counts, and whether it is verified: auth.md §8.6, cases 140–142 and 148 of §14, decisions.md #9.
@Suite struct OIDCEmailTests {
    @Test("140: without an e-mail the user name serves when it is an address", arguments: Backend.allCases)
    func fallback(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let user = try await scene.visit(["preferred_username": "bo@corp.test"], without: "email").user()
            #expect(user["email"]?.text == "bo@corp.test" && user["username"]?.text == "bo")
            for name in ["bo", "bo@", "@corp.test", "bo corp.test", ""] as [JSONValue] {
                let answer = try await scene.visit(["preferred_username": name], without: "email").answer
                #expect(answer.isError(400), "\(name): \(answer)")
            }
            #expect(try await scene.visit(without: "email", "preferred_username").answer.isError(400))
            #expect(try await scene.visit(["preferred_username": 7], without: "email").answer.isError(400))
        }
    }

    @Test("140: an e-mail that is no text", arguments: Backend.allCases)
    func kinds(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            for value in [1, true, ["ana@provider.test"], ["x": "y"]] as [JSONValue] {
                let answer = try await scene.visit(["email": value, "preferred_username": "bo@corp.test"]).answer
                #expect(answer.isError(400), "\(value): \(answer)")
            }
            let empty = try await scene.visit(["email": ""]).answer
            #expect(empty.isError(500), "\(empty)")
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("140: another claim can hold the e-mail", arguments: Backend.allCases)
    func field(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.emailField = "mail" }) { scene in
            let user = try await scene.visit(["mail": "bo@corp.test"]).user()
            #expect(user["email"]?.text == "bo@corp.test")
            #expect(try await scene.visit(["sub": "2"]).answer.isError(400))
        }
    }

    @Test("141, 142: only what is surely verified passes", arguments: Backend.allCases, [false, true])
    func verified(on backend: Backend, isIgnored: Bool) async throws {
        let good: [JSONValue] = [true, "true", "1", "t", "T", "TRUE", "True", 1, -1, .number("0.5"), 42]
        let bad: [JSONValue] = [
            false, "false", 0, .null, "", "0", "f", "yes", "tRUE", " true", [], [true], [:], ["a": true],
            .number("0.0"), .number("-0"),
        ]
        try await OIDCScene.with(
            backend,
            settings: { [isIgnored] in
                $0.ignoresUserInfo = true
                $0.ignoresEmailVerified = isIgnored
            }
        ) { scene in
            for value in good {
                let visit = try await scene.visit(["email_verified": value])
                #expect(visit.isSignedIn, "\(value): \(visit.answer)")
            }
            for value in bad {
                let visit = try await scene.visit(["email_verified": value])
                if isIgnored {
                    #expect(visit.isSignedIn, "\(value): \(visit.answer)")
                } else {
                    #expect(visit.answer.isPage(403, "Email not verified", "Verify the", "Back to login"), "\(value)")
                }
            }
            let missing = try await scene.visit(without: "email_verified")
            #expect(missing.isSignedIn == isIgnored, "\(missing.answer)")
        }
    }

    @Test("148: domains", arguments: Backend.allCases)
    func domains(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.emailDomains = ["@corp.com", "Other.test"] }) { scene in
            for (number, email) in ["X@CORP.COM", "y@corp.com", "z@other.test", "a@evil.test@corp.com"].enumerated() {
                let claims: JSONValue = ["sub": .string("good-\(number)"), "email": .string(email)]
                let visit = try await scene.visit(claims)
                #expect(visit.isSignedIn, "\(email): \(visit.answer)")
            }
            let foreign = [
                "x@sub.corp.com", "x@evil.com", "corp.com", "x", "x@corp.com@evil.com", "x@corp.com.", "x@",
                "x@corp.co",
                "x@evilcorp.com", "x@corp.com ", "x@ corp.com", "x@corp.comm", "x@@evil.com", "x@corp.com\u{200b}",
            ]
            for email in foreign {
                let answer = try await scene.visit(["sub": "bad", "email": .string(email)]).answer
                let isRefused = answer.isPage(
                    403, "Unauthorized email", "is not from an authorized domain", "Please contact your administrator",
                    "Back to login")
                #expect(isRefused, "\(email): \(answer)")
                #expect(!answer.body.lowercased().contains("corp.com") && !answer.body.contains("ther.test"))
            }
        }
    }
}
