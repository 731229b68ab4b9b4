import TestSupport

/// aiosmtpd behind TLS, with a certificate of its own, for one user name and password.
struct SecureMailServer: Sendable {
    enum Security: String, Sendable, CaseIterable { case startTLS, implicit }

    static let username = "usersd"
    static let password = "a mail password, 1/2"
    let mail: MailCatcher
    let certificate: String

    private static let script = """
        import ssl, sys, threading
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Debugging
        from aiosmtpd.smtp import AuthResult
        port, security, certificate, key, username, password = sys.argv[1:]
        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == username.encode() and data.password == password.encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        ways = {'startTLS': {'tls_context': context, 'require_starttls': True},
                'implicit': {'ssl_context': context, 'auth_require_tls': False}}[security]
        Controller(Debugging(sys.stdout), hostname='127.0.0.1', port=int(port), authenticator=check,
                   auth_required=True, **ways).start()
        threading.Event().wait()
        """

    static func start(_ folder: String, _ security: Security) async throws -> SecureMailServer {
        let (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
        let maker = try Binary(
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ], program: "/usr/bin/openssl")
        _ = try await eventually("a certificate is made") { maker.status }
        let port = try ClosedPort.any()
        let process = try Binary(
            ["-u", "-c", script, "\(port)", security.rawValue, certificate, key, username, password],
            program: "/usr/bin/python3")
        _ = try await eventually("the mail server takes connections: \(process.log)") {
            (try? ClientSocket(port: port)) == nil ? nil : true
        }
        return SecureMailServer(mail: MailCatcher(process: process, port: port), certificate: certificate)
    }
}
