import Foundation
import Storage
import StorageSQLite
import Testing
import TestSupport

/// The write-ahead log of a SQLite file.
@Suite struct SQLiteJournalTests {
    @Test("it stays short while changes never cease")
    func length() async throws {
        try await TestDatabase.with(.sqlite) { database async throws in
            let user = try await database.onLoop { store async throws in try await store.create(.sample("anna")).id }
            let journal = database.location + "-wal"
            var longest = 0
            for round in 0..<40 {
                // Each key alone in a transaction changes eight pages of 4 KiB and more: 64 MiB altogether.
                for index in 0..<50 {
                    try await database.onLoop { store async throws in
                        try await store.insert(.sample("key\(1_000_000 + round * 50 + index)", of: user))
                    }
                }
                let attributes = try FileManager.default.attributesOfItem(atPath: journal)
                longest = max(longest, try #require(attributes[.size] as? Int))
            }
            #expect(longest > 4 << 20)
            #expect(longest < 48 << 20)
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["2000"]])
        }
    }
}
