import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `usersd backup FILE`.
    @Suite(.serialized) struct BackupTests {
        private static func backup(_ arguments: [String]) async throws -> Binary {
            try await Binary.run(["backup"] + arguments)
        }

        private static func run(_ program: String, _ arguments: [String]) async throws {
            let process = try Binary(arguments, program: "/usr/bin/\(program)")
            #expect(try await process.exit() == 0, "\(process.log)")
        }

        private static func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return attributes[.posixPermissions] as? Int ?? 0
        }

        @Test("a copy while people are made: whole, for its owner only, and a server starts on it")
        func underLoad() async throws {
            try await withFolder { folder in
                let (path, copy) = ("\(folder)/users.sqlite", "\(folder)/copy.sqlite")
                let server = try await RunningServer.start(["--sqlite-path", path])
                let token = try server.owner()
                let makers = Task {
                    var count = 0
                    while !Task.isCancelled {
                        _ = try ForgetfulPerson.create("u\(count)", "u\(count)@usersd.test", on: server, token: token)
                        count += 1
                    }
                }
                _ = try await eventually("some are there") {
                    try SQLiteFile.sql(path, "SELECT id FROM users").count > 4 ? true : nil
                }
                let backup = try await Self.backup([copy, "--sqlite-path", path])
                makers.cancel()
                try await makers.value
                #expect(backup.status == 0 && backup.output.contains("is copied to"), "\(backup.log)")
                #expect(try await server.stop() == 0)
                #expect(try Self.mode(copy) == 0o600)
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("part") } == [])
                // Of one moment: whoever is there has a key pair and a membership.
                let halves = """
                    SELECT count(*) FROM users WHERE is_system = 0 AND (id NOT IN (SELECT user_id FROM gitsshkeys)
                        OR id NOT IN (SELECT user_id FROM organization_members))
                    """
                #expect(try SQLiteFile.sql(copy, halves) == [["0"]])
                let restored = try await RunningServer.start(["--sqlite-path", copy])
                #expect(try restored.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try await restored.stop() == 0)
            }
        }

        @Test("Postgres: what pg_dump wrote of a server in use, pg_restore brings back, and a server starts on it")
        func postgres() async throws {
            try await TestDatabase.with(.postgres) { database in
                let server = try await RunningServer.start(database.arguments)
                let token = try server.owner()
                #expect(try server.create("ben", token: token).status == 201)
                try await withFolder { folder in
                    let file = "--file=\(folder)/users.dump"
                    try await Self.run("pg_dump", ["--schema=usersd", "--format=custom", file, database.location])
                    #expect(try server.create("late", token: token).status == 201)
                    #expect(try await server.stop() == 0)
                    try await TestDatabase.with(.postgres) { empty in
                        try empty.sql("DROP SCHEMA usersd CASCADE")
                        try await Self.run("pg_restore", ["--dbname=\(empty.location)", "\(folder)/users.dump"])
                        let restored = try await RunningServer.start(empty.arguments)
                        #expect(try restored.send("GET", "/api/v2/users/ben", token: token).status == 200)
                        #expect(try restored.send("GET", "/api/v2/users/late", token: token).status == 404)
                        let made = try restored.create("nina", token: token)
                        #expect(made.status == 201, "\(made) \(restored.process.log)")
                        #expect(try await restored.stop() == 0)
                    }
                }
            }
        }

        @Test("what cannot be copied is said in a line, and nothing is left behind")
        func refusals() async throws {
            try await withFolder { folder in
                let (path, copy) = ("\(folder)/users.sqlite", "\(folder)/copy.sqlite")
                let server = try await RunningServer.start(["--sqlite-path", path])
                #expect(try await server.stop() == 0)
                try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/taken"))
                _ = try SQLiteFile.sql("\(folder)/other.sqlite", "CREATE TABLE t (x)")
                try Data("no database, but long enough for one to be looked for".utf8)
                    .write(to: URL(fileURLWithPath: "\(folder)/text"))
                for (arguments, status, words) in [
                    ([], 2, "usage"), (["--sqlite-path", path], 2, "usage"),
                    ([copy, "--postgres-url", "postgresql:///x"], 2, "pg_dump"),
                    ([copy, "--sqlite-path", "\(folder)/missing"], 1, "missing"),
                    (["\(folder)/taken", "--sqlite-path", path], 1, "exists already"),
                    (["\(folder)/no/copy", "--sqlite-path", path], 1, "No such file"),
                    ([copy, "--sqlite-path", "\(folder)/other.sqlite"], 1, "another program"),
                    ([copy, "--sqlite-path", "\(folder)/text"], 1, "not a database"),
                ] as [([String], Int32, String)] {
                    let backup = try await Self.backup(arguments)
                    #expect(backup.status == status && backup.log.contains(words), "\(arguments) \(backup.log)")
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("copy") }
                #expect(left == [])
                #expect(try String(contentsOfFile: "\(folder)/taken", encoding: .utf8) == "mine")
            }
        }
    }
}
