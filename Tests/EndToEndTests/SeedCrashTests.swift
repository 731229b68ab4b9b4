import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// A book of 40,000 rows is applied whole or not at all, whatever happens meanwhile: model-prices.md §2.2, §3.2,
    /// case 18 of §7. The row in the middle of the book is where a trigger lets the statement rest.
    @Suite(.serialized) struct SeedCrashTests {
        private static let count = 40_000

        /// Gives `body` a table that holds book 1, when it `isFull`, and the file of book 2.
        private static func with(
            _ backend: Backend, isFull: Bool, _ body: @Sendable (TestDatabase, String) async throws -> Void
        ) async throws {
            try await TestDatabase.with(backend) { database in
                try await withFolder { folder in
                    let first = try PricesProgram.file("1", PricesProgram.book(count, price: 1), in: folder)
                    let second = try PricesProgram.file("2", PricesProgram.book(count, price: 2), in: folder)
                    if isFull { #expect(try await PricesProgram.run("seed", first, on: database).status == 0) }
                    try await body(database, second)
                }
            }
        }

        private static func old(_ isFull: Bool) -> [[String?]] { isFull ? [["1", "\(count)"]] : [] }

        private static let new: [[String?]] = [["2", "\(count)"]]

        @Test(
            "18: two that seed at once both succeed, and the table is one book", arguments: Backend.allCases,
            [false, true])
        func together(on backend: Backend, isFull: Bool) async throws {
            try await Self.with(backend, isFull: isFull) { database, file in
                let processes = try (0..<2).map { _ in try Binary(["prices", "seed", file] + database.arguments) }
                for process in processes { #expect(try await process.exit() == 0, "\(process.log)") }
                #expect(try database.pricesByValue() == Self.new)
                // Each statement gives all of its rows one time, and the last one to commit had them all.
                #expect(try database.sql("SELECT count(DISTINCT updated_at) FROM ai_model_prices") == [["1"]])
            }
        }

        @Test("two that seed different books at once: the table is one of the two", arguments: Backend.allCases)
        func different(on backend: Backend) async throws {
            try await Self.with(backend, isFull: true) { database, file in
                try await withFolder { folder in
                    let third = try PricesProgram.file("3", PricesProgram.book(Self.count, price: 3), in: folder)
                    let processes = try [file, third].map { try Binary(["prices", "seed", $0] + database.arguments) }
                    for process in processes { #expect(try await process.exit() == 0, "\(process.log)") }
                    let found = try database.pricesByValue()
                    #expect(found == Self.new || found == [["3", "\(Self.count)"]], "\(found)")
                }
            }
        }

        @Test(
            "SQLite: a signal in the middle of the statement ends the process and leaves the old table",
            arguments: [(SIGKILL, false), (SIGKILL, true), (SIGTERM, true), (SIGINT, false)])
        func endedOnSQLite(by number: Int32, isFull: Bool) async throws {
            try await Self.with(.sqlite, isFull: isFull) { database, file in
                // Counts for ever at that row.
                try database.sql(
                    """
                    CREATE TRIGGER rest BEFORE INSERT ON ai_model_prices WHEN NEW.model = 'm20000' BEGIN
                        SELECT count(*) FROM (
                            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0)
                            SELECT i FROM n);
                    END
                    """)
                let process = try Binary(["prices", "seed", file] + database.arguments)
                // Whoever cannot write finds the statement at work.
                _ = try await eventually("the seed holds the database") { () -> Bool? in
                    (try? database.sql("BEGIN IMMEDIATE")) == nil ? true : nil
                }
                process.signal(number)
                #expect(try await process.exit() == -number)
                #expect(try database.pricesByValue() == Self.old(isFull))
                #expect(try database.sql("PRAGMA integrity_check") == [["ok"]])
                try database.sql("DROP TRIGGER rest")
                #expect(try await PricesProgram.run("seed", file, on: database).status == 0)
                #expect(try database.pricesByValue() == Self.new)
            }
        }

        private static func rest(_ database: TestDatabase, seconds: Int) throws {
            try database.sql(
                """
                CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(\(seconds)); RETURN NEW; END $$
                """)
            try database.sql(
                """
                CREATE TRIGGER rest BEFORE INSERT ON ai_model_prices FOR EACH ROW WHEN (NEW.model = 'm20000')
                EXECUTE FUNCTION rest()
                """)
        }

        /// Server processes on this database that rest in the trigger, or all but our own.
        private static func sessions(_ database: TestDatabase, resting: Bool) throws -> [[String?]] {
            try database.sql(
                """
                SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND query ILIKE '%INSERT INTO ai_model_prices%'\(resting ? " AND wait_event = 'PgSleep'" : "")
                """)
        }

        @Test(
            "Postgres: kill -9 in the middle of the statement leaves the old table or the new one",
            arguments: [false, true])
        func killedOnPostgres(isFull: Bool) async throws {
            try await Self.with(.postgres, isFull: isFull) { database, file in
                try Self.rest(database, seconds: 2)
                let process = try Binary(["prices", "seed", file] + database.arguments)
                _ = try await eventually("the statement rests; it says \(process.log)") {
                    try Self.sessions(database, resting: true).first
                }
                #expect(try database.pricesByValue() == Self.old(isFull))
                process.signal(SIGKILL)
                #expect(try await process.exit() == -SIGKILL)
                _ = try await eventually("the server notices") {
                    try Self.sessions(database, resting: false).isEmpty ? true : nil
                }
                let found = try database.pricesByValue()
                #expect(found == Self.old(isFull) || found == Self.new, "\(found)")
            }
        }

        @Test("Postgres: the server process dies in the middle: status 1, the old table", arguments: [false, true])
        func severed(isFull: Bool) async throws {
            try await Self.with(.postgres, isFull: isFull) { database, file in
                try Self.rest(database, seconds: 600)
                let process = try Binary(["prices", "seed", file] + database.arguments)
                let pid = try await eventually("the statement rests; it says \(process.log)") {
                    try Self.sessions(database, resting: true).first?.first ?? nil
                }
                try database.sql("SELECT pg_terminate_backend(\(pid))")
                #expect(try await process.exit() == 1)
                #expect(process.output == "")
                #expect(process.lines.count == 1, "\(process.log)")
                #expect(try database.pricesByValue() == Self.old(isFull))
            }
        }
    }
}
