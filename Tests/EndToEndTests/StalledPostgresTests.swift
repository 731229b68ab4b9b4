import Foundation
import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// Postgres, or the way to it, keeps its connections open and says nothing: the fault that no error reports.
    @Suite(.serialized) struct StalledPostgresTests {
        /// usersd gives a statement ten seconds, and a transaction as long again for its connection. Generous, because
        /// the machine may be busy.
        private static let boundSeconds: TimeInterval = 25
        /// Of an answer that needs no wait, since the fault is known.
        private static let knownSeconds: TimeInterval = 15

        private struct Timed: Sendable {
            let answer: Reply
            let seconds: TimeInterval
            let what: String
        }

        /// One request of every kind at the same time: reads and writes of the pipeline, transactions of the pool.
        private static func askAll(_ server: RunningServer, _ token: String) async throws -> [Timed] {
            let login = #"{"email":"owner@usersd.test","password":"\#(RunningServer.password)"}"#
            let requests: [@Sendable () throws -> (String, Reply)] = [
                { ("readiness", try server.send("GET", "/readyz")) },
                { ("me", try server.send("GET", "/api/v2/users/me", token: token)) },
                { ("list", try server.send("GET", "/api/v2/users", token: token)) },
                { ("login", try server.send("POST", "/api/v2/users/login", body: login)) },
                { ("create", try server.create("stalled", token: token)) },
                { ("first", try server.send("POST", "/api/v2/users/first", body: login)) },
                { ("delete", try server.send("DELETE", "/api/v2/users/goes", token: token)) },
                { ("roles", try server.send("GET", "/api/v2/users/goes", token: token)) },
            ]
            return try await onThreads(requests.count * 2) { index in
                let start = Date()
                let (what, answer) = try requests[index / 2]()
                return Timed(answer: answer, seconds: Date().timeIntervalSince(start), what: what)
            }
        }

        /// - Parameters:
        ///   - stall: everything stops; - resume: it goes on.
        private static func survive(
            _ server: RunningServer, _ name: String, stall: () throws -> Void, resume: () throws -> Void
        ) async throws {
            let token = try server.owner()
            #expect(try server.create("goes", token: token).status == 201)
            // Connections of the pool exist before the stall, as they do in life.
            #expect(try server.send("DELETE", "/api/v2/users/goes", token: token).status == 200)
            #expect(try server.create("goes", token: token).status == 201)
            try stall()
            let timed = try await askAll(server, token)
            for one in timed where one.what != "first" || one.answer.status != 400 {
                #expect(one.answer.isTryAgain, "\(name) \(one.what): \(one.answer.head)\n\(one.answer.body)")
            }
            #expect(timed.allSatisfy { $0.seconds < boundSeconds }, "\(name): \(timed.map(\.seconds))")
            let health = Date()
            #expect(try server.send("GET", "/healthz").status == 200)
            #expect(Date().timeIntervalSince(health) < 5)
            let known = Date()
            #expect(try server.send("GET", "/readyz").isTryAgain)
            #expect(try server.send("GET", "/api/v2/users/me", token: token).isTryAgain)
            #expect(Date().timeIntervalSince(known) < knownSeconds)
            try resume()
            for _ in 0..<4 { try await recovers(server, token) }
            // It never resumes, and usersd ends all the same, though somebody waits.
            try stall()
            async let cutOff = onThread { try? server.send("GET", "/api/v2/users/me", token: token) }
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await server.stop() == 0)
            #expect(await (try cutOff)?.isTryAgain ?? true)
            try resume()
        }

        private static func recovers(_ server: RunningServer, _ token: String) async throws {
            let number = Int.random(in: 0..<1_000_000)
            for (method, target, wanted) in [
                ("GET", "/readyz", 200), ("GET", "/api/v2/users/me", 200), ("GET", "/api/v2/users?limit=3", 200),
                ("DELETE", "/api/v2/users/nobody\(number)", 404),
            ] {
                _ = try await eventually("\(method) \(target) recovers; it says: \(server.process.log)") {
                    () -> Bool? in
                    let answer = try await onThread { try server.send(method, target, token: token) }
                    #expect(answer.status == wanted || answer.isTryAgain, "\(answer.head)\n\(answer.body)")
                    return answer.status == wanted ? true : nil
                }
            }
            _ = try await eventually("it writes again; it says: \(server.process.log)") { () -> Bool? in
                let name = "back\(Int.random(in: 0..<1_000_000_000))"
                return try await onThread { try server.create(name, token: token) }.status == 201 ? true : nil
            }
        }

        private static func stalledNetwork(
            _ name: String, forgets: Bool = false, _ change: @escaping @Sendable (inout FaultyNetwork.Faults) -> Void
        ) async throws {
            try await TestDatabase.with(.postgres) { database in
                try await FaultyNetwork.with(database) { network in
                    let server = try await RunningServer.start(["--postgres-url", network.url(database)])
                    try await survive(server, name) {
                        network.set(change)
                    } resume: {
                        if forgets { network.forget() }
                        network.set { $0 = FaultyNetwork.Faults() }
                    }
                }
            }
        }

        /// Postgres and all its processes, and no other.
        private static func signal(_ number: Int32, _ cluster: Cluster) throws {
            let parent = try cluster.pid()
            kill(parent, number)
            for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let pid = pid_t(entry),
                    let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                    let end = text.lastIndex(of: ")"),
                    text[end...].split(separator: " ").dropFirst(2).first.flatMap({ pid_t($0) }) == parent
                else { continue }
                kill(pid, number)
            }
        }

        private static func hungServer() async throws {
            try await Cluster.with { cluster in
                let server = try await RunningServer.start(["--postgres-url", cluster.url])
                try await survive(server, "hung") {
                    try signal(SIGSTOP, cluster)
                } resume: {
                    try signal(SIGCONT, cluster)
                }
            }
        }

        @Test("every request gets its 503 within the deadline, /healthz stays 200, and it recovers by itself")
        func stalls() async throws {
            // Side by side, because each waits for deadlines.
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.stalledNetwork("no requests") { $0.holdsRequests = true } }
                group.addTask { try await Self.stalledNetwork("no replies") { $0.holdsReplies = true } }
                // Those that wait for a connection wait for one that will never come.
                group.addTask {
                    try await Self.stalledNetwork("forgotten", forgets: true) {
                        $0.holdsRequests = true
                        $0.holdsReplies = true
                    }
                }
                group.addTask { try await Self.hungServer() }
                try await group.waitForAll()
            }
        }
    }
}
