import JSON
import TestSupport

/// Somebody's browser at the server under test: keeps its cookies, and goes to a provider and back.
final class Browser {
    static let oidcCallback = "/api/v2/users/oidc/callback"
    static let githubCallback = "/api/v2/users/oauth2/github/callback"
    static let session = "coder_session_token"

    let server: TestServer
    private(set) var cookies: [String: String] = [:]

    init(_ server: TestServer) { self.server = server }

    /// - Parameter value: nil takes the cookie away.
    func set(_ name: String, to value: String?) { cookies[name] = value }

    /// Sends a request with the cookies, and keeps those of the answer.
    func send(
        _ method: String, _ target: String, body: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        let pairs = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let cookie = pairs.isEmpty ? [] : [("Cookie", pairs.joined(separator: "; "))]
        let answer = try await server.send(method, target, body: body, headers: cookie + headers)
        for line in answer.header("Set-Cookie") { keep(line) }
        return answer
    }

    func get(_ target: String) async throws -> Answer { try await send("GET", target) }

    private func keep(_ line: String) {
        let parts = line.split(separator: ";")
        let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let isGone = parts.dropFirst().contains { $0.trimmingPrefix(" ") == "Max-Age=0" }
        cookies[String(pair[0])] = isGone ? nil : String(pair.count > 1 ? pair[1] : "")
    }

    /// Begins a flow and goes to the provider; returns where that sends the browser.
    func begin(_ path: String, _ query: String = "", at provider: some FakeSite) async throws -> Callback {
        let start = try await get(query.isEmpty ? path : "\(path)?\(query)")
        guard start.status == 307, let location = start.header("Location").first else {
            throw SupportFault("no flow began: \(start)")
        }
        return try provider.visit(location)
    }

    /// A whole flow; returns its last answer.
    func signIn(_ path: String, _ query: String = "", at provider: some FakeSite) async throws -> Answer {
        try await get(try await begin(path, query, at: provider).target)
    }

    /// The user whom the session cookie opens.
    func user() async throws -> JSONValue? {
        let answer = try await get("/api/v2/users/me")
        return answer.status == 200 ? answer.json : nil
    }
}
