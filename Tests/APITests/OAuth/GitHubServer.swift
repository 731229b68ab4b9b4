import API
import HTTP
import Outbound
import TestSupport

extension TestServer {
    /// A server with a GitHub of its own, whose clock is the server's.
    /// - Parameter settings: changes what the operator configured; everybody may come.
    static func withGitHub<Value: Sendable>(
        _ backend: Backend, _ settings: (inout GitHubSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (TestServer, FakeGitHub) async throws -> Value
    ) async throws -> Value {
        try await FakeGitHub.with { github in
            try await TestServer.with(backend, providers: github.github(settings)) { server in
                github.configure { $0.now = { server.clock.now } }
                return try await body(server, github)
            }
        }
    }
}

extension FakeGitHub {
    static let tokenPath = "/login/oauth/access_token"

    /// Somebody else is signed in at GitHub.
    func become(_ id: Int64, _ login: String, email: String) {
        configure {
            $0.account.id = id
            $0.account.login = login
            $0.account.emails = [.init(email)]
        }
    }
}

/// Takes what is meant for github.com to a fake of it.
struct GitHubComClient: Client {
    let github: FakeGitHub

    func send(_ request: ClientRequest) async throws(ClientFault) -> ClientResponse {
        var request = request
        request.url = local(request.url)
        guard request.url.hasPrefix("http://127.0.0.1:") else { throw ClientFault("not GitHub's: \(request.url)") }
        return try await CurlClient().send(request)
    }

    func local(_ url: String) -> String {
        for (name, origin) in [("https://api.github.com", github.apiURL), ("https://github.com", github.url)]
        where url.hasPrefix(name) {
            return origin + url.dropFirst(name.count)
        }
        return url
    }
}

extension Answer {
    /// A session began with it.
    var opensSession: Bool {
        header("Set-Cookie").contains { $0.wholeMatch(of: /coder_session_token=[^;]+;.*/) != nil }
    }

    var isPage: Bool { header("Content-Type").first?.hasPrefix("text/html") == true }

    var isJSON: Bool { header("Content-Type").first?.hasPrefix("application/json") == true && json != nil }

    /// The parameters of the URL that it sends to.
    func locationItem(_ name: String) -> String? {
        let query = header("Location").first?.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        return QueryItems(Array(query.utf8)[...]).first(name)
    }
}
