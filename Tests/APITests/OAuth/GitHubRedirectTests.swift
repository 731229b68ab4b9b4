import API
import HTTP
import TestSupport
import Testing

/// Where a sign-in with GitHub ends: auth.md §8.1 and §15, cases 118–122 of §14.
@Suite struct GitHubRedirectTests {
    private static let redirects = [
        ("https://malicious/foo/bar?hello=world&bar=baz", "/foo/bar?hello=world&bar=baz"),  // 118
        ("//evil/x", "/x"), ("javascript:alert(1)", "/"), ("///evil", "/evil"),  // 120
        ("/a/b#fragment", "/a/b"), ("/a?b=c#d", "/a?b=c"), ("#only", "/"),  // 122
        ("", "/"), ("/", "/"), ("https://evil", "/"), ("https://evil?a=b", "/?a=b"), ("mailto:x@evil", "/"),
        ("/a?z=1&y=%2F&x=%41", "/a?z=1&y=%2F&x=%41"), ("%zz", "/"),
    ]

    @Test("118, 120, 122: a redirect is reduced to a path of ours", arguments: Backend.allCases)
    func reduced(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            for (redirect, expected) in Self.redirects {
                let answer = try await Browser(server).signIn(
                    Browser.githubCallback, "redirect=\(percentEncoded(redirect))", at: github)
                #expect(answer.status == 307 && answer.header("Location") == [expected], "\(redirect) \(answer)")
            }
        }
    }

    @Test("119, 120: a forged cookie leads nowhere else", arguments: Backend.allCases)
    func forged(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let others = [
                "https://evil.test/x", "//evil.test/x", "///evil.test", "////evil.test", "/\\evil.test",
                "\\\\evil.test", "http:evil.test", "https:/evil.test", "javascript:alert(1)", "/%09/evil.test",
                "evil.test", "?//evil.test", "http://[evil", "https:///evil.test",
            ]
            for forged in others {
                let browser = Browser(server)
                let callback = try await browser.begin(Browser.githubCallback, at: github)
                browser.set("oauth_redirect", to: forged)
                let answer = try await browser.get(callback.target)
                let location = Array(try #require(answer.header("Location").first))
                #expect(answer.status == 307 && location[0] == "/", "\(forged) \(String(location))")
                // A browser reads two slashes of either kind as the begin of a host.
                #expect(location.count == 1 || !["/", "\\"].contains(location[1]), "\(forged) \(String(location))")
            }
        }
    }

    @Test(
        "121: an empty cookie goes before the callback's own redirect; a missing one does not",
        arguments: Backend.allCases)
    func precedence(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            for (cookie, expected) in [("", "/"), ("/kept", "/kept"), (nil, "/asked?a=b")] as [(String?, String)] {
                let browser = Browser(server)
                let callback = try await browser.begin(Browser.githubCallback, at: github)
                browser.set("oauth_redirect", to: cookie)
                let answer = try await browser.get(callback.target + "&redirect=https%3A%2F%2Fevil%2Fasked%3Fa%3Db")
                #expect(answer.status == 307 && answer.header("Location") == [expected], "\(answer)")
            }
        }
    }
}
