import Storage
import Testing
import TestSupport

/// Moments (database.md §6.2, §6.6, §6.10): microseconds, year 1, and no trace of the server's time zone. The test
/// server runs in America/St_Johns, half an hour off every other zone and with daylight saving.
@Suite struct TimeTests {
    // swift-format-ignore
    static let moments: [(text: String, microseconds: Int64)] = [
        ("0001-01-01T00:00:00.000000", -62_135_596_800_000_000),
        ("1969-12-31T23:59:59.999999", -1),
        ("1970-01-01T00:00:00.000000", 0),
        ("2000-01-01T00:00:00.000000", 946_684_800_000_000),
        ("2026-03-08T05:30:00.654321", 1_772_947_800_654_321),  // St. John's springs forward at this moment
        ("2026-11-01T04:00:00.654321", 1_793_505_600_654_321),  // an hour that its clock shows twice
        ("2026-11-24T20:00:00.654321", 1_795_550_400_654_321),
        ("9999-12-31T23:59:59.999999", 253_402_300_799_999_999),
    ]

    private static func utc(_ column: String, _ type: String) -> String {
        type == "timestamp"
            ? "to_char(\(column), 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
            : "to_char(\(column) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    }

    @Test("every moment is stored as UTC and read back exactly", arguments: Backend.allCases)
    func roundTrip(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            for (index, moment) in Self.moments.enumerated() {
                let time = Timestamp(microseconds: moment.microseconds)
                let name = "u\(index)"
                try await database.onLoop { store async throws in
                    let user = try await store.create(.sample(name, status: .dormant, createdAt: time))
                    #expect(try await store.user(id: user.id).createdAt == time)
                    #expect(try await store.activateIfDormant(userID: user.id, at: time) == .active)
                    let woken = try await store.user(id: user.id)
                    #expect(woken.lastSeenAt == time)
                    #expect(woken.updatedAt == time)
                    var key = KeyRecord.sample("key000000\(index)", of: user.id)
                    key.lastUsed = time
                    key.expiresAt = time
                    try await store.insert(key)
                    #expect(try await store.session(keyID: key.id)?.key == key)
                    try await store.record(
                        KeyUse(
                            keyID: key.id, userID: user.id, lastUsed: time, expiresAt: time, ipAddress: "::1", now: time
                        ))
                    #expect(try await store.session(keyID: key.id)?.user.lastSeenAt == time)
                }
                let row = try database.sql(
                    sqlite: """
                        SELECT u.created_at, u.updated_at, u.last_seen_at, k.last_used, k.expires_at
                        FROM users u JOIN api_keys k ON k.user_id = u.id WHERE u.username = '\(name)'
                        """,
                    postgres: """
                        SELECT \(Self.utc("u.created_at", "timestamptz")), \(Self.utc("u.updated_at", "timestamptz")),
                               \(Self.utc("u.last_seen_at", "timestamp")), \(Self.utc("k.last_used", "timestamptz")),
                               \(Self.utc("k.expires_at", "timestamptz"))
                        FROM users u JOIN api_keys k ON k.user_id = u.id WHERE u.username = '\(name)'
                        """)
                let expected = backend == .sqlite ? "\(moment.microseconds)" : moment.text
                #expect(row == [[String?](repeating: expected, count: 5)])
            }
        }
    }

    @Test("filters meet each moment inclusively, not a microsecond more", arguments: Backend.allCases)
    func filters(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                for (index, moment) in Self.moments.enumerated() {
                    let time = Timestamp(microseconds: moment.microseconds)
                    let user = try await store.create(.sample("u\(index)", status: .dormant, createdAt: time))
                    _ = try await store.activateIfDormant(userID: user.id, at: time)
                }
                let conditions: [(String, @Sendable (inout UserQuery, Timestamp) -> Void, isBefore: Bool)] = [
                    ("created before", { $0.createdBefore = $1 }, true),
                    ("created after", { $0.createdAfter = $1 }, false),
                    ("seen before", { $0.lastSeenBefore = $1 }, true), ("seen after", { $0.lastSeenAfter = $1 }, false),
                ]
                for (name, set, isBefore) in conditions {
                    for moment in Self.moments {
                        for delta in [-1, 0, 1] as [Int64]
                        where moment.microseconds + delta >= Timestamp.zero.microseconds {
                            let limit = moment.microseconds + delta
                            var query = UserQuery()
                            set(&query, Timestamp(microseconds: limit))
                            let expected = Self.moments.count {
                                isBefore ? $0.microseconds <= limit : $0.microseconds >= limit
                            }
                            #expect(try await store.users(query).count == expected, "\(name) \(moment.text) \(delta)")
                        }
                    }
                }
            }
        }
    }

    @Test("a key that lasts as long as time can tell comes back", arguments: Backend.allCases)
    func furthest(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                var key = KeyRecord.sample("key0000000", of: user)
                key.expiresAt = Timestamp.sample.adding(seconds: .max)
                key.lifetime = .max
                try await store.insert(key)
                #expect(try await store.session(keyID: key.id)?.key == key)
            }
        }
    }

    @Test("the server's zone is not UTC, so the other tests mean something")
    func zone() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let rows = try database.sql("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")
            #expect(rows == [["America/St_Johns"]])
        }
    }

    @Test("never seen is year 1, not null and not 1970", arguments: Backend.allCases)
    func never(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store in _ = try await store.create(.sample("anna")) }
            #expect(
                try database.sql(
                    sqlite: "SELECT last_seen_at FROM users WHERE username = 'anna'",
                    postgres: "SELECT last_seen_at::text FROM users WHERE username = 'anna'")
                    == [[backend == .sqlite ? "-62135596800000000" : "0001-01-01 00:00:00"]])
        }
    }
}
