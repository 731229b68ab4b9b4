import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Forgotten passwords by webhook: auth.md §4 (template, label, target, link).
    @Suite(.serialized) struct PasscodeWebhookTests {
        private static func start(_ folder: String, _ url: String) async throws -> RunningServer {
            try await RunningServer.start(
                [
                    "--sqlite-path", "\(folder)/hook.sqlite", "--notifications-webhook-endpoint", url,
                    "--access-url", "https://users.example.test",
                ])
        }

        @Test("the posted code and link set a new password")
        func reset() async throws {
            let hook = try HookCatcher()
            try await withFolder { folder in
                let server = try await Self.start(folder, "http://127.0.0.1:\(hook.port)/hook?key=1")
                let person = try ForgetfulPerson.create(
                    "person", "zoë+x@usersd.test", on: server, token: try server.owner())
                #expect(try person.request() == 204)
                let request = try await hook.request()
                #expect(request.head.hasPrefix("POST /hook?key=1 HTTP/1.1\r\n"))
                #expect(request.head.lowercased().contains("\r\ncontent-type: application/json"))
                let payload = try #require(request.json?["payload"])
                #expect(payload["notification_template_id"]?.text == "62f86a30-2330-4b61-a26d-311ff3b608cf")
                #expect(payload["user_id"]?.text == person.id)
                #expect(payload["user_email"]?.text == "zoë+x@usersd.test")
                let code = try #require(payload["labels"]?["one_time_passcode"]?.text)
                #expect(
                    payload["actions"]?[0]?["url"]?.text
                        == "https://users.example.test/reset-password/change?otp=\(code)"
                        + "&email=zo%C3%AB%2Bx%40usersd.test")
                try person.finish(code)
                #expect(!server.process.log.contains(code))
                #expect(try await server.stop() == 0)
                #expect(hook.all.count == 1)
            }
        }

        @Test("a webhook that fails for a while is told again", arguments: [500, 503, 429])
        func again(status: Int) async throws {
            let hook = try HookCatcher(statuses: [status, 200])
            try await withFolder { folder in
                let server = try await Self.start(folder, "http://127.0.0.1:\(hook.port)/")
                let person = try ForgetfulPerson.create("p", "p@usersd.test", on: server, token: try server.owner())
                #expect(try person.request() == 204)
                let second = try await hook.request(1)
                #expect(second.body == hook.all[0].body)
                try person.finish(try #require(second.json?["payload"]?["labels"]?["one_time_passcode"]?.text))
                #expect(try await server.stop() == 0)
                #expect(hook.all.count == 2)
            }
        }

        @Test(
            "a refusal is not repeated, a redirection not followed; the log says so, not the code",
            arguments: [400, 302])
        func refused(status: Int) async throws {
            let elsewhere = try HookCatcher()
            let hook = try HookCatcher(
                statuses: [status], head: "Location: http://127.0.0.1:\(elsewhere.port)/\r\n")
            try await withFolder { folder in
                let server = try await Self.start(folder, "http://127.0.0.1:\(hook.port)/")
                _ = try server.owner()
                let answer = try server.send(
                    "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
                #expect(answer.status == 204)
                let code = try #require(
                    try await hook.request().json?["payload"]?["labels"]?["one_time_passcode"]?.text)
                _ = try await eventually("the log tells of the refusal") {
                    server.process.log.contains("could not be delivered by webhook") ? true : nil
                }
                #expect(!server.process.log.contains(code))
                #expect(try await server.stop() == 0)
                #expect(hook.all.count == 1 && elsewhere.all.isEmpty)
            }
        }

        @Test("a mail that is stuck does not hold a request up, and a stop ends in time")
        func stuck() async throws {
            // It takes connections and never says a word.
            let silent = try Listener()
            defer { silent.close() }
            try await withFolder { folder in
                let server = try await RunningServer.start([
                    "--sqlite-path", "\(folder)/stuck.sqlite", "--email-smarthost", "127.0.0.1:\(silent.port)",
                    "--email-from", "noreply@usersd.test",
                ])
                _ = try server.owner()
                for _ in 0..<3 {
                    let answer = try server.send(
                        "POST", "/api/v2/users/otp/request", body: #"{"email":"owner@usersd.test"}"#)
                    #expect(answer.status == 204)
                }
                #expect(try server.send("GET", "/healthz").status == 200)
            }
        }
    }
}
