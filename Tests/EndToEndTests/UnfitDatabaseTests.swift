import Foundation
import Testing
import TestSupport

extension EndToEndTests {
    /// A database that cannot be used: one clear line on standard error, and the end.
    @Suite(.serialized) struct UnfitDatabaseTests {
        private static func refuses(_ arguments: [String], saying words: [String]) async throws {
            let process = try await Binary.run(["serve", "--http-address", "127.0.0.1:0"] + arguments)
            #expect(process.status == 1)
            #expect(process.lines.count == 1, "\(process.log)")
            #expect(process.log.hasPrefix("usersd: "))
            for word in words { #expect(process.log.contains(word), "\(process.log)") }
            // The operator's language, not the program's; and no password.
            for text in ["StorageError", "broken(", "Optional(", "geheim"] {
                #expect(!process.log.contains(text), "\(process.log)")
            }
        }

        @Test("a path that cannot be opened is named, with the cause")
        func cannotOpen() async throws {
            try await withFolder { folder in
                let path = "\(folder)/no-such-folder/a.sqlite"
                try await Self.refuses(["--sqlite-path", path], saying: [path, "No such file or directory"])
                try await Self.refuses(["--sqlite-path", folder], saying: [folder, "Is a directory"])
                let file = "\(folder)/file"
                try Data("x".utf8).write(to: URL(fileURLWithPath: file))
                try await Self.refuses(
                    ["--sqlite-path", "\(file)/a.sqlite"], saying: ["\(file)/a.sqlite", "Not a directory"])
            }
        }

        @Test("a file that is no database is refused and stays as it was", arguments: [2, 15, 100, 5_000])
        func noDatabase(size: Int) async throws {
            try await withFolder { folder in
                let url = URL(fileURLWithPath: "\(folder)/letters.txt")
                let bytes = Data((0..<size).map { UInt8(97 + $0 % 26) })
                try bytes.write(to: url)
                try await Self.refuses(["--sqlite-path", url.path], saying: ["not a database"])
                #expect(try Data(contentsOf: url) == bytes)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["letters.txt"])
            }
        }

        @Test("another program's database is refused and stays as it was, to the byte", arguments: [0, 1_234])
        func foreign(applicationID: Int) async throws {
            try await withFolder { folder in
                let path = "\(folder)/foreign.sqlite"
                try SQLiteFile.sql(path, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
                try SQLiteFile.sql(path, "INSERT INTO users (name) VALUES ('theirs')")
                try SQLiteFile.sql(path, "PRAGMA application_id = \(applicationID)")
                let before = try Data(contentsOf: URL(fileURLWithPath: path))
                try await Self.refuses(["--sqlite-path", path], saying: ["another program"])
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["foreign.sqlite"])
            }
        }

        @Test("a file of a newer usersd is refused, with both versions, and keeps its data")
        func newer() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let version = try #require(try database.sql("PRAGMA user_version")[0][0].flatMap { Int($0) })
                try database.sql("PRAGMA user_version = \(version + 1)")
                try await Self.refuses(
                    ["--sqlite-path", database.location], saying: ["newer", "version \(version + 1)", "\(version)"])
                #expect(try database.sql("PRAGMA user_version") == [["\(version + 1)"]])
                #expect(try database.sql("SELECT username FROM users") == [["prebuilds"]])
            }
        }

        @Test(
            "a Postgres that cannot be reached is refused, and the password stays unsaid",
            arguments: [
                "postgresql://somebody:geheim@127.0.0.1:1/users", "host=127.0.0.1 port=1 user=somebody password=geheim",
                "postgresql:///users?host=/no/such/folder&password=geheim",
                "postgresql://somebody:geheim@no-such-host.invalid/users",
                "postgresql://somebody:geheim@127.0.0.1:port/users",
                "postgresql://somebody:geheim%zz@127.0.0.1:1/users",
                "host=127.0.0.1 password=geheim nonsense", "postgresql://somebody:geheim@127.0.0.1:1/users?nonsense=1",
                "postgresql://somebody:geheim@[::1/users",
            ])
        func unreachable(url: String) async throws {
            try await Self.refuses(["--postgres-url", url], saying: ["database"])
        }

        @Test("a Postgres without that database, and one of a newer usersd, are refused")
        func unfitPostgres() async throws {
            try await TestDatabase.with(.postgres) { database in
                let name = try #require(try database.sql("SELECT current_database()")[0][0])
                try await Self.refuses(
                    ["--postgres-url", database.location.replacing("/\(name)?", with: "/\(name)_not?")],
                    saying: ["\(name)_not", "does not exist"])
                try database.sql("UPDATE schema_version SET version = version + 1")
                try await Self.refuses(["--postgres-url", database.location], saying: ["newer"])
            }
        }
    }
}
