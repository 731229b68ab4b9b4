import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// What mail and webhook say of accounts (users.md §4.3, §6, §14), and what waits when the server stops.
    @Suite(.serialized) struct AccountNoticeTests {
        @Test("owner and user are told by mail and webhook")
        func told() async throws {
            let (mail, hook) = (try await MailCatcher.start(), try HookCatcher())
            try await withFolder { folder in
                let server = try await RunningServer.start([
                    "--sqlite-path", "\(folder)/notices.sqlite", "--email-smarthost", "127.0.0.1:\(mail.port)",
                    "--email-from", "noreply@usersd.test", "--access-url", "https://users.example.test",
                    "--notifications-webhook-endpoint", "http://127.0.0.1:\(hook.port)/",
                ])
                let token = try server.owner()
                let id = try ForgetfulPerson.create("ana", "ana@usersd.test", on: server, token: token).id
                for path in ["status/suspend", "status/activate"] {
                    #expect(try server.send("PUT", "/api/v2/users/\(id)/\(path)", token: token).status == 200)
                }
                #expect(try server.send("DELETE", "/api/v2/users/\(id)", token: token).status == 200)
                #expect(try await server.stop() == 0)
                let expected: Set<String> = [
                    "owner created", "owner suspended", "ana suspended", "owner activated", "ana activated",
                    "owner deleted",
                ]
                #expect(Set(mail.all.map(Self.summary)) == expected)
                #expect(mail.all.count == expected.count && hook.accountNotices.count == expected.count)
                let created = try #require(hook.accountNotices.first?.json)
                #expect(created["title"]?.text == #"User account "ana" created"#)
                #expect(created["payload"]?["labels"]?["created_account_name"]?.text == "ana")
                #expect(created["payload"]?["labels"]?["initiator"]?.text == "owner")
                #expect(created["payload"]?["actions"]?[0]?["url"]?.text == "https://users.example.test")
            }
        }

        /// Who is told, and of what.
        private static func summary(_ message: String) -> String {
            let recipient = message.firstMatch(of: /To: <(.+?)@/).map { String($0.1) } ?? "nobody"
            let verb = message.firstMatch(of: /Subject: .*(created|deleted|suspended|activated)/).map { String($0.1) }
            return "\(recipient) \(verb ?? message)"
        }

        @Test("what waits when the server stops is delivered first")
        func stopping() async throws {
            let hook = try HookCatcher()
            try await withFolder { folder in
                let server = try await RunningServer.start([
                    "--sqlite-path", "\(folder)/stop.sqlite", "--notifications-webhook-endpoint",
                    "http://127.0.0.1:\(hook.port)/",
                ])
                _ = try server.owner()
                for _ in 0..<20 {
                    let answer = try server.send(
                        "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
                    #expect(answer.status == 204)
                }
                #expect(try await server.stop() == 0)
                #expect(hook.all.count == 20)
            }
        }

        @Test("what cannot be delivered at the end is counted in the log, and the stop ends in time")
        func lost() async throws {
            let silent = try Listener()
            defer { silent.close() }
            try await withFolder { folder in
                let server = try await RunningServer.start([
                    "--sqlite-path", "\(folder)/lost.sqlite", "--email-smarthost", "127.0.0.1:\(silent.port)",
                    "--email-from", "noreply@usersd.test",
                ])
                _ = try server.owner()
                for _ in 0..<3 {
                    let answer = try server.send(
                        "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
                    #expect(answer.status == 204)
                }
                #expect(try await server.stop() == 0)
                #expect(server.process.log.contains("notifications were lost"))
            }
        }
    }
}
