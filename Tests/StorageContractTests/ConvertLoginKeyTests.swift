import Storage
import Testing
import TestSupport

/// `SiteStore.convertLoginKey` (database.md §2.14).
@Suite struct ConvertLoginKeyTests {
    private static let fresh = (0..<64).map { UInt8($0) }

    private static func time(_ database: TestDatabase, _ seconds: Int64) -> String {
        let microseconds = Timestamp.sample.adding(seconds: seconds).microseconds
        return switch database.backend {
        case .sqlite: "\(microseconds)"
        case .postgres: "timestamptz '1970-01-01 00:00:00Z' + interval '\(microseconds) microseconds'"
        }
    }

    private static func insert(
        _ sequence: Int, secret: String?, starts: Int64, deletes: Int64? = nil, feature: String = "oidc_convert",
        into database: TestDatabase
    ) throws {
        let deletes = deletes.map { time(database, $0) } ?? "NULL"
        let secret = secret.map { "'\($0)'" } ?? "NULL"
        try database.sql(
            """
            INSERT INTO crypto_keys (feature, sequence, secret, starts_at, deletes_at)
            VALUES ('\(feature)', \(sequence), \(secret), \(time(database, starts)), \(deletes))
            """)
    }

    @Test("the first key stays, and is found by its number", arguments: Backend.allCases)
    func first(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                #expect(try await store.convertLoginKey(sequence: 1, at: .sample) == nil)
                let key = try await store.convertLoginKey(at: .sample, orElse: Self.fresh)
                #expect(key.sequence == 1 && key.bytes == Self.fresh)
                #expect(try await store.convertLoginKey(at: .sample, orElse: [1]) == key)
                #expect(try await store.convertLoginKey(sequence: 1, at: .sample) == key)
                for number: Int64 in [0, 2, -1, .max, .min, 4_294_967_297] {
                    #expect(try await store.convertLoginKey(sequence: number, at: .sample) == nil, "\(number)")
                }
                // It was not there before it was made.
                #expect(try await store.convertLoginKey(sequence: 1, at: Timestamp.sample.adding(seconds: -1)) == nil)
            }
        }
    }

    /// 64 bytes, each the same.
    private static func secret(_ byte: String) -> String { String(repeating: byte, count: 64) }

    @Test(
        "the newest that has begun signs; each verifies while it has a secret and no end", arguments: Backend.allCases)
    func rotation(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try Self.insert(1, secret: Self.secret("01"), starts: -300, deletes: 0, into: database)
            try Self.insert(2, secret: Self.secret("02"), starts: -200, deletes: 60, into: database)
            try Self.insert(3, secret: Self.secret("03"), starts: 0, into: database)
            try Self.insert(4, secret: nil, starts: -100, into: database)
            try Self.insert(5, secret: Self.secret("05"), starts: 30, into: database)
            try Self.insert(6, secret: Self.secret("06"), starts: -100, feature: "tailnet_resume", into: database)
            let rows: [(seconds: Int64, signs: Int64, verify: [Int64])] = [
                (-1, 2, [1, 2]), (0, 3, [2, 3]), (29, 3, [2, 3]), (30, 5, [2, 3, 5]), (60, 5, [3, 5]),
            ]
            try await database.onLoop { store async throws in
                for row in rows {
                    let now = Timestamp.sample.adding(seconds: row.seconds)
                    #expect(try await store.convertLoginKey(at: now, orElse: Self.fresh).sequence == row.signs)
                    var verifying: [Int64] = []
                    for number: Int64 in 1...7 {
                        guard let key = try await store.convertLoginKey(sequence: number, at: now) else { continue }
                        #expect(key.sequence == number && key.bytes == Array(repeating: UInt8(number), count: 64))
                        verifying.append(number)
                    }
                    #expect(verifying == row.verify, "\(row.seconds)")
                }
            }
            #expect(try database.sql("SELECT count(*) FROM crypto_keys") == [["6"]])
        }
    }

    @Test("of two that make the first key, both get the same", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await SecondStore.with(database) { second async throws in
                async let a = database.onLoop { try await $0.convertLoginKey(at: .sample, orElse: [1]) }
                async let b = second.onLoop { try await $0.convertLoginKey(at: .sample, orElse: [2]) }
                let (first, other) = try await (a, b)
                #expect(first == other)
            }
            #expect(try database.sql("SELECT count(*) FROM crypto_keys") == [["1"]])
        }
    }
}
