import Loops
import Storage
@testable import StoragePostgres
import Testing
import TestSupport

/// What shares a connection in pipeline mode shares nothing else: each call gets its own replies and its own failure.
@Suite("Postgres pipeline")
struct PipelineTests {
    private enum Answer: Equatable, Sendable {
        case text(String)
        case failure(StorageError)
    }

    private static func with(_ body: @escaping @Sendable (TestDatabase, PostgresStorage) async throws -> Void)
        async throws
    {
        try await TestDatabase.with(.postgres) { database in
            try await database.onLoop { store in
                let postgres = try #require(store as? PostgresStorage)
                try await body(database, postgres)
            }
        }
    }

    /// The `index`th of many calls: its own text, a failing read, a write that fails in the middle of its
    /// transaction, or one that asks for rows of its own number.
    private static func call(_ index: Int, _ pipeline: PostgresPipeline) async -> Answer {
        do throws(StorageError) {
            let value = PostgresValue.text("\(index)")
            switch index % 7 {
            case 2:
                return .text(
                    try await pipeline.composed("SELECT (10 / $1::int)::text", [.text("0")]).first?.text(0) ?? "")
            case 3:
                let rows = try await pipeline.atomic([(.ping, []), (.userByUsername, [value]), (.userByID, [value])])
                return .text("\(rows.count)")
            case 4:
                let rows = try await pipeline.composed("SELECT $1::text FROM generate_series(1, $1::int)", [value])
                return .text(rows.count == index ? rows.first?.text(0) ?? "" : "\(rows.count) rows")
            default: return .text(try await pipeline.composed("SELECT $1::text", [value]).first?.text(0) ?? "")
            }
        } catch { return .failure(error) }
    }

    private static func expected(_ index: Int, _ answer: Answer) -> Bool {
        switch (index % 7, answer) {
        case (2, .failure(.broken(let text))): text.contains("22012")
        case (3, .failure(.broken(let text))): text.contains("22P0")
        case (2, _), (3, _): false
        default: answer == .text("\(index)")
        }
    }

    private static func all(
        _ count: Int, _ loop: EventLoop, _ pipeline: PostgresPipeline
    ) async -> [(index: Int, answer: Answer)] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for index in 1...count {
                group.addTask(executorPreference: loop) { (index, await call(index, pipeline)) }
            }
            var answers: [(index: Int, answer: Answer)] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
    }

    @Test("failing statements in the middle of a batch leave the replies before and behind them with their callers")
    func failuresInBetween() async throws {
        try await Self.with { database, store in
            for _ in 0..<5 {
                let answers = await Self.all(1_000, database.loop, store.pipeline)
                #expect(answers.count == 1_000)
                for (index, answer) in answers { #expect(Self.expected(index, answer), "\(index): \(answer)") }
            }
        }
    }

    @Test("a connection that ends amid a batch gives each call its own reply or none")
    func terminated() async throws {
        try await Self.with { database, store in
            for _ in 0..<10 {
                _ = await Self.ready(store.pipeline)
                async let ended = store.pipeline.composed(
                    "SELECT pg_terminate_backend(pg_backend_pid())::text", [])
                let answers = await Self.all(300, database.loop, store.pipeline)
                _ = try? await ended
                for (index, answer) in answers {
                    #expect(answer == .failure(.unavailable) || Self.expected(index, answer), "\(index): \(answer)")
                }
                #expect(answers.contains { $0.answer == .failure(.unavailable) })
            }
        }
    }

    private static func ready(_ pipeline: PostgresPipeline) async -> Bool {
        for _ in 0..<200 {
            do throws(StorageError) {
                try await pipeline.waitUntilReady()
                return true
            } catch { try? await Task.sleep(for: .milliseconds(20)) }
        }
        return false
    }

    @Test("a write that fails at its commit is told so, and nobody else is")
    func failsAtCommit() async throws {
        try await Self.with { database, store in
            // Checked at the commit, when each statement has been answered already.
            try database.sql(
                """
                CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'idx_users_username'; END $$;
                CREATE CONSTRAINT TRIGGER late AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (new.username = 'late') EXECUTE FUNCTION refuse_late()
                """)
            for round in 0..<3 {
                async let before = store.pipeline.composed("SELECT 'before'", [])
                async let late = failure { try await store.create(.sample("late")) }
                async let between = store.pipeline.composed("SELECT 'between'", [])
                async let good = failure { try await store.create(.sample("good\(round)")) }
                async let behind = store.pipeline.composed("SELECT 'behind'", [])
                let beforeText = try await before.first?.text(0)
                #expect(beforeText == "before")
                #expect(await late == .conflict(.username))
                let betweenText = try await between.first?.text(0)
                #expect(betweenText == "between")
                #expect(await good == nil)
                let behindText = try await behind.first?.text(0)
                #expect(behindText == "behind")
                #expect(try database.sql("SELECT username FROM users WHERE username = 'late'") == [])
                #expect(try database.sql("SELECT 1 FROM users WHERE username = 'good\(round)'").count == 1)
            }
        }
    }

    @Test("a transaction whose connection is lost between two statements does not go on without its beginning")
    func lostTransaction() async throws {
        try await Self.with { (database, store) async throws in
            for statement in 0..<2 {
                let lost = await failure {
                    try await store.pool.transaction { (connection) throws(StorageError) in
                        let pid = try await connection.composed("SELECT pg_backend_pid()::text", []).first?.text(0)
                        try await connection.command("UPDATE users SET name = 'half'")
                        _ = try? database.sql("SELECT pg_terminate_backend(\(pid ?? ""))")
                        // Long enough for a new connection to stand in the old one's place.
                        try? await Task.sleep(for: .milliseconds(800))
                        if statement == 1 { try await connection.command("UPDATE users SET name = 'other half'") }
                    }
                }
                #expect(lost == .unavailable)
                #expect(try database.sql("SELECT 1 FROM users WHERE name IN ('half', 'other half')") == [])
            }
        }
    }
}
