import API
import Crypto
import HTTP
import JSON
import TestSupport
import Testing

/// How a sign-in with GitHub begins: auth.md §8.1 and §8.2, cases 78, 112–114 and 123 of §14; decisions.md #19.
@Suite struct GitHubStartTests {
    @Test("78: with GitHub on, authmethods says so, and no default provider", arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, _ async throws in
            let answer = try await server.send("GET", "/api/v2/users/authmethods")
            #expect(answer["github"] == ["enabled": true, "default_provider_configured": false])
        }
    }

    @Test(
        "112: without GitHub the callback is 400, also with an error or a code", arguments: Backend.allCases,
        ["callback", "callback?error=access_denied", "callback?code=c", "callback?code=c&state=s", "device"])
    func off(on backend: Backend, target: String) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/api/v2/users/oauth2/github/" + target)
            #expect(answer.status == 400 && answer.isJSON && answer.header("Location").isEmpty, "\(answer)")
            #expect(answer.header("Set-Cookie").allSatisfy { !$0.hasPrefix("oauth_") })
        }
    }

    @Test("113: the start sets three cookies and goes to GitHub", arguments: Backend.allCases, ["", "?code=&state=x"])
    func start(on backend: Backend, query: String) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            let answer = try await browser.get(Browser.githubCallback + query)
            #expect(answer.status == 307)
            let lines = answer.header("Set-Cookie")
            for cookie in [
                /oauth_state=[0-9A-Za-z]{32};.*/, /oauth_redirect=;.*/, /oauth_pkce_verifier=[\w-]{43};.*/,
            ] {
                let line = try #require(lines.first { $0.wholeMatch(of: cookie) != nil })
                let attributes = line.split(separator: ";").dropFirst().map { $0.trimmingPrefix(" ") }
                #expect(Set(attributes) == ["Path=/", "HttpOnly", "SameSite=Lax"], "\(line)")
            }
            let location = try #require(answer.header("Location").first)
            #expect(location.hasPrefix(github.url + "/login/oauth/authorize?"))
            let verifier = try #require(browser.cookies["oauth_pkce_verifier"])
            let expected = [
                "response_type": "code", "client_id": "github-client", "access_type": "offline",
                "redirect_uri": "http://127.0.0.1:3000" + Browser.githubCallback,
                "scope": "read:user read:org user:email", "state": browser.cookies["oauth_state"],
                "code_challenge": JWTForge.base64URL(Array(SHA256.hash(data: Array(verifier.utf8)))),
                "code_challenge_method": "S256",
            ]
            let items = QueryItems(Array((location.split(separator: "?").last ?? "").utf8)[...]).items
            #expect(Dictionary(items.map { ($0.name, $0.value) }) { $0 + $1 } == expected.compactMapValues { $0 })
        }
    }

    @Test("113: no two starts share a state or a verifier; cookies follow the options", arguments: Backend.allCases)
    func fresh(on backend: Backend) async throws {
        try await FakeGitHub.with { github in
            let providers = github.github()
            try await TestServer.with(
                backend, providers: providers,
                {
                    $0.usesSecureCookies = true
                    $0.sameSite = .none
                }
            ) { server in
                let browser = Browser(server)
                var seen: Set<String> = []
                for _ in 0..<3 {
                    let answer = try await browser.get(Browser.githubCallback)
                    for name in ["oauth_state", "oauth_pkce_verifier"] { seen.insert(browser.cookies[name] ?? "") }
                    for line in answer.header("Set-Cookie") where line.hasPrefix("oauth_") {
                        #expect(line.contains("; Secure") && line.contains("; SameSite=None"), "\(line)")
                    }
                }
                #expect(seen.count == 6)
            }
        }
    }

    @Test("114: a conversion's state is the flow's", arguments: Backend.allCases)
    func conversionState(on backend: Backend) async throws {
        try await Self.expectState("convert-0123456789abcdefghijklmnopqrstuv", backend)
    }

    @Test("114: any other oidc_merge_state is the flow's too", arguments: Backend.allCases)
    func anyState(on backend: Backend) async throws {
        try await Self.expectState("another-state-of-a-client", backend)
    }

    private static func expectState(_ given: String, _ backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, _ async throws in
            let browser = Browser(server)
            let answer = try await browser.get("\(Browser.githubCallback)?oidc_merge_state=\(given)")
            #expect(answer.status == 307 && answer.locationItem("state") == given)
            #expect(browser.cookies["oauth_state"] == given)
        }
    }

    @Test("123: only GET begins a flow, and only at the exact path", arguments: Backend.allCases)
    func methodsAndPaths(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, _ async throws in
            let cases = ["POST", "PUT", "PATCH", "DELETE"].map { ($0, "", 405) } + [("GET", "/more", 404)]
            for (method, suffix, status) in cases {
                for query in ["", "?code=c&state=s"] {
                    let answer = try await server.send(method, Browser.githubCallback + suffix + query)
                    #expect(answer.status == status && answer.header("Location").isEmpty, "\(method) \(answer)")
                    #expect(answer.header("Set-Cookie").allSatisfy { !$0.hasPrefix("oauth_") })
                }
            }
        }
    }
}
