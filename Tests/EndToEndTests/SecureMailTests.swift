import TestSupport
import Testing

extension EndToEndTests {
    /// Mail over TLS and with a sign-in (`CODER_EMAIL_*`).
    @Suite(.serialized) struct SecureMailTests {
        private static func start(
            _ folder: String, _ server: SecureMailServer, _ security: SecureMailServer.Security, password: String,
            trusted: Bool = true
        ) async throws -> RunningServer {
            try await RunningServer.start(
                [
                    "--sqlite-path", "\(folder)/mail.sqlite", "--email-smarthost", "127.0.0.1:\(server.mail.port)",
                    "--email-from", "noreply@usersd.test", "--email-auth-username", SecureMailServer.username,
                    "--email-auth-password", password,
                    security == .startTLS ? "--email-tls-starttls" : "--email-force-tls",
                ] + (trusted ? ["--email-tls-ca-cert-file", server.certificate] : []))
        }

        private static func forget(_ server: RunningServer) throws {
            _ = try server.owner()
            let answer = try server.send(
                "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
            #expect(answer.status == 204)
        }

        @Test("a passcode goes through TLS and a sign-in", arguments: SecureMailServer.Security.allCases)
        func delivered(security: SecureMailServer.Security) async throws {
            try await withFolder { folder in
                let secure = try await SecureMailServer.start(folder, security)
                let server = try await Self.start(folder, secure, security, password: SecureMailServer.password)
                try Self.forget(server)
                #expect(try await secure.mail.message().contains("To: <owner@usersd.test>"))
                #expect(!server.process.log.contains(SecureMailServer.password))
                #expect(try await server.stop() == 0)
            }
        }

        @Test(
            "a wrong password, and a certificate that nobody trusts: nothing leaves, and the log has no secret",
            arguments: SecureMailServer.Security.allCases, [true, false])
        func refused(security: SecureMailServer.Security, trusted: Bool) async throws {
            try await withFolder { folder in
                let secure = try await SecureMailServer.start(folder, security)
                let password = trusted ? "a wrong mail password" : SecureMailServer.password
                let server = try await Self.start(folder, secure, security, password: password, trusted: trusted)
                try Self.forget(server)
                _ = try await eventually("the log tells of the failure: \(server.process.log)") {
                    server.process.log.contains("could not be delivered by mail") ? true : nil
                }
                #expect(!server.process.log.contains(password))
                #expect(secure.mail.all.isEmpty)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
