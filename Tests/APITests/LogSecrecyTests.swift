import API
import Testing
import TestSupport

/// No log line holds a password, a token or a stored hash, whatever goes wrong.
@Suite struct LogSecrecyTests {
    private static func login(_ server: TestServer, _ password: String) async throws {
        _ = try await server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"\#(password)"}"#)
    }

    /// Uses a token in all of the five places, well and badly.
    private static func show(_ server: TestServer, _ token: String) async throws {
        for method in ["GET", "POST"] {
            for target in ["/api/v2/users/me", "/api/v2/nope", "/api/v2/users/first"] {
                _ = try await server.send(method, target, token: token)
                _ = try await server.send(method, target, headers: [("Cookie", "coder_session_token=\(token)")])
                _ = try await server.send(method, target, headers: [("Authorization", "Bearer \(token)")])
                _ = try await server.send(method, "\(target)?coder_session_token=\(token)")
                _ = try await server.send(method, "\(target)?access_token=\(token)")
            }
        }
    }

    @Test("signing in and out, well, badly and with a broken database", arguments: Backend.allCases)
    func scenario(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let second = try await server.signIn("owner@usersd.test")
            let passwords = ["WrongPassword-4711", "weak-4711", "Another$Password-4711"]
            for password in passwords { try await Self.login(server, password) }
            _ = try await server.send(
                "POST", "/api/v2/users/validate-password", body: #"{"password":"\#(passwords[1])"}"#)
            _ = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"x@usersd.test","username":"x","password":"\#(passwords[2])"}"#)
            _ = try await server.send(
                "POST", "/api/v2/users", token: owner.token,
                body: #"{"email":"y@usersd.test","username":"y","password":"\#(passwords[2])","organization_ids":[7]}"#)
            let tokens = [owner.token, second, person.token, "0123456789-ABCDEFGHIJKLMNOPQRSTUV", "not-4711-a-token"]
            try server.database.failOn("UPDATE", of: "api_keys", cause: "no update")
            for token in tokens { try await Self.show(server, token) }
            try server.database.setPasswordHash("$pbkdf2-sha256$x$c2FsdA$aGFzaA-4711", of: owner.id)
            try await Self.login(server, TestServer.password)
            try server.database.sql("ALTER TABLE api_keys RENAME TO gone")
            for token in tokens { try await Self.show(server, token) }
            try await Self.login(server, passwords[0])
            _ = try await server.send("POST", "/api/v2/users/logout", token: second)

            // The scenario has left something in the log, or this would prove nothing.
            let lines = server.log.lines
            #expect(lines.contains { $0.hasPrefix("error") })
            let secrets =
                passwords + [TestServer.password, "rd-4711", "aGFzaA"] + tokens.flatMap { [$0, String($0.suffix(22))] }
            for secret in secrets { #expect(!lines.contains { $0.contains(secret) }, "\(secret)") }
        }
    }
}
