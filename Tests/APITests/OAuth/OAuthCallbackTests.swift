import API
import HTTP
import JSON
import TestSupport
import Testing

/// What comes back from a provider: auth.md §8.1, cases 115–117 of §14.
@Suite struct OAuthCallbackTests {
    private static let path = Browser.oidcCallback

    @Test("115: the provider's refusal is passed on", arguments: Backend.allCases)
    func providerError(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let rows: [(query: String, code: String, detail: String?)] = [
                ("error=access_denied&error_description=x&error_uri=u", "access_denied", "x, error_uri: u"),
                ("error=access_denied", "access_denied", nil),
                ("error=server_error&error_description=too%20late", "server_error", "too late"),
                ("error=server_error&error_uri=http%3A%2F%2Fu.test%2F", "server_error", "error_uri: http://u.test/"),
                // Before all else, even with a code and a state.
                ("error=login_required&code=c&state=s", "login_required", nil),
            ]
            for row in rows {
                let answer = try await scene.server.send("GET", "\(Self.path)?\(row.query)")
                #expect(answer.isError(400) && answer.detail == row.detail, "\(row.query): \(answer)")
                #expect(answer.message?.contains(row.code) == true)
            }
            let empty = try await scene.server.send("GET", "\(Self.path)?error=")
            #expect(empty.status == 307, "an empty error is none")
            #expect(scene.provider.count("/token") == 0)
        }
    }

    @Test(
        "116: a callback needs its state, the cookie of it, and the verifier; in this order",
        arguments: Backend.allCases)
    func proofs(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let rows: [(query: String, state: String?, verifier: String?, status: Int)] = [
                ("code=c", nil, nil, 400), ("code=c", "s", "v", 400), ("code=c&state=", "s", "v", 400),
                ("code=c&state=s", nil, nil, 401), ("code=c&state=s", nil, "v", 401),
                ("code=c&state=s", "", "v", 401), ("code=c&state=s", "t", nil, 401), ("code=c&state=s", "t", "v", 401),
                ("code=c&state=s", "S", "v", 401), ("code=c&state=s", "ss", "v", 401),
                ("code=c&state=s&state=t", "t", "v", 401), ("code=c&state=s", "s", nil, 400),
            ]
            for row in rows {
                let browser = Browser(scene.server)
                browser.set("oauth_state", to: row.state)
                browser.set("oauth_pkce_verifier", to: row.verifier)
                let answer = try await browser.get("\(Self.path)?\(row.query)")
                #expect(answer.isError(row.status), "\(row): \(answer)")
                #expect(answer.header("WWW-Authenticate").isEmpty, "\(row)")
            }
            #expect(scene.provider.count("/token") == 0, "no code went to the provider")
        }
    }

    @Test("116: a provider without S256 is asked without PKCE, and no verifier is missed", arguments: Backend.allCases)
    func withoutPKCE(on backend: Backend) async throws {
        for methods in [nil, ["plain"]] as [JSONValue?] {
            try await OIDCScene.with(
                backend,
                provider: {
                    $0.metadata = $0.metadata.removing("code_challenge_methods_supported")
                    if let methods {
                        $0.metadata = $0.metadata.setting("code_challenge_methods_supported", methods)
                    }
                },
                { scene in
                    let visit = try await scene.visit()
                    #expect(visit.isSignedIn && visit.browser.cookies["oauth_pkce_verifier"] == nil)
                    #expect(scene.provider.asked("/authorize").first?.query.first("code_challenge") == nil)
                    #expect(scene.provider.asked("/token").first?.form.first("code_verifier") == nil)
                })
        }
    }

    @Test("117: an exchange that fails is told with the provider's text", arguments: Backend.allCases)
    func exchange(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let rows: [(answer: CannedAnswer, status: Int, texts: [String])] = [
                (
                    CannedAnswer(.badRequest, #"{"error":"invalid_grant","error_description":"a stale code"}"#), 500,
                    ["invalid_grant", "a stale code"]
                ),
                (CannedAnswer(.unauthorized, #"{"error":"invalid_client"}"#), 500, ["invalid_client"]),
                (CannedAnswer(.ok, #"{"error":"slow_down"}"#), 500, ["slow_down"]),
                (CannedAnswer(.badRequest, #"{"error":"authorization_pending"}"#), 400, ["authorization_pending"]),
                (CannedAnswer(.serviceUnavailable, "down", contentType: "text/plain"), 500, []),
                (CannedAnswer(.serviceUnavailable, #"{"access_token":"a","id_token":"b"}"#), 500, []),
                (CannedAnswer(.seeOther, #"{"access_token":"a","id_token":"b"}"#), 500, []),
                (CannedAnswer(.ok, ""), 500, []), (CannedAnswer(.ok, "[]"), 500, []),
                (CannedAnswer(.ok, "{}"), 500, []),
                (CannedAnswer(.ok, #"{"access_token":7,"token_type":"Bearer"}"#), 500, []),
            ]
            for row in rows {
                scene.provider.answer("/token", with: row.answer)
                let answer = try await scene.visit().answer
                #expect(answer.isError(row.status), "\(row): \(answer)")
                #expect(row.texts.allSatisfy { answer.detail?.contains($0) == true }, "\(answer)")
            }
            scene.provider.answer("/token", with: nil)
            #expect(try await scene.visit().isSignedIn)
        }
    }

    @Test("117: nobody listens at the token endpoint", arguments: Backend.allCases)
    func unreachable(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend, provider: { $0.metadata = $0.metadata.setting("token_endpoint", "http://127.0.0.1:1/token") }
        ) { scene in
            let answer = try await scene.visit().answer
            #expect(answer.isError(500), "\(answer)")
        }
    }
}
