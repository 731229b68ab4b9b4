import Testing
import TestSupport

extension RunningServer {
    static let clientID = "usersd"
    /// It has what must be encoded twice in `Authorization` (RFC 6749 §2.3.1).
    static let clientSecret = "s3cret/+ %"

    /// Starts it with a provider. The port is chosen before, so that the redirect URI has it.
    static func start(
        _ database: TestDatabase, issuer: String, _ arguments: [String] = []
    ) async throws -> RunningServer {
        try await start(
            database.arguments + [
                "--http-address", "127.0.0.1:\(try ClosedPort.any())", "--oidc-issuer-url", issuer,
                "--oidc-client-id", clientID,
            ] + arguments)
    }

    /// Who a session cookie is.
    func me(_ way: Way) throws -> Reply {
        try send("GET", "/api/v2/users/me", cookies: "coder_session_token=\(way.session ?? "")")
    }
}

extension TestDatabase {
    /// The e-mails of all people, in order.
    func emails() throws -> [String] {
        try sql("SELECT email FROM users WHERE NOT is_system AND NOT deleted ORDER BY email").map { $0[0] ?? "" }
    }
}
