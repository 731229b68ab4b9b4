import API
import JSON
import TestSupport
import Testing

/// What a first sign-in with GitHub makes: auth.md §8.2, §8.5; case 130 of §14; decisions.md #17, #18.
@Suite struct GitHubNewUserTests {
    @Test(
        "130: a login becomes a user name, whatever it looks like", arguments: Backend.allCases,
        [
            ("a_b", "a-b"), ("octo", "octo"), ("Octo-Ana", "Octo-Ana"), (String(repeating: "a", count: 32), "a{32}"),
            // GitHub's longest; the rest are what Enterprise servers and older days have made.
            (String(repeating: "a", count: 39), nil), ("a__b", nil), ("_a", nil), ("a_", nil), ("new", nil),
            ("create", nil), ("über_ana", nil), ("日本語", nil), ("a b", "ab"), ("ana@corp.test", "ana"), ("", nil),
            ("<script>", "script"), ("../../etc", "etc"), ("a\u{0}b", nil),
        ] as [(String, String?)])
    func login(on backend: Backend, _ row: (login: String, expected: String?)) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            github.configure { $0.account.login = row.login }
            let browser = Browser(server)
            let answer = try await browser.signIn(Browser.githubCallback, at: github)
            #expect(answer.status == 307, "\(answer)")
            let name = try #require(try await browser.user()?["username"]?.text)
            #expect(name.wholeMatch(of: /[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*/) != nil && name.utf8.count <= 32, "\(name)")
            #expect(name != "new" && name != "create")
            if let expected = row.expected { #expect(try name.wholeMatch(of: Regex(expected)) != nil, "\(name)") }
        }
    }

    @Test("a taken name gets a suffix", arguments: Backend.allCases)
    func taken(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            _ = try await server.owner()
            github.configure { $0.account.login = "Owner" }
            let browser = Browser(server)
            #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
            let user = try #require(try await browser.user())
            let name = try #require(user["username"]?.text)
            #expect(name.hasPrefix("Owner-") && name.utf8.count <= 32, "\(name)")
            #expect(user["roles"]?.elements == [])
        }
    }

    @Test("membership, key pair, link and session of a new user", arguments: Backend.allCases)
    func traces(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            let answer = try await browser.signIn(Browser.githubCallback, at: github)
            let cookie = try #require(answer.header("Set-Cookie").first { $0.hasPrefix("coder_session_token=") })
            let session = /coder_session_token=[0-9A-Za-z]{10}-[0-9A-Za-z]{22}; Path=\/; Max-Age=31536000; .*HttpOnly.*/
            #expect(cookie.wholeMatch(of: session) != nil, "\(cookie)")
            let user = try #require(try await browser.user())
            #expect(user["login_type"]?.text == "github" && user["status"]?.text == "active")
            #expect(user["organization_ids"]?.elements.count == 1)
            let database = server.database
            #expect(
                try database.sql("SELECT login_type, linked_id, oauth_refresh_token FROM user_links")
                    == [["github", "4711", ""]])
            #expect(
                try database.sql("SELECT login_type, lifetime_seconds, token_name FROM api_keys")
                    == [["github", "86400", ""]])
            #expect(try database.sql("SELECT count(*) FROM gitsshkeys") == [["1"]])
            #expect(
                try database.sql("SELECT count(*) FROM users WHERE NOT is_system AND length(hashed_password) = 0")
                    == [["1"]])
            // A second sign-in renews the link's tokens and keeps the first session.
            let token = try database.sql("SELECT oauth_access_token FROM user_links")
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            #expect(try database.sql("SELECT oauth_access_token FROM user_links") != token)
            #expect(try await browser.user() != nil)
        }
    }

    @Test("decisions.md #17: of many first sign-ins at once, one makes an owner", arguments: Backend.allCases)
    func owners(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend, { $0.allowsSignUps = false }) { server, github async throws in
            var requests: [@Sendable (TestServer) async throws -> Answer] = []
            for _ in 0..<6 {
                let browser = Browser(server)
                let target = try await browser.begin(Browser.githubCallback, at: github).target
                let cookie = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
                requests.append { server in try await server.send("GET", target, headers: [("Cookie", cookie)]) }
            }
            let answers = try await server.sendTogether(requests)
            #expect(answers.contains { $0.status == 307 })
            #expect(try server.database.liveUsers() == "1")
            #expect(try server.database.sql("SELECT count(*) FROM user_links") == [["1"]])
            for answer in answers { #expect(answer.opensSession == (answer.status == 307), "\(answer)") }
        }
    }
}
