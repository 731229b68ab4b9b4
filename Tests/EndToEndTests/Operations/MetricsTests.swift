import Foundation
import Glibc
import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// The metrics' address, read with the parser of Prometheus' own client.
    @Suite(.serialized) struct MetricsTests {
        private struct Sample {
            let kind: String
            let name: String
            let labels: [String: String]
            let value: Double

            init(_ line: String) throws {
                let parts = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any]
                guard let parts, parts.count == 4, let kind = parts[0] as? String, let name = parts[1] as? String,
                    let labels = parts[2] as? [String: String], let value = parts[3] as? Double
                else { throw SupportFault("no sample: \(line)") }
                (self.kind, self.name, self.labels, self.value) = (kind, name, labels, value)
            }
        }

        private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Metrics/samples.py").path

        private static func samples(_ text: String) async throws -> [Sample] {
            try await withFolder { folder in
                try text.write(toFile: "\(folder)/metrics", atomically: false, encoding: .utf8)
                let file = open("\(folder)/metrics", O_RDONLY)
                defer { close(file) }
                let parser = try Binary([script], program: "/usr/bin/python3", input: file)
                #expect(try await parser.exit() == 0, "\(parser.log)")
                return try parser.output.split(separator: "\n").map { try Sample(String($0)) }
            }
        }

        /// The server's own port and that of its metrics.
        private static func start(_ database: TestDatabase) async throws -> (RunningServer, metrics: UInt16) {
            let server = try await RunningServer.start(
                ["--prometheus-enable", "--prometheus-address", "127.0.0.1:0"] + database.arguments)
            let mark = "metrics are at http://127.0.0.1:"
            guard let line = server.process.lines.first(where: { $0.contains(mark) }),
                let range = line.firstRange(of: mark), let port = UInt16(line[range.upperBound...].prefix { $0 != "/" })
            else { throw SupportFault("no metrics: \(server.process.log)") }
            return (server, port)
        }

        private static func get(_ port: UInt16, _ target: String, method: String = "GET") throws -> Reply {
            let socket = try ClientSocket(port: port)
            try socket.write("\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return try Reply(socket.readToEnd())
        }

        @Test("what was done is counted, by route, status and result", arguments: Backend.allCases)
        func counted(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let (server, port) = try await Self.start(database)
                let token = try server.owner()
                for _ in 0..<40 { #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200) }
                for _ in 0..<3 {
                    #expect(try server.send("GET", "/api/v2/users/\u{65}ve\"\\", token: token).status == 404)
                }
                #expect(try server.send("GET", "/api/v2/users/me").status == 401)
                #expect(try server.send("GET", "/nowhere/\(token)").status == 404)
                let wrong = #"{"email":"owner@usersd.test","password":"wrong"}"#
                for _ in 0..<2 {
                    #expect(try server.send("POST", "/api/v2/users/login", body: wrong).status == 401)
                }
                let broken = try ClientSocket(port: server.port)
                try broken.write("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
                #expect(try Reply(broken.readToEnd()).status == 400)

                let answer = try Self.get(port, "/metrics")
                #expect(answer.status == 200)
                #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
                #expect(!answer.body.contains(token))
                let samples = try await Self.samples(answer.body)
                func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
                    samples.first { sample in
                        sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
                    }?.value
                }
                let user = ["method": "GET", "path": "/api/v2/users/{user}/"]
                let requests = "coderd_api_requests_processed_total"
                #expect(value(requests, user.merging(["code": "200"]) { $1 }) == 40)
                #expect(value(requests, user.merging(["code": "404"]) { $1 }) == 3)
                #expect(value(requests, user.merging(["code": "401"]) { $1 }) == 1)
                #expect(value(requests, ["code": "404", "path": ""]) == 1)
                let latency = "coderd_api_request_latencies_seconds"
                #expect(value("\(latency)_count", user) == 44)
                #expect(value("\(latency)_bucket", user.merging(["le": "+Inf"]) { $1 }) == 44)
                #expect(value("\(latency)_sum", user) ?? 0 > 0)
                #expect(value("coderd_api_concurrent_requests") == 0)
                #expect(value("usersd_logins_total", ["type": "password", "result": "success"]) == 1)
                #expect(value("usersd_logins_total", ["type": "password", "result": "refused"]) == 2)
                // The first user's, and three sign-ins.
                #expect(value("usersd_password_hashes_total") == 4)
                #expect(value("usersd_password_hash_seconds_total") ?? 0 > 0)
                #expect(value("usersd_http_refusals_total", ["code": "400"]) == 1)
                #expect(value("usersd_http_connections_accepted_total") ?? 0 >= 49)
                #expect(value("usersd_price_seed_success") == 1)
                #expect(value("usersd_price_seed_rows") ?? 0 > 0)
                for name in [
                    "usersd_password_hashes_waiting", "usersd_sqlite_writes_waiting",
                    "usersd_postgres_statements_in_flight", "usersd_postgres_pool_connections",
                    "usersd_postgres_connections_lost_total", "usersd_storage_errors_total", "usersd_http_connections",
                    "usersd_notices_waiting", "process_resident_memory_bytes", "process_open_fds",
                    "process_cpu_seconds_total",
                ] { #expect(value(name) != nil, "\(name)") }
                #expect(try await server.stop() == 0)
            }
        }

        @Test("the address tells metrics and nothing else, and the server's own does not tell them")
        func apart() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let (server, port) = try await Self.start(database)
                #expect(try Self.get(port, "/healthz").status == 404)
                #expect(try Self.get(port, "/api/v2/users/first").status == 404)
                #expect(try Self.get(port, "/metrics", method: "POST").status == 405)
                #expect(try Self.get(port, "/metrics", method: "HEAD").body == "")
                #expect(try server.send("GET", "/metrics").status == 404)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("without the option nothing listens there")
        func off() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let server = try await RunningServer.start(database.arguments)
                #expect(!server.process.log.contains("metrics"))
                #expect(try await server.stop() == 0)
            }
        }
    }
}
