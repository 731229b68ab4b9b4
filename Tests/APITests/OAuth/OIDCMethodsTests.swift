import API
import JSON
import TestSupport
import Testing

/// `GET /users/authmethods` with a provider, and the callback's limits: auth.md §6 and §12, cases 79–81, 172 and 177.
@Suite struct OIDCMethodsTests {
    private static let path = "/api/v2/users/authmethods"

    @Test("79, 80, 81: the provider shows, with its text and its icon", arguments: Backend.allCases)
    func shown(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend,
            configuration: {
                $0.isPasswordAuthDisabled = true
                $0.termsOfServiceURL = "https://terms.test/"
            }
        ) { scene in
            let expected =
                #"{"terms_of_service_url":"https://terms.test/","password":{"enabled":false},"#
                + #""github":{"enabled":false,"default_provider_configured":false},"#
                + #""oidc":{"enabled":true,"signInText":"OpenID Connect","iconUrl":""}}"#
            let answer = try await scene.server.send("GET", Self.path)
            #expect(answer.status == 200 && answer.body == expected + "\n", "\(answer)")
            #expect(try await scene.visit().isSignedIn, "passwords being off says nothing about providers")
        }
        try await OIDCScene.with(
            backend,
            settings: {
                $0.signInText = #"Log in "here" <now>"#
                $0.iconURL = "https://icon.test/i.svg?a=1&b=2"
            }
        ) { scene in
            let oidc = try await scene.server.send("GET", Self.path)["oidc"]
            #expect(oidc?["signInText"]?.text == #"Log in "here" <now>"#)
            #expect(oidc?["iconUrl"]?.text == "https://icon.test/i.svg?a=1&b=2" && oidc?["enabled"] == true)
        }
    }

    @Test("172, 177: the callback is counted with the sign-ins, sixty a minute", arguments: Backend.allCases)
    func limits(on backend: Backend) async throws {
        try await OIDCScene.with(backend, configuration: { $0.isRateLimitDisabled = false }) { scene in
            for left in stride(from: 59, through: 0, by: -1) {
                let answer = try await scene.server.send("GET", Browser.oidcCallback)
                #expect(answer.status == 307)
                #expect(answer.header("X-RateLimit-Limit") == ["60"])
                #expect(answer.header("X-RateLimit-Remaining") == ["\(left)"])
                #expect(answer.header("X-RateLimit-Reset").count == 1)
            }
            let answer = try await scene.server.send("GET", Browser.oidcCallback)
            #expect(answer.status == 429 && answer.header("Retry-After") == ["60"], "\(answer)")
            #expect(
                answer.message == "You've been rate limited for sending more than 60 requests in 1m0s.", "\(answer)")
            #expect(
                answer.header("Location").isEmpty && !answer.header("Set-Cookie").contains { $0.hasPrefix("oauth_") })
            let claims = try await scene.server.send("GET", "/api/v2/users/oidc-claims")
            #expect(claims.header("X-RateLimit-Limit") == ["512"])
        }
    }
}
