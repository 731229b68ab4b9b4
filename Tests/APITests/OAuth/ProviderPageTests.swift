import API
import HTTP
import JSON
import TestSupport
import Testing

/// What comes from GitHub or from a query is text on our pages, never HTML (auth.md §8.1, §8.5).
@Suite struct ProviderPageTests {
    private static let script = #"<script>alert("x")</script><img src=x onerror=alert(1)>'"#

    private static func expectHarmless(_ answer: Answer) {
        if answer.isPage {
            for tag in ["<script", "<img src=x", "onerror=alert(1)>"] {
                #expect(!answer.body.lowercased().contains(tag), "\(answer)")
            }
        } else {
            #expect(answer.isJSON, "\(answer)")
        }
        #expect(answer.header("X-Content-Type-Options") == ["nosniff"])
        // One line, and nowhere else.
        for location in answer.header("Location") {
            #expect(location.hasPrefix("/") && !location.contains("<") && !location.contains("\""), "\(location)")
        }
    }

    @Test("texts of the query", arguments: Backend.allCases)
    func query(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let text = percentEncoded(Self.script)
            for query in [
                "error=\(text)", "error=x&error_description=\(text)", "error=x&error_uri=\(text)",
                "code=\(text)&state=\(text)", "code=\(text)",
            ] {
                let browser = Browser(server)
                _ = try await browser.begin(Browser.githubCallback, "redirect=\(text)", at: github)
                Self.expectHarmless(try await browser.get("\(Browser.githubCallback)?\(query)"))
            }
        }
    }

    @Test("names and error texts of GitHub", arguments: Backend.allCases)
    func answers(on backend: Backend) async throws {
        try await TestServer.withGitHub(
            backend,
            {
                $0.allowsEveryone = false
                $0.allowedOrganizations = ["coder"]
                $0.allowsSignUps = false
            }
        ) { server, github async throws in
            _ = try await server.owner()
            func signIn() async throws -> Answer {
                try await Browser(server).signIn(
                    Browser.githubCallback, "redirect=\(percentEncoded(Self.script))", at: github)
            }
            github.configure {
                $0.account.login = Self.script
                $0.account.name = Self.script
                $0.account.emails = [.init("\(Self.script)@x.test")]
                $0.account.memberships = [.init(Self.script)]
            }
            let notAMember = try await signIn()
            github.configure { $0.account.memberships = [.init("coder")] }
            let signUpsOff = try await signIn()
            github.configure { $0.account.emails = [.init("owner@usersd.test")] }
            let loginType = try await signIn()
            let error: JSONValue = ["error": .string(Self.script), "error_description": .string(Self.script)]
            github.answer(
                FakeGitHub.tokenPath, with: CannedAnswer(.ok, String(decoding: error.bytes, as: UTF8.self)))
            let exchange = try await signIn()
            #expect([notAMember, signUpsOff, loginType, exchange].map(\.status) == [401, 403, 403, 500])
            for answer in [notAMember, signUpsOff, loginType, exchange] { Self.expectHarmless(answer) }
        }
    }

    @Test("the operator's Markdown stays text where it is HTML; GitHub's page shows it", arguments: Backend.allCases)
    func markdown(on backend: Backend) async throws {
        try await FakeProvider.with { oidc in
            try await FakeGitHub.with { github in
                let providers = Providers(
                    github: github.github { $0.allowsSignUps = false }.github,
                    oidc: try await oidc.oidc { $0.signUpsDisabledText = "Ask **Ana** \(Self.script)" }.oidc)
                try await TestServer.with(backend, providers: providers) { server in
                    _ = try await server.owner()
                    let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
                    #expect(answer.status == 403 && answer.body.contains("<strong>Ana</strong>"), "\(answer)")
                    Self.expectHarmless(answer)
                }
            }
        }
    }
}
