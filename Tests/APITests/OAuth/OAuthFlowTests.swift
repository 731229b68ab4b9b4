import API
import HTTP
import JSON
import TestSupport
import Testing

/// The machine that begins and ends a flow: auth.md §8.1, cases 112–117 and 123 of §14, decisions.md #8.
@Suite struct OAuthFlowTests {
    private static let path = Browser.oidcCallback

    private static func isAlphanumeric(_ text: String) -> Bool {
        text.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 }
    }

    @Test("112: without a provider every call is refused, and no flow begins", arguments: Backend.allCases)
    func switchedOff(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for query in ["", "?error=access_denied", "?code=c&state=s", "?redirect=/x"] {
                let answer = try await server.send("GET", Self.path + query)
                #expect(answer.isError(400), "\(query): \(answer)")
                #expect(!answer.header("Set-Cookie").contains { $0.hasPrefix("oauth_") })
            }
        }
    }

    @Test("113: a flow begins with three cookies", arguments: Backend.allCases, [false, true])
    func start(on backend: Backend, isSecure: Bool) async throws {
        try await OIDCScene.with(backend, configuration: { $0.usesSecureCookies = isSecure }) { scene in
            for query in ["", "?redirect=", "?code=", "?redirect=%2Fx&state=given"] {
                let browser = Browser(scene.server)
                let answer = try await browser.get(Self.path + query)
                #expect(answer.status == 307)
                let state = try #require(browser.cookies["oauth_state"])
                let verifier = try #require(browser.cookies["oauth_pkce_verifier"])
                #expect(state.utf8.count == 32 && Self.isAlphanumeric(state))
                #expect(verifier.utf8.count == 43)
                #expect(Self.isAlphanumeric(verifier.replacing("-", with: "").replacing("_", with: "")))
                #expect(browser.cookies["oauth_redirect"] == (query.contains("%2Fx") ? "/x" : ""))
                let attributes: Set = ["Path=/", "HttpOnly", "SameSite=Lax"]
                for name in ["oauth_state", "oauth_redirect", "oauth_pkce_verifier"] {
                    #expect(answer.attributes(ofCookie: name) == attributes.union(isSecure ? ["Secure"] : []))
                }
                #expect(answer.header("Location").first?.contains(verifier) == false)
            }
        }
    }

    @Test("113: no two flows share a state or a verifier", arguments: Backend.allCases)
    func fresh(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            var seen: Set<String> = []
            for _ in 0..<20 {
                let browser = Browser(scene.server)
                _ = try await browser.get(Self.path)
                seen.formUnion(["oauth_state", "oauth_pkce_verifier"].compactMap { browser.cookies[$0] })
            }
            #expect(seen.count == 40)
        }
    }

    @Test("113: what the provider is asked", arguments: Backend.allCases)
    func authorization(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend,
            settings: {
                $0.scopes = ["openid", "email", "groups"]
                $0.authorizationParameters = [("access_type", "online"), ("prompt", "select account&x=y")]
            },
            configuration: { $0.accessURL = "https://dev.usersd.test" }
        ) { scene in
            let browser = Browser(scene.server)
            _ = try await browser.begin(Self.path, at: scene.provider)
            let query = try #require(scene.provider.asked("/authorize").first).query
            let expected = [
                "response_type": "code", "client_id": "oidc-client", "scope": "openid email groups",
                "redirect_uri": "https://dev.usersd.test/api/v2/users/oidc/callback",
                "state": browser.cookies["oauth_state"], "access_type": "online", "prompt": "select account&x=y",
                "code_challenge_method": "S256",
            ]
            for (name, value) in expected { #expect(query.all(name) == [value].compactMap { $0 }, "\(name)") }
            #expect(query.all("nonce").isEmpty && query.all("code_verifier").isEmpty)
            #expect(query.first("code_challenge")?.utf8.count == 43)
        }
    }

    @Test("113: access_type is offline by itself, and the redirect base can be another", arguments: Backend.allCases)
    func defaults(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.redirectBaseURL = "https://other.test" }) { scene in
            let browser = Browser(scene.server)
            _ = try await browser.begin(Self.path, at: scene.provider)
            let query = try #require(scene.provider.asked("/authorize").first).query
            #expect(query.all("access_type") == ["offline"] && query.first("scope") == "openid profile email")
            #expect(query.first("redirect_uri") == "https://other.test/api/v2/users/oidc/callback")
        }
    }

    @Test("114: a conversion's state is used as it is", arguments: Backend.allCases)
    func mergeState(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let state = "convert-" + String(repeating: "aZ09", count: 8)
            let browser = Browser(scene.server)
            let back = try await browser.begin(Self.path, "oidc_merge_state=\(state)", at: scene.provider)
            #expect(back.state == state && browser.cookies["oauth_state"] == state)
        }
    }

    @Test("123: other methods and paths begin no flow; HEAD is answered as GET", arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let answer = try await scene.server.send(method, Self.path, body: "{}")
                #expect(answer.status == 405 && answer.header("Location").isEmpty, "\(method): \(answer)")
            }
            for path in ["/x", "/x/y?code=c&state=s", "2"] {
                let answer = try await scene.server.send("GET", Self.path + path)
                #expect([401, 404].contains(answer.status) && answer.header("Location").isEmpty, "\(path): \(answer)")
            }
            let head = try await scene.server.send("HEAD", Self.path)
            #expect(head.status == 307 && head.body.isEmpty)
            #expect(head.header("Location").first?.hasPrefix("\(scene.provider.url)/authorize?") == true)
        }
    }
}
