import API
import HTTP
import JSON
import TestSupport
import Testing

/// The e-mail that GitHub gives: auth.md §8.2 step 4 and §8.5, cases 127, 133 and 134 of §14.
@Suite struct GitHubEmailTests {
    typealias Email = FakeGitHubAccount.Email

    @Test(
        "127: the first that is verified and primary, or 400", arguments: Backend.allCases,
        [
            ([], nil), ([Email("a@x.test", primary: true, verified: false)], nil),
            ([Email("a@x.test", primary: false, verified: true)], nil),
            ([Email("a@x.test", primary: true, verified: false), Email("b@x.test", primary: false)], nil),
            ([Email("b@x.test", primary: false), Email("a@x.test"), Email("c@x.test")], "a@x.test"),
        ])
    func primary(on backend: Backend, _ row: (emails: [Email], taken: String?)) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            github.configure { $0.account.emails = row.emails }
            let browser = Browser(server)
            let answer = try await browser.signIn(Browser.githubCallback, at: github)
            if let taken = row.taken {
                #expect(answer.status == 307)
                #expect(try await browser.user()?["email"]?.text == taken)
            } else {
                #expect(answer.status == 400 && answer.isJSON && !answer.opensSession, "\(answer)")
                #expect(try server.database.liveUsers() == "0")
            }
        }
    }

    @Test("127: e-mails or a user that cannot be read are 500", arguments: Backend.allCases, ["/user/emails", "/user"])
    func upstream(on backend: Backend, path: String) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            for status in [Status.notFound, .internalServerError, .unauthorized] {
                github.fail(github.api(path), status)
                let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
                #expect(answer.status == 500 && answer.isJSON && !answer.opensSession, "\(answer)")
            }
            #expect(try server.database.liveUsers() == "0")
        }
    }

    @Test("133: a new e-mail, name, avatar and login: the same user, whose name stays", arguments: Backend.allCases)
    func changed(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let before = try #require(try await browser.user())
            github.configure {
                $0.account.login = "another"
                $0.account.name = nil
                $0.account.avatarURL = ""
                $0.account.emails = [Email("New@github.test")]
            }
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let after = try #require(try await browser.user())
            #expect(after["id"] == before["id"] && after["username"] == before["username"])
            #expect(after["email"]?.text == "New@github.test" && (after["name"]?.text ?? "") == "")
            #expect(after["avatar_url"]?.text ?? "" == "")
            #expect(try server.database.liveUsers() == "1")
        }
    }

    @Test("134: an e-mail of another user changes nothing", arguments: Backend.allCases, ["owner", "OWNER"])
    func taken(on backend: Backend, name: String) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            _ = try await server.owner()
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            github.configure {
                $0.account.emails = [Email("\(name)@usersd.test")]
                $0.account.name = "Somebody else"
            }
            let before = try server.database.accountRows()
            let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(answer.status >= 400 && !answer.opensSession, "\(answer)")
            #expect(!answer.body.contains("usersd.test"))
            #expect(try server.database.accountRows() == before)
        }
    }
}
