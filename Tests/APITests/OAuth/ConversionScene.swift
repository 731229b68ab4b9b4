import API
import JSON
import TestSupport

/// A server with both providers, at which password accounts become a provider's (auth.md §7).
struct ConversionScene: Sendable {
    enum Target: String, CaseIterable, Sendable {
        case github, oidc

        var callback: String { self == .github ? Browser.githubCallback : Browser.oidcCallback }
        var other: Target { self == .github ? .oidc : .github }
    }

    static let cookie = "coder_oauth_convert_jwt"

    let server: TestServer
    let github: FakeGitHub
    let oidc: FakeProvider

    static func with(
        _ backend: Backend, _ body: @escaping @Sendable (ConversionScene) async throws -> Void
    ) async throws {
        try await FakeGitHub.with { github in
            try await FakeProvider.with { oidc in
                let providers = Providers(github: github.github().github, oidc: try await oidc.oidc().oidc)
                try await TestServer.with(backend, providers: providers) { server in
                    github.configure { $0.now = { server.clock.now } }
                    oidc.configure { $0.now = { server.clock.now } }
                    try await body(ConversionScene(server: server, github: github, oidc: oidc))
                }
            }
        }
    }

    /// Whoever is signed in at both providers has this e-mail.
    func providersKnow(_ email: String) {
        github.configure { $0.account.emails = [.init(email)] }
        oidc.configure { $0.claims = $0.claims.setting("email", .string(email)) }
    }

    /// A browser that `person` is signed in with.
    func browser(of person: TestServer.Person) -> Browser {
        let browser = Browser(server)
        browser.set(Browser.session, to: person.token)
        return browser
    }

    /// Proves the password; the browser keeps the conversion's cookie.
    /// - Returns: the state.
    func begin(_ browser: Browser, to target: Target) async throws -> String {
        let token = browser.cookies[Browser.session] ?? ""
        let answer = try await browser.send(
            "POST", "/api/v2/users/me/convert-login",
            body: #"{"to_type":"\#(target.rawValue)","password":"\#(TestServer.password)"}"#,
            headers: [("Coder-Session-Token", token)])
        guard answer.status == 201, let state = answer["state_string"]?.text else {
            throw SupportFault("no conversion began: \(answer)")
        }
        return state
    }

    /// Goes to the provider and back.
    func finish(_ browser: Browser, at target: Target, state: String) async throws -> Answer {
        let query = "oidc_merge_state=\(state)"
        return switch target {
        case .github: try await browser.signIn(target.callback, query, at: github)
        case .oidc: try await browser.signIn(target.callback, query, at: oidc)
        }
    }

    func signIn(_ browser: Browser, at target: Target) async throws -> Answer {
        switch target {
        case .github: try await browser.signIn(target.callback, at: github)
        case .oidc: try await browser.signIn(target.callback, at: oidc)
        }
    }

    func loginType(of person: TestServer.Person) throws -> String? {
        try server.database.sql("SELECT login_type FROM users WHERE id = '\(person.id)'").first?[0]
    }

    /// Sends the usual password, or another.
    func passwordLogin(_ email: String, _ password: String = TestServer.password) async throws -> Answer {
        try await server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#)
    }
}
