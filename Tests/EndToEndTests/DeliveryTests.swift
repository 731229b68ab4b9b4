import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Passcodes reach people through a real SMTP server (aiosmtpd) and a webhook; without either they stand in the log.
@Suite struct DeliveryTests {
    private static let changed = "AnotherSecurePassword!2"

    @Test("a mailed passcode resets the password, once; the mail's link is well encoded")
    func mail() async throws {
        let port = try freePort()
        let mail = try Binary(
            ["-u", "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:\(port)", "-c", "aiosmtpd.handlers.Debugging", "stdout"],
            program: "/usr/bin/python3")
        try await listening(port)
        let server = try await RunningServer.start([
            "--sqlite-path", ":memory:", "--email-smarthost", "127.0.0.1:\(port)", "--email-from",
            "usersd <noreply@usersd.test>", "--access-url", "https://usersd.test",
        ])
        _ = try server.owner()
        try await request(server, "OWNER@usersd.test")
        let message = try await eventually("the mail arrives; the log says: \(server.process.log)") {
            mail.output.contains("END MESSAGE") ? mail.output : nil
        }
        #expect(message.contains("To: <owner@usersd.test>"))
        #expect(message.contains("From: usersd <noreply@usersd.test>"))
        let code = try #require(message.firstMatch(of: /otp=([0-9a-f-]{36})&email=owner%40usersd\.test/)).1
        #expect(message.contains("https://usersd.test/reset-password/change?otp=\(code)"))
        #expect(!server.process.log.contains(code))
        let body = #"{"email":"owner@usersd.test","password":"\#(Self.changed)","one_time_passcode":"\#(code)"}"#
        #expect(try server.send("POST", "/api/v2/users/otp/change-password", body: body).status == 204)
        #expect(try server.send("POST", "/api/v2/users/otp/change-password", body: body).status == 400)
        let login = try server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"\#(Self.changed)"}"#)
        #expect(login.status == 201)
    }

    @Test("a webhook is told with the template, the user and the passcode")
    func webhook() async throws {
        let port = try freePort()
        let listener = """
            import http.server, sys
            class H(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    print(self.rfile.read(int(self.headers['Content-Length'])).decode(), flush=True)
                    self.send_response(204); self.end_headers()
            http.server.HTTPServer(('127.0.0.1', \(port)), H).serve_forever()
            """
        let hook = try Binary(["-u", "-c", listener], program: "/usr/bin/python3")
        try await listening(port)
        let server = try await RunningServer.start([
            "--sqlite-path", ":memory:", "--notifications-webhook-endpoint", "http://127.0.0.1:\(port)/told",
        ])
        _ = try server.owner()
        try await request(server, "owner@usersd.test")
        let text = try await eventually("the webhook is told; the log says: \(server.process.log)") {
            hook.output.contains("\n") ? hook.output : nil
        }
        let payload = try #require(try JSONReader.first(Array(text.utf8))["payload"])
        #expect(payload["notification_template_id"]?.text == "62f86a30-2330-4b61-a26d-311ff3b608cf")
        #expect(payload["user_email"]?.text == "owner@usersd.test")
        let code = try #require(payload["labels"]?["one_time_passcode"]?.text)
        #expect(code.wholeMatch(of: /[0-9a-f-]{36}/) != nil)
        #expect(!server.process.log.contains(code))
    }

    @Test("with neither, the passcode stands in the log once; an unknown address leaves nothing there")
    func log() async throws {
        let server = try await RunningServer.start(["--sqlite-path", ":memory:"])
        _ = try server.owner()
        try await request(server, "nobody@usersd.test")
        try await request(server, "owner@usersd.test")
        let mark = "one-time passcode of owner@usersd.test"
        _ = try await eventually("the log has it: \(server.process.log)") {
            server.process.log.contains(mark) ? true : nil
        }
        #expect(server.process.log.components(separatedBy: mark).count == 2)
        #expect(!server.process.log.contains("nobody"))
    }

    @Test("a mail server that is not there costs the caller nothing and is named in the log, the passcode is not")
    func unreachable() async throws {
        let server = try await RunningServer.start([
            "--sqlite-path", ":memory:", "--email-smarthost", "127.0.0.1:\(try freePort())", "--email-from", "a@b.co",
        ])
        _ = try server.owner()
        try await request(server, "owner@usersd.test")
        _ = try await eventually("the log says so: \(server.process.log)") {
            server.process.log.contains("could not be delivered by mail") ? true : nil
        }
        #expect(server.process.log.firstMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}/) == nil)
    }

    private func request(_ server: RunningServer, _ email: String) async throws {
        let answer = try server.send("POST", "/api/v2/users/otp/request", body: #"{"email":"\#(email)"}"#)
        #expect(answer.status == 204 && answer.body.isEmpty)
    }

    /// A port that the kernel says is free.
    private func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard code == 0 else { throw SupportFault("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private func listening(_ port: UInt16) async throws {
        _ = try await eventually("port \(port) answers") { (try? ClientSocket(port: port)) == nil ? nil : true }
    }
}
