import Glibc
import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// What stands on standard error.
    @Suite(.serialized) struct LogTests {
        /// A request of each kind; returns the token and the user's id.
        private static func requests(_ server: RunningServer) throws -> (token: String, id: String) {
            let token = try server.owner()
            let me = try server.send("GET", "/api/v2/users/me?coder_session_token=\(token)")
            #expect(me.status == 200)
            #expect(try server.send("GET", "/reset-password/change?otp=secret-passcode").status == 200)
            #expect(try server.send("GET", "/nowhere%0aelse", token: token).status == 404)
            // Refused before its handler is reached.
            #expect(
                try server.send("POST", "/api/v2/users/logout", cookies: "coder_session_token=\(token)").status == 400)
            return (token, me.json?["id"]?.text ?? "")
        }

        @Test("as JSON: every line an object, a line for every request, and no secret")
        func json() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let server = try await RunningServer.start(
                    ["--log-level", "info", "--log-format", "json"] + database.arguments)
                let (token, id) = try Self.requests(server)
                let last = try server.send("GET", "/api/v2/users/me", token: token)
                #expect(try await server.stop() == 0)
                let lines = try server.process.lines.map { try JSONReader.only(Array($0.utf8)) }
                for line in lines {
                    #expect(line["ts"]?.text?.count == 24)
                    #expect(line["level"]?.text != nil && line["msg"]?.text != nil)
                }
                let requests = lines.filter { $0["msg"]?.text == "request" }
                #expect(
                    requests.map { $0["route"]?.text } == [
                        "/api/v2/users/first", "/api/v2/users/login", "/api/v2/users/{user}/", "/reset-password/change",
                        "", "/api/v2/users/logout", "/api/v2/users/{user}/",
                    ])
                #expect(requests.map { $0["method"]?.text } == ["POST", "POST", "GET", "GET", "GET", "POST", "GET"])
                #expect(requests.map { $0["status"]?.integer } == [201, 201, 200, 200, 404, 400, 200])
                #expect(requests.map { $0["user_id"]?.text } == [nil, nil, id, nil, id, id, id])
                #expect(requests.last?["request_id"]?.text == last.header("X-Coder-Request-Id"))
                #expect(requests.last?["client"]?.text == "127.0.0.1")
                #expect(requests.allSatisfy { $0["duration_ms"] != nil && $0["level"]?.text == "info" })
                for secret in [token, String(token.dropFirst(11)), "secret-passcode", RunningServer.password] {
                    #expect(!server.process.log.contains(secret))
                }
            }
        }

        @Test("as text: the same, one line each")
        func text() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let server = try await RunningServer.start(["--log-level", "info"] + database.arguments)
                let (_, id) = try Self.requests(server)
                #expect(try await server.stop() == 0)
                let lines = server.process.lines.filter { $0.contains(" info request ") }
                #expect(lines.count == 6)
                #expect(lines[2].contains("method=GET") && lines[2].contains("route=/api/v2/users/{user}/"))
                #expect(lines[2].contains("status=200") && lines[2].contains("user_id=\(id)"))
            }
        }

        @Test("at the usual level a request leaves no line")
        func quiet() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let server = try await RunningServer.start(database.arguments)
                _ = try Self.requests(server)
                #expect(try await server.stop() == 0)
                #expect(!server.process.log.contains(" request "))
                #expect(server.process.lines.last?.hasSuffix("notice stopping") == true)
            }
        }

        @Test("a reader that does not read stops neither the server nor its end")
        func stalledReader() async throws {
            try await TestDatabase.with(.sqlite) { database in
                var ends: [Int32] = [0, 0]
                #expect(pipe(&ends) == 0)
                for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
                defer { for end in ends { close(end) } }
                let process = try Binary(
                    [
                        "serve", "--http-address", "127.0.0.1:0", "--log-level", "info",
                        "--dangerous-disable-rate-limits",
                    ]
                        + database.arguments, errors: ends[1])
                var log = ""
                let mark = "listening on http://127.0.0.1:"
                while !log.contains(mark) || !log.hasSuffix("\n") {
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    let count = read(ends[0], &buffer, buffer.count)
                    guard count > 0 else { throw SupportFault("it does not listen: \(log)") }
                    log += String(decoding: buffer[..<count], as: UTF8.self)
                }
                let port = log[log.firstRange(of: mark)!.upperBound...].prefix { $0.isNumber }
                let server = RunningServer(process: process, port: UInt16(port) ?? 0)
                // Some 200 bytes each; a pipe holds 65,536.
                for _ in 0..<1_000 { #expect(try server.send("GET", "/healthz").status == 200) }
                #expect(try await server.stop() == 0)
            }
        }
    }
}
