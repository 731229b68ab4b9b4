import API
import JSON
import TestSupport
import Testing

/// Which account somebody from GitHub gets: auth.md §8.4 and §8.5, cases 128–132 of §14; decisions.md #10, #11, #17.
@Suite struct GitHubAccountTests {
    @Test("128: sign-ups off: the first user is an owner, the second is refused", arguments: Backend.allCases)
    func signUpsOff(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend, { $0.allowsSignUps = false }) { server, github async throws in
            let browser = Browser(server)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            #expect(try await browser.user()?["roles"]?[0]?["name"]?.text == "owner")
            let before = try server.database.accountRows()
            github.become(2, "bert", email: "bert@github.test")
            let second = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(second.status == 403 && second.isPage && second.body.contains("Signups are disabled"), "\(second)")
            #expect(!second.opensSession)
            #expect(try server.database.accountRows() == before)
        }
    }

    @Test(
        "129: an account of another login type is refused; passwords get a hint", arguments: Backend.allCases,
        ["password", "oidc", "none"])
    func otherLoginType(on backend: Backend, type: String) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            _ = try await server.owner()
            try server.database.sql("UPDATE users SET login_type = '\(type)' WHERE username = 'owner'")
            github.become(1, "owner", email: "OWNER@usersd.test")
            let before = try server.database.accountRows()
            let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(answer.status == 403 && answer.isPage && !answer.opensSession, "\(answer)")
            #expect(answer.body.contains("Incorrect login type"))
            #expect(answer.body.contains("convert") == (type == "password"))
            #expect(try server.database.accountRows() == before)
        }
    }

    @Test("131: a name is trimmed and cut to 128 bytes", arguments: Backend.allCases)
    func name(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let names = [
                (" " + String(repeating: "a", count: 129), String(repeating: "a", count: 128)),
                ("  Ana  B ", "Ana  B"), (" \t ", ""),
                (String(repeating: "a", count: 127) + "é", String(repeating: "a", count: 127)),
                (String(repeating: "a", count: 127) + " b", String(repeating: "a", count: 127)),
            ]
            for (given, expected) in names {
                github.configure { $0.account.name = given }
                let browser = Browser(server)
                #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
                let user = try #require(try await browser.user())
                #expect((user["name"]?.text ?? "") == expected)
            }
        }
    }

    @Test("132: after a deletion the same person gets a new account", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let owner = try await server.owner()
            let browser = Browser(server)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let first = try #require(try await browser.user()?["id"]?.text)
            #expect(try await server.send("DELETE", "/api/v2/users/\(first)", token: owner.token).status == 200)
            #expect(try await browser.user() == nil)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let second = try #require(try await browser.user())
            #expect(second["id"]?.text != first && second["username"]?.text == "octo-ana")
        }
    }

    @Test("decisions.md #11: a suspended user gets no session, and nothing changes", arguments: Backend.allCases)
    func suspended(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            try server.database.sql("UPDATE users SET status = 'suspended' WHERE login_type = 'github'")
            github.configure { $0.account.name = "Changed" }
            let before = try server.database.accountRows()
            let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(answer.status == 403 && answer.isPage && answer.body.contains("Account suspended"), "\(answer)")
            #expect(!answer.opensSession)
            #expect(try server.database.accountRows() == before)
        }
    }

    @Test("a dormant user wakes and is seen", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let id = try #require(try await browser.user()?["id"]?.text)
            try server.database.setStatus("dormant", of: id)
            server.clock.advance(seconds: 100)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            #expect(try server.database.status(of: id) == "active")
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == server.microseconds())
        }
    }

    @Test(
        "decisions.md #10: an account linked to another GitHub user is refused; an empty link is filled in",
        arguments: Backend.allCases)
    func linked(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            let before = try server.database.accountRows()
            github.configure { $0.account.id = 99 }
            let refused = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(refused.status == 403 && refused.isJSON && !refused.opensSession, "\(refused)")
            #expect(try server.database.accountRows() == before)
            try server.database.sql("UPDATE user_links SET linked_id = ''")
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            #expect(try server.database.sql("SELECT linked_id FROM user_links") == [["99"]])
            #expect(try server.database.liveUsers() == "1")
        }
    }
}
