import Foundation
import Glibc
import JSON
import Synchronization
import Testing
import TestSupport

extension EndToEndTests {
    /// The program, or Postgres, is killed; several start at once.
    @Suite(.serialized) struct CrashTests {
        /// Who was promised to exist: ids by name.
        private final class Promises: Sendable {
            private let ids = Mutex<[String: String]>([:])

            var all: [String: String] { ids.withLock { $0 } }

            /// - Returns: how many there are now.
            func add(_ name: String, _ id: String) -> Int {
                ids.withLock { ids in
                    ids[name] = id
                    return ids.count
                }
            }
        }

        @Test("kill -9 amid writes: every create that was answered is there afterwards", arguments: [0, 1, 2])
        func killed(round: Int) async throws {
            try await withFolder { folder in
                let path = "\(folder)/killed.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                let token = try server.owner()
                let promises = Promises()
                await withTaskGroup(of: Void.self) { group in
                    for writer in 0..<4 {
                        group.addTask {
                            for index in 0..<1_000 {
                                let name = "w\(writer)-\(index)"
                                guard let answer = try? server.create(name, token: token), answer.status == 201,
                                    let id = answer.json?["id"]?.text
                                else { return }
                                if promises.add(name, id) == 60 + round * 17 { server.process.signal(SIGKILL) }
                            }
                        }
                    }
                }
                #expect(try await server.process.exit() == -SIGKILL)
                let promised = promises.all
                #expect(promised.count >= 60 + round * 17)

                let second = try await RunningServer.start(["--sqlite-path", path])
                for (name, id) in promised {
                    let answer = try second.send("GET", "/api/v2/users/\(name)", token: token)
                    #expect(answer.status == 200)
                    #expect(answer.json?["id"]?.text == id)
                }
                #expect(try await second.stop() == 0)
                #expect(try SQLiteFile.sql(path, "PRAGMA integrity_check") == [["ok"]])
                // Nobody is there in part: each has a key pair and a membership.
                #expect(
                    try SQLiteFile.sql(
                        path,
                        """
                        SELECT count(*) FROM users u WHERE is_system = 0 AND (
                            NOT EXISTS (SELECT 1 FROM gitsshkeys g WHERE g.user_id = u.id)
                            OR NOT EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id))
                        """) == [["0"]])
            }
        }

        @Test("several that start at once on one fresh file all come up, with 71 prices", arguments: [2, 4])
        func manyOnOneFile(count: Int) async throws {
            try await withFolder { folder in
                let path = "\(folder)/shared.sqlite"
                let servers = try await Self.start(count, ["--sqlite-path", path])
                try await Self.agree(servers)
                #expect(try SQLiteFile.prices(path).count == 71)
                #expect(try SQLiteFile.sql(path, "SELECT count(*) FROM organizations") == [["1"]])
            }
        }

        @Test(
            "several that start at once on one fresh Postgres database all come up, with 71 prices", arguments: [2, 4])
        func manyOnOneDatabase(count: Int) async throws {
            try await TestDatabase.with(.postgres) { database in
                try database.sql("DROP SCHEMA usersd CASCADE")
                let servers = try await Self.start(count, ["--postgres-url", database.location])
                try await Self.agree(servers)
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["71"]])
                #expect(try database.sql("SELECT count(*) FROM organizations") == [["1"]])
            }
        }

        private static func start(_ count: Int, _ arguments: [String]) async throws -> [RunningServer] {
            try await withThrowingTaskGroup(of: RunningServer.self) { group in
                for _ in 0..<count { group.addTask { try await RunningServer.start(arguments) } }
                var servers: [RunningServer] = []
                for try await server in group { servers.append(server) }
                return servers
            }
        }

        /// What one writes, all see; and all are one deployment.
        private static func agree(_ servers: [RunningServer]) async throws {
            let token = try servers[0].owner()
            var ids: Set<String> = []
            for (index, server) in servers.enumerated() {
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try server.create("u\(index)", token: token).status == 201)
                #expect(try server.create("U\(index)", token: token).status == 409)
                ids.insert(try server.send("GET", "/api/v2/buildinfo").json?["deployment_id"]?.text ?? "")
                #expect(!server.process.log.contains("failed to seed"))
            }
            #expect(ids.count == 1 && !ids.contains(""))
            for server in servers {
                let list = try server.send("GET", "/api/v2/users?limit=100", token: token)
                #expect(list.json?["count"]?.integer == servers.count + 1)
            }
            for server in servers { #expect(try await server.stop() == 0) }
        }

        @Test("a Postgres that Coder made gets no prices and no schema of ours")
        func codersDatabase() async throws {
            try await TestDatabase.with(.postgres) { database in
                try database.sql("DROP SCHEMA public CASCADE")
                try database.sql("DROP TABLE usersd.schema_version")
                try database.sql("DELETE FROM ai_model_prices")
                try database.sql("ALTER SCHEMA usersd RENAME TO public")
                try database.sql(
                    "CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
                try database.sql("INSERT INTO public.schema_migrations VALUES (489, false)")
                try database.sql("CREATE TABLE public.workspaces (owner_id uuid NOT NULL, deleted boolean NOT NULL)")
                let server = try await RunningServer.start(["--postgres-url", database.location])
                let token = try server.owner()
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try await server.stop() == 0)
                #expect(try database.sql("SELECT count(*) FROM public.ai_model_prices") == [["0"]])
                #expect(try database.sql("SELECT to_regclass('usersd.users') IS NULL") == [["t"]])
            }
        }
    }
}
