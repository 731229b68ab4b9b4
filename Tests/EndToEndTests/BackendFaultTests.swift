import Foundation
import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// Postgres ends or refuses what usersd needs, while requests are on their way: each is answered rightly or told
    /// to try again.
    @Suite(.serialized) struct BackendFaultTests {
        /// Asks until `isOver`, and holds every answer against what it may be.
        /// - Returns: complaints, and how many answers were 503.
        private static func load(
            _ server: RunningServer, _ token: String, seconds: TimeInterval,
            _ fault: @escaping @Sendable () throws -> Void
        ) async throws -> (complaints: [String], busy: Int, served: Int) {
            let end = Date().addingTimeInterval(seconds)
            let outcomes = try await onThreads(7) { index throws -> (String?, Int, Int) in
                var (busy, served) = (0, 0)
                if index == 6 {
                    while Date() < end { try fault() }
                    return (nil, 0, 0)
                }
                let connection = try KeptConnection(server)
                var round = 0
                while Date() < end {
                    round += 1
                    let name = "u\(index)-\(round)-\(Int.random(in: 0..<1_000_000_000))"
                    // A name that nobody has, a transaction that finds nobody, oneself.
                    let (method, target, wanted) =
                        switch (index + round) % 4 {
                        case 0: ("GET", "/api/v2/users/\(name)", 404)
                        case 1: ("DELETE", "/api/v2/users/\(name)", 404)
                        case 2: ("GET", "/api/v2/users/me", 200)
                        default: ("GET", "/api/v2/users?limit=2", 200)
                        }
                    guard let answer = try? connection.send(method, target, token: token) else {
                        return ("no answer; it says: \(server.process.log)", busy, served)
                    }
                    switch answer.status {
                    case wanted: served += 1
                    case 503 where answer.isTryAgain:
                        busy += 1
                        usleep(2_000)
                    default: return ("\(answer.head)\n\(answer.body)", busy, served)
                    }
                    if wanted == 200, answer.status == 200, !answer.body.contains(#""username":"owner""#) {
                        return ("somebody else: \(answer.body)", busy, served)
                    }
                }
                return (nil, busy, served)
            }
            return (
                outcomes.compactMap(\.0), outcomes.reduce(0) { $0 + $1.1 }, outcomes.reduce(0) { $0 + $1.2 }
            )
        }

        private static func recovers(_ server: RunningServer, _ token: String) async throws {
            for index in 0..<8 {
                _ = try await eventually("it recovers; it says: \(server.process.log)") { () -> Bool? in
                    let name = "r\(index)-\(Int.random(in: 0..<1_000_000_000))"
                    let created = try server.create(name, token: token)
                    guard created.status == 201 else {
                        #expect(created.isTryAgain, "\(created.head)\n\(created.body)")
                        return nil
                    }
                    let deleted = try server.send("DELETE", "/api/v2/users/\(name)", token: token)
                    #expect(deleted.status == 200 || deleted.isTryAgain, "\(deleted.head)\n\(deleted.body)")
                    let ready = try server.send("GET", "/readyz")
                    return deleted.status == 200 && ready.status == 200 ? true : nil
                }
            }
        }

        @Test("a network that cuts in the middle of replies")
        func cuts() async throws {
            try await TestDatabase.with(.postgres) { database in
                try await FaultyNetwork.with(database) { network in
                    let server = try await RunningServer.start(["--postgres-url", network.url(database)])
                    let token = try server.owner()
                    let outcome = try await Self.load(server, token, seconds: 4) {
                        // Late enough for a session to be set up, and never at the same byte.
                        network.set { $0.replyBytes = Int.random(in: 6_000..<60_000) }
                        usleep(300_000)
                        network.cut()
                    }
                    #expect(outcome.complaints == [])
                    #expect(outcome.busy > 0)
                    #expect(outcome.served > 0)
                    network.set { $0 = FaultyNetwork.Faults() }
                    try await Self.recovers(server, token)
                    #expect(try await server.stop() == 0)
                }
            }
        }

        @Test("transactions that are killed for being idle between two statements")
        func idleInTransaction() async throws {
            try await TestDatabase.with(.postgres) { database in
                let name = try #require(try database.sql("SELECT current_database()")[0][0])
                let server = try await RunningServer.start(["--postgres-url", database.location])
                let token = try server.owner()
                try database.sql("ALTER DATABASE \(name) SET idle_in_transaction_session_timeout = '1ms'")
                try Self.terminate(database)
                let outcome = try await Self.load(server, token, seconds: 3) { usleep(100_000) }
                #expect(outcome.complaints == [])
                #expect(outcome.busy > 0)
                #expect(outcome.served > 0)
                try database.sql("ALTER DATABASE \(name) RESET idle_in_transaction_session_timeout")
                try Self.terminate(database)
                try await Self.recovers(server, token)
                #expect(try await server.stop() == 0)
            }
        }

        private static func terminate(_ database: TestDatabase) throws {
            try database.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
        }

        @Test("the address answers with an empty database, and later with ours again: nothing is made there")
        func emptyReplica() async throws {
            try await TestDatabase.with(.postgres) { database in
                let name = try #require(try database.sql("SELECT current_database()")[0][0])
                let elsewhere = database.location.replacing("/\(name)?", with: "/postgres?")
                let server = try await RunningServer.start(["--postgres-url", database.location])
                let token = try server.owner()
                func swap(_ commands: [String]) async throws {
                    for command in commands {
                        _ = try await eventually("\(command) is possible") { () -> Bool? in
                            try? PostgresShell.run(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'",
                                elsewhere)
                            return (try? PostgresShell.run(command, elsewhere)).map { true }
                        }
                    }
                }
                try await swap(["ALTER DATABASE \(name) RENAME TO \(name)_kept", "CREATE DATABASE \(name)"])
                for _ in 0..<40 {
                    for answer in [
                        try server.send("GET", "/readyz"), try server.send("GET", "/api/v2/users/first"),
                        try server.send("GET", "/api/v2/users/me", token: token),
                        try server.create("lost", token: token),
                        try server.send("DELETE", "/api/v2/users/lost", token: token),
                        try server.send(
                            "POST", "/api/v2/users/first",
                            body: #"{"email":"a@usersd.test","username":"thief","password":"SomeSecurePassword!"}"#),
                    ] { #expect(answer.isTryAgain, "\(answer.head)\n\(answer.body)") }
                    #expect(try server.send("GET", "/healthz").status == 200)
                    usleep(20_000)
                }
                let made = try database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'usersd'")
                #expect(made == [["0"]])
                try await swap(["DROP DATABASE \(name)", "ALTER DATABASE \(name)_kept RENAME TO \(name)"])
                try await Self.recovers(server, token)
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("restarts under load, and connections that others have taken, all of them")
        func restartsAndTooMany() async throws {
            try await Cluster.with(settings: Cluster.quick + "max_connections = 12") { cluster in
                try await FaultyNetwork.with(cluster.folder) { network in
                    let server = try await RunningServer.start(["--postgres-url", network.url("postgres")])
                    let token = try server.owner()
                    let restarts = Task {
                        for _ in 0..<2 {
                            try await Task.sleep(for: .milliseconds(500))
                            try await cluster.stop()
                            try await Task.sleep(for: .milliseconds(200))
                            try await cluster.start()
                        }
                    }
                    let restarted = try await Self.load(server, token, seconds: 4) { usleep(100_000) }
                    try await restarts.value
                    #expect(restarted.complaints == [])
                    #expect(restarted.busy > 0)
                    #expect(restarted.served > 0)
                    try await Self.recovers(server, token)

                    let others = try await Self.occupy(cluster, network)
                    for _ in 0..<8 {
                        #expect(try server.send("GET", "/readyz").isTryAgain)
                        #expect(try server.send("GET", "/api/v2/users/me", token: token).isTryAgain)
                        #expect(try server.send("DELETE", "/api/v2/users/nobody", token: token).isTryAgain)
                        #expect(try server.send("GET", "/healthz").status == 200)
                    }
                    for other in others { close(other) }
                    try await Self.recovers(server, token)
                    #expect(try await server.stop() == 0)
                }
            }
        }

        /// Takes every connection there is, those of usersd too.
        private static func occupy(_ cluster: Cluster, _ network: FaultyNetwork) async throws -> [Int32] {
            var taken: [Int32] = []
            network.set { $0.isCut = true }
            network.cut()
            var refusals = 0
            while refusals < 20 {
                if let session = try PostgresShell.session("\(cluster.folder)/.s.PGSQL.5432", "usersd", "postgres") {
                    taken.append(session)
                    refusals = 0
                } else {
                    refusals += 1
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            network.set { $0 = FaultyNetwork.Faults() }
            return taken
        }
    }
}
