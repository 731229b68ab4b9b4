import API
import JSON
import TestSupport
import Testing

/// Whose account a sign-in opens: auth.md §8.4 and §8.5, cases 153–156 of §14, decisions.md #10.
@Suite struct OIDCAccountTests {
    @Test("153, 154: the subject counts; e-mail, name and avatar follow the provider", arguments: Backend.allCases)
    func subject(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let first = try await scene.visit(["picture": "http://p.test/1"]).user()
            #expect(first["name"]?.text == "Ana Sample" && first["avatar_url"]?.text == "http://p.test/1")
            let later = try await scene.visit(
                ["email": "moved@corp.test", "preferred_username": "renamed", "name": "Ana Moved"]).user()
            #expect(later["id"] == first["id"] && later["username"] == first["username"])
            #expect(later["email"]?.text == "moved@corp.test" && later["name"]?.text == "Ana Moved")
            #expect(later["avatar_url"] == nil, "what is empty is left out")
            let bare = try await scene.visit(without: "name").user()
            #expect(bare["id"] == first["id"] && bare["name"] == nil && bare["avatar_url"] == nil)
            #expect(try scene.count("user_links") == "1")
        }
    }

    @Test("153: subjects are compared to the letter", arguments: Backend.allCases)
    func letters(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            var ids: Set<String> = []
            let subjects = ["s", "S", "s ", " s", "s|", "|s", "||s", "ş", "s\u{301}", "ś", "%", "_", "'", "1", "01"]
            for (number, subject) in subjects.enumerated() {
                let claims: JSONValue = ["sub": .string(subject), "email": .string("m\(number)@corp.test")]
                ids.insert(try await scene.visit(claims).user()["id"]?.text ?? "")
            }
            #expect(ids.count == subjects.count)
        }
    }

    @Test("155: an e-mail does not open an account that is linked to another subject", arguments: Backend.allCases)
    func linkedElsewhere(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let victim = try await scene.visit()
            let before = try await victim.user()
            let users = try scene.count("users")
            for email in ["ana@provider.test", "ANA@PROVIDER.TEST"] {
                let answer = try await scene.visit(
                    ["sub": "attacker", "email": .string(email), "name": "Attacker", "picture": "http://evil.test/"]
                ).answer
                #expect(answer.isPage(403, "Account already linked"), "\(answer)")
            }
            #expect(try scene.link("linked_id") == "\(scene.provider.url)||subject-1")
            #expect(try scene.count("user_links") == "1" && scene.count("users") == users)
            let after = try #require(try await victim.browser.user())
            #expect(after["name"] == before["name"] && after["avatar_url"] == before["avatar_url"])
        }
    }

    @Test("156: an account made beforehand is linked at the first sign-in", arguments: Backend.allCases)
    func madeBefore(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let owner = try await scene.server.owner()
            let made = try await scene.server.send(
                "POST", "/api/v2/users", token: owner.token,
                body: """
                    {"username":"prepared","email":"Ana@Provider.test","login_type":"oidc",
                    "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                    """)
            let id = try #require(made["id"]?.text, "\(made)")
            let user = try await scene.visit().user()
            #expect(user["id"]?.text == id && user["username"]?.text == "prepared")
            #expect(try scene.link("user_id") == id)
            #expect(try await scene.visit(["email": "later@corp.test"]).user()["id"]?.text == id)
        }
    }

    @Test("155, 156: an empty linked id is filled in", arguments: Backend.allCases)
    func emptyLink(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let first = try await scene.visit().user()
            try scene.server.database.sql("UPDATE user_links SET linked_id = ''")
            #expect(try await scene.visit(["sub": "subject-2"]).user()["id"] == first["id"])
            #expect(try scene.link("user_id", subject: "subject-2") == first["id"]?.text)
            #expect(try await scene.visit(["sub": "subject-3"]).answer.isPage(403, "Account already linked"))
        }
    }

    @Test("§8.5: an account of another login type is not opened", arguments: Backend.allCases)
    func otherLoginType(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let owner = try await scene.server.owner()
            let answer = try await scene.visit(["email": "OWNER@usersd.test", "name": "Attacker"]).answer
            #expect(answer.isPage(403, "Incorrect login type", "password"), "\(answer)")
            try await scene.server.create("bot", by: owner)
            try scene.server.database.sql("UPDATE users SET login_type = 'none' WHERE username = 'bot'")
            let other = try await scene.visit(["email": "bot@usersd.test"]).answer
            #expect(other.isPage(403, "Incorrect login type"), "\(other)")
            #expect(try scene.count("user_links") == "0")
            let me = try await scene.server.send("GET", "/api/v2/users/me", token: owner.token)
            #expect(me["name"] == nil)
        }
    }

    @Test("§8.5: a new e-mail that is another user's changes nothing", arguments: Backend.allCases)
    func takenEmail(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            _ = try await scene.server.owner()
            let visit = try await scene.visit()
            let answer = try await scene.visit(["email": "Owner@usersd.test", "name": "Changed"]).answer
            #expect(answer.isError(500), "\(answer)")
            let user = try #require(try await visit.browser.user())
            #expect(user["email"]?.text == "ana@provider.test" && user["name"]?.text == "Ana Sample")
            let fault = try #require(answer.detail?.firstMatch(of: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/))
            #expect(scene.server.log.lines.contains { $0.contains(fault.output) }, "decisions.md #26")
        }
    }

    @Test("§8.4: a deleted account stays deleted; the same person gets a new one", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let owner = try await scene.server.owner()
            let first = try await scene.visit().user()
            let id = try #require(first["id"]?.text)
            let gone = try await scene.server.send("DELETE", "/api/v2/users/\(id)", token: owner.token)
            #expect(gone.status == 200 || gone.status == 204)
            let again = try await scene.visit().user()
            #expect(again["id"] != first["id"] && again["username"]?.text == "ana")
        }
    }
}
