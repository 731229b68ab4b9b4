import API
import JSON
import TestSupport
import Testing

/// github.com itself, at its own addresses: auth.md §8.2 step 8.
@Suite struct GitHubComTests {
    private static func with(
        _ backend: Backend, _ body: @escaping @Sendable (TestServer, FakeGitHub) async throws -> Void
    ) async throws {
        try await FakeGitHub.with(.dotCom) { github in
            var settings = GitHubSettings()
            settings.clientID = "github-client"
            settings.clientSecret = "github-secret"
            settings.allowsEveryone = true
            settings.allowsSignUps = true
            let provider = GitHubProvider(settings: settings, client: GitHubComClient(github: github))
            try await TestServer.with(backend, providers: Providers(github: provider)) { server in
                try await body(server, github)
            }
        }
    }

    private static func signIn(_ browser: Browser, _ github: FakeGitHub) async throws -> Answer {
        let start = try await browser.get(Browser.githubCallback)
        let location = try #require(start.header("Location").first)
        #expect(location.hasPrefix("https://github.com/login/oauth/authorize?"))
        return try await browser.get(try github.visit(GitHubComClient(github: github).local(location)).target)
    }

    @Test("the numeric id is stored, and again when it has changed", arguments: Backend.allCases)
    func numericID(on backend: Backend) async throws {
        try await Self.with(backend) { server, github async throws in
            let ids = "SELECT github_com_user_id FROM users WHERE NOT is_system"
            #expect(try await Self.signIn(Browser(server), github).status == 307)
            #expect(try server.database.sql(ids) == [["4711"]])
            try server.database.sql("UPDATE users SET github_com_user_id = 12 WHERE NOT is_system")
            #expect(try await Self.signIn(Browser(server), github).status == 307)
            #expect(try server.database.sql(ids) == [["4711"]])
        }
    }

    @Test("an Enterprise server's id is not stored, and does not replace one", arguments: Backend.allCases)
    func enterprise(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let ids = "SELECT github_com_user_id FROM users WHERE NOT is_system"
            for expected in [nil, "12"] {
                #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
                #expect(try server.database.sql(ids) == [[expected]])
                try server.database.sql("UPDATE users SET github_com_user_id = 12 WHERE NOT is_system")
            }
        }
    }

    @Test("a user that cannot be written is 500 without a cookie", arguments: Backend.allCases)
    func failure(on backend: Backend) async throws {
        try await Self.with(backend) { server, github async throws in
            #expect(try await Self.signIn(Browser(server), github).status == 307)
            try server.database.sql("UPDATE users SET github_com_user_id = 12 WHERE NOT is_system")
            try server.database.failOn("UPDATE", of: "users", cause: "no update")
            let before = try server.database.accountRows()
            let answer = try await Self.signIn(Browser(server), github)
            #expect(answer.status == 500 && answer.isJSON && !answer.opensSession, "\(answer)")
            #expect(!answer.body.contains("no update"))
            #expect(try server.database.accountRows() == before)
        }
    }
}
