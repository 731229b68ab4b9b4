import Loops
import Storage
@testable import StoragePostgres
import Testing
import TestSupport

/// What a backend tells without reading rows: whether anybody has committed.
@Suite("Moments")
struct MomentTests {
    private static func with(_ body: @escaping @Sendable (TestDatabase, PostgresStorage) async throws -> Void)
        async throws
    {
        try await TestDatabase.with(.postgres) { database in
            try await database.onLoop { store in
                try await body(database, try #require(store as? PostgresStorage))
            }
        }
    }

    /// What so many tasks of the loop are told that ask in one turn.
    private static func ask(_ count: Int, _ loop: EventLoop, _ pipeline: PostgresPipeline) async -> [String?] {
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<count {
                group.addTask(executorPreference: loop) {
                    do throws(StorageError) { return try await pipeline.moment() } catch { return "\(error)" }
                }
            }
            var answers: [String?] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
    }

    @Test("all who ask are told, and among reads and failing writes everybody gets their own answer")
    func shared() async throws {
        try await Self.with { database, store in
            for _ in 0..<20 {
                async let moments = Self.ask(50, database.loop, store.pipeline)
                async let row = store.pipeline.composed("SELECT 'mine'", [])
                async let broken = failure { try await store.pipeline.composed("SELECT 1 / 0", []) }
                let (told, mine, fault) = (await moments, try await row.first?.text(0), await broken)
                #expect(told.count == 50 && Set(told).count <= 2)
                #expect(told.allSatisfy { $0?.contains(":") == true }, "\(told)")
                #expect(mine == "mine")
                #expect(fault != nil)
            }
        }
    }

    @Test(
        "a commit of another connection is another moment, whatever it changed",
        arguments: [
            "UPDATE organizations SET icon = '/x.png'", "DELETE FROM organizations", "CREATE TABLE scratch (a int)",
            "TRUNCATE ai_seat_state", "ALTER TABLE users ADD COLUMN scratch int",
            "DO $$ BEGIN UPDATE organizations SET icon = 'y'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
        ])
    func commits(_ change: String) async throws {
        try await Self.with { database, store in
            let before = try await store.pipeline.moment()
            #expect(before != nil)
            try database.sql(change)
            #expect(try await store.pipeline.moment() != before)
        }
    }

    @Test("whoever asks when the connection is gone is told that it is")
    func lost() async throws {
        try await Self.with { database, store in
            store.pipeline.stop()
            #expect(await Self.ask(3, database.loop, store.pipeline) == Array(repeating: "unavailable", count: 3))
        }
    }

    @Test("the question is asked more and more seldom while its answer is always another moment")
    func curiosity() {
        var curiosity = Curiosity()
        var asked: [Int] = []
        for request in 0..<400 {
            guard curiosity.mayAsk() else { continue }
            asked.append(request)
            // Asked by two at once.
            for _ in 0..<2 { curiosity.wasInVain("\(request)") }
        }
        #expect(asked == [0, 2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394])
        curiosity.paidOff()
        var answers: [Bool] = []
        repeat { answers.append(curiosity.mayAsk()) } while answers.last == false
        curiosity.wasInVain(nil)
        for _ in 0..<2 { answers.append(curiosity.mayAsk()) }
        #expect(answers.suffix(3) == [true, false, true])
    }
}
