import API
import JSON
import Outbound
import TestSupport
import Testing

extension FakeProvider {
    /// What an operator would configure for this provider, discovered.
    func oidc(_ change: (inout OIDCSettings) -> Void = { _ in }) async throws -> Providers {
        var settings = OIDCSettings()
        settings.issuer = url
        settings.clientID = "oidc-client"
        settings.clientSecret = "oidc-secret"
        change(&settings)
        return Providers(oidc: try await OIDCProvider.discover(settings, client: CurlClient()))
    }
}

extension FakeGitHub {
    /// What an operator would configure for this site; everybody may come unless `change` says otherwise.
    func github(_ change: (inout GitHubSettings) -> Void = { _ in }) -> Providers {
        let known = settings
        var settings = GitHubSettings()
        settings.clientID = known.clientID
        settings.clientSecret = known.clientSecret
        settings.webURL = url
        settings.apiURL = apiURL
        settings.allowsEveryone = true
        settings.allowsSignUps = true
        change(&settings)
        return Providers(github: GitHubProvider(settings: settings, client: CurlClient()))
    }
}

/// The straight way in, at both providers (auth.md §8).
@Suite struct ProviderSignInTests {
    @Test(
        "OpenID Connect: the first user is an owner, the second a member; a third sign-in finds the first",
        arguments: Backend.allCases)
    func oidc(on backend: Backend) async throws {
        try await FakeProvider.with { provider in
            let providers = try await provider.oidc()
            try await TestServer.with(backend, providers: providers) { server in
                let first = Browser(server)
                let answer = try await first.signIn(
                    Browser.oidcCallback, "redirect=%2Fworkspaces%3Fa%3Db", at: provider)
                #expect(answer.status == 307 && answer.header("Location") == ["/workspaces?a=b"], "\(answer)")
                let user = try #require(try await first.user())
                #expect(user["username"]?.text == "ana" && user["email"]?.text == "ana@provider.test")
                #expect(user["login_type"]?.text == "oidc" && user["status"]?.text == "active")
                #expect(user["roles"]?.elements.compactMap { $0["name"]?.text } == ["owner"])
                #expect(user["organization_ids"]?.elements.count == 1)

                provider.configure { $0.claims = $0.claims.setting("sub", "2").setting("email", "ana2@provider.test") }
                let second = Browser(server)
                #expect(try await second.signIn(Browser.oidcCallback, at: provider).status == 307)
                let other = try #require(try await second.user())
                #expect(other["roles"]?.elements.isEmpty == true)
                #expect(other["username"]?.text?.hasPrefix("ana-") == true)

                provider.configure {
                    $0.claims = $0.claims.setting("sub", "subject-1").setting("email", "new@provider.test")
                }
                #expect(try await second.signIn(Browser.oidcCallback, at: provider).status == 307)
                let again = try #require(try await second.user())
                #expect(again["id"] == user["id"] && again["email"]?.text == "new@provider.test")
                #expect(again["username"]?.text == "ana")
            }
        }
    }

    @Test("GitHub: a new user, and again", arguments: Backend.allCases)
    func github(on backend: Backend) async throws {
        try await FakeGitHub.with { github in
            try await TestServer.with(backend, providers: github.github()) { server in
                let browser = Browser(server)
                let answer = try await browser.signIn(Browser.githubCallback, at: github)
                #expect(answer.status == 307 && answer.header("Location") == ["/"], "\(answer)")
                let user = try #require(try await browser.user())
                #expect(user["username"]?.text == "octo-ana" && user["login_type"]?.text == "github")
                #expect(user["avatar_url"]?.text == "https://avatars.github.test/u/4711")
                #expect(try await browser.signIn(Browser.githubCallback, at: github).status == 307)
                #expect(try await browser.user()?["id"] == user["id"])
            }
        }
    }

    @Test("GitHub's device flow", arguments: Backend.allCases)
    func device(on backend: Backend) async throws {
        try await FakeGitHub.with { github in
            github.configure { $0.deviceSteps = [.pending, .slowDown, .granted] }
            try await TestServer.with(backend, providers: github.github { $0.usesDeviceFlow = true }) { server in
                let browser = Browser(server)
                let start = try await browser.get(Browser.githubCallback)
                let state = try #require(browser.cookies["oauth_state"])
                #expect(start.header("Location") == ["/login/device?state=\(state)"])
                let device = try await browser.get("/api/v2/users/oauth2/github/device")
                let code = try #require(device["device_code"]?.text)
                let poll = "\(Browser.githubCallback)?code=\(code)&state=\(state)"
                for (status, detail) in [(400, "authorization_pending"), (500, "slow_down")] {
                    let answer = try await browser.get(poll)
                    #expect(answer.status == status && answer.detail == detail, "\(answer)")
                    server.clock.advance(seconds: 15)
                }
                let done = try await browser.get(poll)
                #expect(done.status == 200 && done["redirect_url"]?.text == "/", "\(done)")
                #expect(try await browser.user()?["login_type"]?.text == "github")
            }
        }
    }
}
