import Foundation
import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// Many requests share one connection to Postgres, and many connections of clients one loop: no reply may reach
    /// another one's asker, whatever fails in between.
    @Suite(.serialized) struct MixUpTests {
        private struct Asker: Sendable {
            let name: String
            let id: String
            let token: String
        }

        private struct Outcome: Sendable {
            var right = 0
            var busy = 0
            var complaint: String?
        }

        /// Askers with tokens of their own.
        private static func askers(_ count: Int, _ server: RunningServer, _ owner: String) throws -> [Asker] {
            try (0..<count).map { index in
                let name = "asker\(index)"
                let created = try server.create(name, token: owner)
                let token = try server.send("POST", "/api/v2/users/\(name)/keys/tokens", token: owner, body: "{}")
                guard let id = created.json?["id"]?.text, let key = token.json?["key"]?.text else {
                    throw SupportFault("no asker: \(created) \(token)")
                }
                return Asker(name: name, id: id, token: key)
            }
        }

        /// One request of one asker, and what is wrong with its answer.
        private static func ask(
            _ connection: KeptConnection, _ me: Asker, _ other: Asker, _ owner: String, _ round: Int
        ) throws -> (answer: Reply, complaint: String?) {
            let answer: Reply
            let wanted: Int
            var marks: [String] = []
            switch round % 6 {
            case 0, 1:
                answer = try connection.send("GET", "/api/v2/users/me", token: me.token)
                (wanted, marks) = (200, [#""id":"\#(me.id)""#, #""username":"\#(me.name)""#])
            case 2:
                answer = try connection.send("GET", "/api/v2/users/\(other.name)", token: owner)
                (wanted, marks) = (200, [#""id":"\#(other.id)""#, #""username":"\#(other.name)""#])
            case 3:
                answer = try connection.send("GET", "/api/v2/users/nobody-\(me.name)-\(round)", token: me.token)
                wanted = 404
            case 4:
                // Refused by the database's unique index, whatever case it is written in.
                let name = round % 4 == 0 ? other.name : other.name.uppercased()
                answer = try connection.send(
                    "POST", "/api/v2/users", token: owner,
                    body: """
                        {"username":"\(name)","email":"\(UUID())@usersd.test","login_type":"none",\
                        "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                        """)
                wanted = 409
            default:
                let name = "\(me.name) in round \(round)"
                answer = try connection.send(
                    "PUT", "/api/v2/users/me/profile", token: me.token,
                    body: #"{"username":"\#(me.name)","name":"\#(name)"}"#)
                (wanted, marks) = (200, [#""id":"\#(me.id)""#, #""name":"\#(name)""#])
            }
            if answer.isTryAgain { return (answer, nil) }
            let isRight = answer.status == wanted && marks.allSatisfy { answer.body.contains($0) }
            return (answer, isRight ? nil : "round \(round) of \(me.name): wanted \(wanted) \(marks), got \(answer)")
        }

        /// - Parameters:
        ///   - seconds: how long each asker asks; - fault: runs beside them again and again.
        private static func run(
            _ server: RunningServer, seconds: TimeInterval, _ fault: @escaping @Sendable () throws -> Void
        ) async throws -> Outcome {
            let owner = try server.owner()
            let askers = try askers(24, server, owner)
            let end = Date().addingTimeInterval(seconds)
            let outcomes = try await onThreads(askers.count + 1) { index in
                var outcome = Outcome()
                guard index < askers.count else {
                    while Date() < end { try fault() }
                    return outcome
                }
                var connection = try KeptConnection(server)
                var round = index
                while Date() < end, outcome.complaint == nil {
                    round += 1
                    // A new connection now and then: the kernel gives it to either loop.
                    if round % 3 == 0 { connection = try KeptConnection(server) }
                    let other = askers[(index * 7 + round) % askers.count]
                    let (answer, complaint) = try ask(connection, askers[index], other, owner, round)
                    outcome.complaint = complaint
                    if answer.status == 503 { outcome.busy += 1 } else { outcome.right += 1 }
                }
                return outcome
            }
            return outcomes.reduce(into: Outcome()) { sum, one in
                sum.right += one.right
                sum.busy += one.busy
                sum.complaint = sum.complaint ?? one.complaint
            }
        }

        @Test("each of thousands of interleaved requests gets its own answer while backends are terminated at random")
        func terminated() async throws {
            try await TestDatabase.with(.postgres) { database in
                let server = try await RunningServer.start(["--postgres-url", database.location])
                let outcome = try await Self.run(server, seconds: 6) {
                    usleep(useconds_t.random(in: 20_000..<120_000))
                    try database.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
                        """)
                }
                #expect(outcome.complaint == nil)
                #expect(outcome.right > 1_000)
                #expect(outcome.busy > 0)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("and while nothing is terminated, on both backends", arguments: Backend.allCases)
        func undisturbed(_ backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let server = try await RunningServer.start(
                    backend == .sqlite
                        ? ["--sqlite-path", database.location] : ["--postgres-url", database.location])
                let outcome = try await Self.run(server, seconds: 2) { usleep(100_000) }
                #expect(outcome.complaint == nil)
                #expect(outcome.right > 1_000)
                #expect(outcome.busy == 0)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
