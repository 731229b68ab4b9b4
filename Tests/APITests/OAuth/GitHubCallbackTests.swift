import API
import HTTP
import JSON
import TestSupport
import Testing

/// What can be wrong with an answer of GitHub's pages: auth.md §8.1, cases 115–117 of §14.
@Suite struct GitHubCallbackTests {
    @Test(
        "115: GitHub's refusal is 400 and told in full", arguments: Backend.allCases,
        [
            ("error=access_denied&error_description=x&error_uri=u", "x, error_uri: u"),
            ("error=access_denied&error_uri=u", "error_uri: u"), ("error=access_denied&error_description=x", "x"),
            ("error=access_denied", nil), ("error=access_denied&code=c&state=s", nil),
        ] as [(String, String?)])
    func refused(on backend: Backend, _ row: (query: String, detail: String?)) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            _ = try await browser.begin(Browser.githubCallback, at: github)
            let answer = try await browser.get("\(Browser.githubCallback)?\(row.query)")
            #expect(answer.status == 400 && answer.isJSON)
            #expect(answer.message?.contains("access_denied") == true && answer.detail == row.detail, "\(answer)")
            #expect(github.count(FakeGitHub.tokenPath) == 0)
        }
    }

    enum Spoiling: CaseIterable, Sendable {
        case noState, noStateCookie, otherState, otherStateWithoutVerifier, noVerifier

        var status: Int {
            switch self {
            case .noState, .noVerifier: 400
            case .noStateCookie, .otherState, .otherStateWithoutVerifier: 401
            }
        }
    }

    @Test("116: state and verifier, in this order", arguments: Backend.allCases, Spoiling.allCases)
    func state(on backend: Backend, spoiling: Spoiling) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            let callback = try await browser.begin(Browser.githubCallback, at: github)
            var target = callback.target
            switch spoiling {
            case .noState: target = "\(Browser.githubCallback)?code=\(callback.code ?? "")"
            case .noStateCookie: browser.set("oauth_state", to: nil)
            case .otherState: browser.set("oauth_state", to: "somebody-elses")
            case .otherStateWithoutVerifier:
                browser.set("oauth_state", to: "somebody-elses")
                browser.set("oauth_pkce_verifier", to: nil)
            case .noVerifier: browser.set("oauth_pkce_verifier", to: nil)
            }
            let answer = try await browser.get(target)
            #expect(answer.status == spoiling.status && answer.isJSON && !answer.opensSession, "\(answer)")
            #expect(answer.header("WWW-Authenticate").isEmpty)
            #expect(github.count(FakeGitHub.tokenPath) == 0)
            #expect(try server.database.liveUsers() == "0")
        }
    }

    @Test(
        "117: an exchange that fails is 500 with GitHub's text; 400 when that is authorization_pending",
        arguments: Backend.allCases,
        [
            (.ok, #"{"error":"bad_verification_code","error_description":"It is old."}"#, 500, "bad_verification_code"),
            (.ok, #"{"error":"authorization_pending"}"#, 400, "authorization_pending"),
            (.badRequest, #"{"error":"authorization_pending"}"#, 400, "authorization_pending"),
            (.ok, #"{"error":"authorization_pending_too"}"#, 500, "authorization_pending_too"),
            (.internalServerError, "{}", 500, "500"), (.ok, "<html>", 500, ""), (.ok, "", 500, ""),
            (.ok, #"{"token_type":"bearer"}"#, 500, ""), (.ok, #"{"access_token":7}"#, 500, ""),
            (.ok, #"{"access_token":""}"#, 500, ""), (.ok, "[]", 500, ""),
        ] as [(Status, String, Int, String)])
    func exchange(
        on backend: Backend, _ row: (status: Status, body: String, expected: Int, fragment: String)
    ) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            github.answer(FakeGitHub.tokenPath, with: CannedAnswer(row.status, row.body))
            let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(answer.status == row.expected && answer.isJSON && !answer.opensSession, "\(answer)")
            let detail = try #require(answer.detail)
            #expect(detail.contains(row.fragment))
            if row.expected == 400 { #expect(detail == row.fragment) }
            #expect(try server.database.liveUsers() == "0")
        }
    }

    @Test("117: a code works once, and only with the verifier of its own flow", arguments: Backend.allCases)
    func replay(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            let callback = try await browser.begin(Browser.githubCallback, at: github)
            #expect(try await browser.get(callback.target).status == 307)
            let again = try await browser.get(callback.target)
            #expect(again.status == 500 && !again.opensSession)
            // Somebody else's code in this browser's flow.
            let other = try await Browser(server).begin(Browser.githubCallback, at: github)
            let own = try await browser.begin(Browser.githubCallback, at: github)
            let injected = try await browser.get(
                "\(Browser.githubCallback)?code=\(other.code ?? "")&state=\(own.state ?? "")")
            #expect(injected.status == 500 && !injected.opensSession, "\(injected)")
        }
    }
}
