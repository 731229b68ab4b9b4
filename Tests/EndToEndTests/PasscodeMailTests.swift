import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Forgotten passwords by mail: auth.md §4 (the notification and its link), cases 47, 51, 52.
    @Suite(.serialized) struct PasscodeMailTests {
        private static func start(_ folder: String, _ port: UInt16, _ more: [String] = []) async throws
            -> RunningServer
        {
            try await RunningServer.start(
                [
                    "--sqlite-path", "\(folder)/mail.sqlite", "--email-smarthost", "127.0.0.1:\(port)",
                    "--email-from", "usersd <noreply@usersd.test>", "--access-url", "https://users.example.test",
                ] + more)
        }

        /// Addresses as JSON has them, and as the link has them.
        private static let addresses = [
            ("plain@usersd.test", "plain%40usersd.test"), ("a+b@usersd.test", "a%2Bb%40usersd.test"),
            ("o'brien&x=1#y?%41/~_.-@usersd.test", "o%27brien%26x%3D1%23y%3F%2541%2F~_.-%40usersd.test"),
        ]

        @Test("47, 51: the mailed code and link set a new password", arguments: addresses)
        func reset(email: String, escaped: String) async throws {
            let mail = try await MailCatcher.start()
            try await withFolder { folder in
                let server = try await Self.start(folder, mail.port)
                let person = try ForgetfulPerson.create("person", email, on: server, token: try server.owner())
                #expect(try person.request() == 204)
                let message = try await mail.message()
                let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
                for line in ["From: usersd <noreply@usersd.test>", "To: <\(email)>", "MIME-Version: 1.0"] {
                    #expect(lines.contains { $0 == line }, "\(line) in \(message)")
                }
                for name in ["Subject", "Date", "Message-ID", "Content-Type"] {
                    #expect(lines.filter { $0.hasPrefix("\(name): ") }.count == 1, "\(name) in \(message)")
                }
                let code = try passcode(in: message)
                let link = "https://users.example.test/reset-password/change?otp=\(code)&email=\(escaped)"
                #expect(lines.contains { $0 == link }, "\(link) in \(message)")
                try person.finish(code)
                #expect(!server.process.log.contains(code))
                #expect(try await server.stop() == 0)
                #expect(mail.messages.count == 1)
            }
        }

        @Test("what could break out of a line of SMTP reaches nobody")
        func injection() async throws {
            let mail = try await MailCatcher.start()
            try await withFolder { folder in
                let server = try await Self.start(folder, mail.port)
                let token = try server.owner()
                for email in [
                    #"owner@usersd.test\r\nRCPT TO:<evil@evil.test>"#, #"owner@usersd.test>\r\nDATA\r\n"#,
                    #"\"a\r\nRCPT TO:<evil@evil.test>\r\n\"@usersd.test"#, #"owner@usersd.test\n"#,
                    #"owner@usersd.test> <evil@evil.test"#, #"\"x\u0000\"@usersd.test"#,
                ] {
                    let answer = try server.send(
                        "POST", "/api/v2/users/otp/request", body: #"{"email":"\#(email)"}"#)
                    #expect(answer.status == 400, "\(email) \(answer)")
                    #expect(throws: (any Error).self) {
                        try ForgetfulPerson.create("evil", email, on: server, token: token)
                    }
                }
                // Afterwards an honest one arrives, and it is the only one: the queue keeps the order.
                let person = try ForgetfulPerson.create("honest", "honest@usersd.test", on: server, token: token)
                #expect(try person.request() == 204)
                #expect(try await mail.message().contains("To: <honest@usersd.test>"))
                #expect(try await server.stop() == 0)
                #expect(mail.messages.count == 1 && !mail.process.output.contains("evil"))
            }
        }

        @Test("unknown addresses are sent nothing")
        func unknown() async throws {
            let mail = try await MailCatcher.start()
            try await withFolder { folder in
                let server = try await Self.start(folder, mail.port)
                let token = try server.owner()
                for email in ["nobody@usersd.test", "prebuilds@usersd.test"] {
                    let answer = try server.send("POST", "/api/v2/users/otp/request", body: #"{"email":"\#(email)"}"#)
                    #expect(answer.status == 204 && answer.body.isEmpty)
                }
                #expect(try ForgetfulPerson.create("p", "p@usersd.test", on: server, token: token).request() == 204)
                #expect(try await mail.message().contains("To: <p@usersd.test>"))
                #expect(try await server.stop() == 0)
                #expect(mail.messages.count == 1)
            }
        }

        @Test("without TLS where TLS is demanded, and without a server, nothing leaves; the log says so, not the code")
        func undeliverable() async throws {
            let mail = try await MailCatcher.start()
            for (port, more) in [(mail.port, ["--email-tls-starttls"]), (try ClosedPort.any(), [])] {
                try await withFolder { folder in
                    let server = try await Self.start(folder, port, more)
                    _ = try server.owner()
                    let answer = try server.send(
                        "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
                    #expect(answer.status == 204)
                    _ = try await eventually("the log tells of the failure: \(server.process.log)") {
                        server.process.log.contains("could not be delivered by mail") ? true : nil
                    }
                    #expect(try #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}/#.firstMatch(in: server.process.log) == nil)
                    #expect(try await server.stop() == 0)
                }
            }
            #expect(mail.messages.isEmpty)
        }

        @Test("with neither mail nor webhook the code stands in the log, once")
        func inTheLog() async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/log.sqlite"])
                let person = try ForgetfulPerson.create("p", "p@usersd.test", on: server, token: try server.owner())
                #expect(try person.request() == 204)
                let uuid = #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#
                let line = try await eventually("the log holds the code") {
                    server.process.lines.first { $0.contains("one-time passcode") }
                }
                let code = String(try #require(try uuid.firstMatch(in: line)).output)
                try person.finish(code)
                #expect(server.process.lines.filter { $0.contains(code) }.count == 1)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
