import API
import JSON
import TestSupport
import Testing

/// An OpenID Connect provider, a server that trusts it, and people who come with browsers of their own.
struct OIDCScene: Sendable {
    let provider: FakeProvider
    let server: TestServer
    /// What the provider says of a person unless a test says otherwise.
    let usual: JSONValue

    /// - Parameters:
    ///   - settings: changes what the operator has configured.
    ///   - prepare: changes the provider before it is discovered.
    static func with(
        _ backend: Backend, settings: (inout OIDCSettings) -> Void = { _ in },
        provider prepare: (inout FakeProviderSettings) -> Void = { _ in },
        configuration: @Sendable (inout Configuration) -> Void = { _ in },
        _ body: @Sendable (OIDCScene) async throws -> Void
    ) async throws {
        try await FakeProvider.with { provider in
            provider.configure(prepare)
            let providers = try await provider.oidc(settings)
            let usual = provider.settings.claims
            try await TestServer.with(backend, providers: providers, configuration) { server in
                provider.configure { $0.now = { server.clock.now } }
                try await body(OIDCScene(provider: provider, server: server, usual: usual))
            }
        }
    }

    /// One person's whole flow, and the browser after it.
    struct Visit {
        let answer: Answer
        let browser: Browser

        var isSignedIn: Bool { answer.status == 307 && browser.cookies[Browser.session] != nil }

        /// Fails the test when nobody is signed in.
        func user(_ location: SourceLocation = #_sourceLocation) async throws -> JSONValue {
            #expect(isSignedIn, "\(answer)", sourceLocation: location)
            return try #require(try await browser.user(), sourceLocation: location)
        }
    }

    /// Somebody signs in with a new browser.
    /// - Parameters:
    ///   - claims: set over the usual ones.
    ///   - absent: claims that the provider leaves out.
    func visit(_ claims: JSONValue = [:], without absent: String...) async throws -> Visit {
        let all = absent.reduce(usual.merging(claims)) { $0.removing($1) }
        provider.configure { $0.claims = all }
        let browser = Browser(server)
        return Visit(answer: try await browser.signIn(Browser.oidcCallback, at: provider), browser: browser)
    }

    /// The same with claims in the ID token and others in userinfo, both set over the usual ones.
    func visit(idToken claims: JSONValue, userinfo: JSONValue) async throws -> Visit {
        let info = usual.merging(userinfo)
        provider.configure { $0.userinfo = .json(info) }
        defer { provider.configure { $0.userinfo = .claims } }
        return try await visit(claims)
    }

    /// Somebody whose ID token is made so.
    func visit(token maker: @escaping FakeProviderSettings.TokenMaker) async throws -> Visit {
        provider.configure { $0.idToken = maker }
        return try await visit()
    }

    /// A column of the one link that the subject has.
    func link(_ column: String, subject: String = "subject-1") throws -> String? {
        let rows = try server.database.sql(
            "SELECT \(column) FROM user_links WHERE linked_id = '\(provider.url)||\(subject)'")
        return rows.first.flatMap { $0.first }.flatMap { $0 }
    }

    func count(_ table: String) throws -> String? {
        try server.database.sql("SELECT count(*) FROM \(table)").first?.first.flatMap { $0 }
    }
}

extension Answer {
    /// Whether it opens a session.
    var givesSession: Bool { header("Set-Cookie").contains { $0.hasPrefix("\(Browser.session)=") } }

    /// Whether it is the JSON error of that status, and opens no session.
    func isError(_ status: Int) -> Bool {
        self.status == status && !(message ?? "").isEmpty && !givesSession && header("Location").isEmpty
    }

    /// Whether it is an error page (auth.md §0) with those texts, and opens no session.
    func isPage(_ status: Int, _ texts: String...) -> Bool {
        self.status == status && header("Content-Type") == ["text/html; charset=utf-8"]
            && body.contains("<!doctype html>") && body.ranges(of: "href=").count == 1
            && body.contains(#"href="/login""#) && texts.allSatisfy { body.contains($0) } && !givesSession
            && header("Location").isEmpty
    }

    /// A cookie's line in the answer, without its name and value.
    func attributes(ofCookie name: String) -> Set<String>? {
        let line = header("Set-Cookie").first { $0.hasPrefix("\(name)=") }
        return line.map { Set($0.split(separator: "; ").dropFirst().map(String.init)) }
    }
}
