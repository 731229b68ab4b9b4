import Storage
import Synchronization
import Testing
import TestSupport

/// Nobody sees a session as it was before a change that was acknowledged, whoever made it: SQLite keeps what it has read
/// and drops it with every commit.
@Suite struct SessionFreshnessTests {
    private static let keyID = "aZ09aZ09aZ"

    private static func prepare(_ database: TestDatabase) async throws -> UUID {
        try await database.onLoop { store async throws in
            let user = try await store.create(.sample("anna")).id
            try await store.insert(.sample(Self.keyID, of: user, tokenName: "0"))
            return user
        }
    }

    private static func session(_ database: TestDatabase) async throws -> SessionRecord? {
        try await database.onLoop { store async throws in try await store.session(keyID: Self.keyID) }
    }

    @Test("each kind of change is seen by the next read, by whichever connection", arguments: Backend.allCases)
    func kinds(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let user = try await Self.prepare(database)
            for round in 1...60 {
                // Twice, so that the second comes from what was kept.
                for _ in 0..<2 { #expect(try await Self.session(database) != nil) }
                switch round % 6 {
                case 0:
                    try database.sql("UPDATE users SET name = 'n\(round)'")
                    #expect(try await Self.session(database)?.user.name == "n\(round)")
                case 1:
                    try database.sql("UPDATE api_keys SET token_name = '\(round)'")
                    #expect(try await Self.session(database)?.key.tokenName == "\(round)")
                case 2:
                    let status = try await database.onLoop { store async throws in
                        _ = try await store.setStatus(.suspended, ofUser: user, at: .sample)
                        let status = try await store.session(keyID: Self.keyID)?.user.status
                        _ = try await store.setStatus(.active, ofUser: user, at: .sample)
                        return status
                    }
                    #expect(status == .suspended)
                    #expect(try await Self.session(database)?.user.status == .active)
                case 3:
                    try database.sql("UPDATE api_keys SET id = 'elsewhere0'")
                    #expect(try await Self.session(database) == nil)
                    try database.sql("UPDATE api_keys SET id = '\(Self.keyID)'")
                    #expect(try await Self.session(database) != nil)
                case 4:
                    // The WAL begins anew, and the numbers in its index are small again.
                    let modes = ["PASSIVE", "RESTART", "TRUNCATE"]
                    try database.sql(
                        sqlite: "PRAGMA wal_checkpoint(\(modes[round / 6 % 3]))", postgres: "CHECKPOINT")
                    try database.sql("UPDATE users SET name = 'c\(round)'")
                    #expect(try await Self.session(database)?.user.name == "c\(round)")
                default:
                    // What was undone was never there.
                    try database.sql("UPDATE users SET name = 'kept\(round)'")
                    _ = try? database.sql("UPDATE users SET name = 'undone', status = 'no such status'")
                    #expect(try await Self.session(database)?.user.name == "kept\(round)")
                }
            }
        }
    }

    @Test(
        "while another connection commits without a pause, no read is older than what it began after",
        arguments: Backend.allCases)
    func pursuit(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            _ = try await Self.prepare(database)
            let acknowledged = Counter()
            let writer = Task.detached {
                for number in 1...400 {
                    try database.sql("UPDATE api_keys SET token_name = '\(number)'")
                    acknowledged.value.store(number, ordering: .sequentiallyConsistent)
                }
            }
            let (reads, oldest) = try await database.onLoop { store async throws in
                var reads = 0
                var oldest = Int.max
                while acknowledged.value.load(ordering: .sequentiallyConsistent) < 400 {
                    let known = acknowledged.value.load(ordering: .sequentiallyConsistent)
                    let seen = Int(try await store.session(keyID: Self.keyID)?.key.tokenName ?? "") ?? -1
                    oldest = min(oldest, seen - known)
                    reads += 1
                }
                return (reads, oldest)
            }
            try await writer.value
            #expect(oldest >= 0 && reads > 0)
        }
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}
