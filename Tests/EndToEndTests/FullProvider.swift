import Testing
import TestSupport

/// django-oauth-toolkit, which demands PKCE, with three people; and usersd in front of a database.
struct FullProvider {
    let provider: PythonProvider
    let server: RunningServer
    let database: TestDatabase

    static let ana = Person(name: "ana", password: "pass word/1")
    static let bea = Person(name: "bea", password: "pass word/2")
    /// Her e-mail is not verified.
    static let cleo = Person(name: "cleo", password: "pass word/3")

    /// - Parameter tokenSeconds: how long access tokens live.
    static func with(
        _ backend: Backend, tokenSeconds: Int = 3600, _ arguments: [String] = [],
        _ body: @Sendable (FullProvider) async throws -> Void
    ) async throws {
        let line = """
            {"client_id": "\(RunningServer.clientID)", "secret": "\(RunningServer.clientSecret)", \
            "redirect_uri": "http://127.0.0.1\(Person.callback)", "token_seconds": \(tokenSeconds), "users": [\
            {"name": "ana", "password": "\(ana.password)", "email": "ana@usersd.test", "verified": true, \
            "full_name": "Ana B", "groups": ["staff", "ops"]}, \
            {"name": "bea", "password": "\(bea.password)", "email": "bea@usersd.test", "verified": true}, \
            {"name": "cleo", "password": "\(cleo.password)", "email": "cleo@usersd.test", "verified": false}]}
            """
        try await TestDatabase.with(backend) { database in
            try await PythonProvider.with("full_provider.py", line: line) { provider in
                let server = try await RunningServer.start(
                    database, issuer: provider.issuer,
                    ["--oidc-client-secret", RunningServer.clientSecret, "--log-level", "trace"] + arguments)
                try await body(FullProvider(provider: provider, server: server, database: database))
                #expect(try await server.stop() == 0)
                let log = server.process.log + server.process.output
                for secret in try secrets(database) { #expect(!log.contains(secret), "\(secret)") }
            }
        }
    }

    /// What a log must never hold.
    private static func secrets(_ database: TestDatabase) throws -> [String] {
        let links = try database.sql("SELECT oauth_access_token, oauth_refresh_token FROM user_links")
        return links.joined().compactMap { $0 }.filter { !$0.isEmpty } + [RunningServer.clientSecret]
    }
}
