import Foundation
import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// Postgres goes away and comes back while usersd runs.
    @Suite(.serialized) struct OutageTests {
        /// A cluster of this test's own, in `folder`.
        private struct Cluster {
            let folder: String
            let url: String

            private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Scripts/postgres").path

            static func with<Value>(_ body: (Cluster) async throws -> Value) async throws -> Value {
                let folder = try temporaryFolder()
                let start = try Binary(["start", folder], program: script)
                guard try await start.exit() == 0 else { throw SupportFault("no Postgres: \(start.log)") }
                let url = start.output.split(separator: "\n").last.map(String.init) ?? ""
                let result: Result<Value, any Error>
                do { result = .success(try await body(Cluster(folder: folder, url: url))) } catch {
                    result = .failure(error)
                }
                _ = try await Binary(["stop", folder], program: script).exit()
                return try result.get()
            }

            /// The server, by the number that it wrote down.
            private func pid() throws -> pid_t {
                let text = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
                guard let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }), pid > 1 else {
                    throw SupportFault("no pid of Postgres")
                }
                return pid
            }

            func stop() async throws {
                let pid = try pid()
                kill(pid, SIGINT)
                _ = try await eventually("Postgres ends") { kill(pid, 0) == 0 ? nil : true }
            }

            /// With the command that the server itself wrote down, as the user whom the data belongs to.
            func start() async throws {
                let options = try String(contentsOfFile: "\(folder)/data/postmaster.opts", encoding: .utf8)
                guard let program = options.split(separator: " ").first.map(String.init) else {
                    throw SupportFault("no command of Postgres")
                }
                var status = stat()
                guard lstat("\(folder)/data", &status) == 0 else { throw SupportFault("no data of Postgres") }
                var command = [program, "-D", "\(folder)/data"]
                if getuid() == 0 {
                    command =
                        ["setpriv", "--reuid=\(status.st_uid)", "--regid=\(status.st_gid)", "--clear-groups"] + command
                }
                // The shell ends at once; the server stays, to be stopped by its pid.
                let shell = try Binary(
                    ["-c", #""$@" >/dev/null 2>&1 </dev/null &"#, "sh"] + command, program: "/bin/sh")
                guard try await shell.exit() == 0 else { throw SupportFault("cannot start Postgres: \(shell.log)") }
            }
        }

        private static func isTryAgain(_ answer: Reply) -> Bool {
            answer.status == 503 && answer.header("Retry-After").flatMap { Int($0) } ?? 0 > 0
                && answer.header("Content-Type")?.hasPrefix("application/json") == true
        }

        @Test("503 with Retry-After while Postgres is away, /healthz stays 200, and it recovers by itself")
        func outage() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                let token = try server.owner()
                for round in 0..<2 {
                    try await cluster.stop()
                    let login = #"{"email":"owner@usersd.test","password":"\#(RunningServer.password)"}"#
                    for _ in 0..<4 {
                        for answer in [
                            try server.send("GET", "/readyz"),
                            try server.send("GET", "/api/v2/users/first"),
                            try server.send("GET", "/api/v2/users/me", token: token),
                            try server.send("GET", "/api/v2/users", token: token),
                            try server.send("POST", "/api/v2/users/login", body: login),
                            try server.create("lost\(round)", token: token),
                        ] {
                            #expect(Self.isTryAgain(answer), "\(answer.head)\n\(answer.body)")
                        }
                        let health = try server.send("GET", "/healthz")
                        #expect(health.status == 200)
                        #expect(health.body == "OK")
                    }

                    try await cluster.start()
                    _ = try await eventually("it recovers; it says: \(server.process.log)") {
                        let answer = try server.send("GET", "/api/v2/users/me", token: token)
                        #expect(answer.status == 200 || Self.isTryAgain(answer), "\(answer.head)\n\(answer.body)")
                        return answer.status == 200 ? true : nil
                    }
                    // Each loop and each kind of connection.
                    for index in 0..<8 {
                        _ = try await eventually("writes recover; it says: \(server.process.log)") {
                            let answer = try server.create("back\(round)-\(index)", token: token)
                            #expect(answer.status == 201 || Self.isTryAgain(answer), "\(answer.head)\n\(answer.body)")
                            return answer.status == 201 ? true : nil
                        }
                    }
                    let deletion = try await eventually("deletions recover; it says: \(server.process.log)") {
                        let answer = try server.send("DELETE", "/api/v2/users/back\(round)-0", token: token)
                        return Self.isTryAgain(answer) ? nil : answer
                    }
                    #expect(deletion.status == 200)
                    #expect(try server.send("GET", "/api/v2/users/lost\(round)", token: token).status == 404)
                }
                _ = try server.signIn()
                #expect(try await server.stop() == 0)
            }
        }

        @Test("it stops with 0 while Postgres is away")
        func stopDuringOutage() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                try await cluster.stop()
                #expect(Self.isTryAgain(try server.send("GET", "/api/v2/users/first")))
                #expect(try await server.stop() == 0)
            }
        }
    }
}
