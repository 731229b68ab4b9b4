import Storage
import Synchronization
import Testing
import TestSupport

/// Pages and counts are kept while nobody has committed, and pages behind the middle are read from the end: neither
/// may show.
@Suite struct PageFreshnessTests {
    private static let names = (0..<11).map { "user-\($0 / 10)\($0 % 10)" }

    private static func fill(_ database: TestDatabase) async throws {
        try await database.onLoop { store async throws in
            for name in Self.names { _ = try await store.create(.sample(name)) }
        }
    }

    private static func query(limit: Int?, offset: Int) -> UserQuery {
        var query = UserQuery()
        query.limit = limit
        query.offset = offset
        return query
    }

    private static func page(_ database: TestDatabase, limit: Int?, offset: Int) async throws -> UserPage {
        try await database.onLoop { store async throws in
            try await store.users(Self.query(limit: limit, offset: offset))
        }
    }

    @Test("every window onto eleven users, read anew and read again", arguments: Backend.allCases)
    func windows(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            for limit in [nil, 1, 2, 3, 5, 10, 11, 12] {
                for offset in (0...13).shuffled() {
                    // Somebody commits: the first of the three finds nothing kept.
                    try database.sql("UPDATE users SET name = '\(offset)'")
                    let expected = Array(Self.names.dropFirst(offset).prefix(limit ?? .max))
                    for _ in 0..<3 {
                        let page = try await Self.page(database, limit: limit, offset: offset)
                        #expect(page.users.map(\.username) == expected, "limit \(limit ?? -1), offset \(offset)")
                        #expect(page.count == (expected.isEmpty ? 0 : 11))
                        #expect(page.users.allSatisfy { $0.name == "\(offset)" })
                    }
                }
            }
        }
    }

    @Test("a place counts from the nearer end")
    func places() {
        let rows: [(limit: Int?, offset: Int, count: Int, place: PagePlace)] = [
            (25, 0, 100, PagePlace(skipped: 0, length: 25, isFromTheEnd: false)),
            (25, 50, 100, PagePlace(skipped: 50, length: 25, isFromTheEnd: false)),
            (25, 51, 100, PagePlace(skipped: 24, length: 25, isFromTheEnd: true)),
            (25, 75, 100, PagePlace(skipped: 0, length: 25, isFromTheEnd: true)),
            (25, 90, 100, PagePlace(skipped: 0, length: 10, isFromTheEnd: true)),
            (25, 100, 100, PagePlace(skipped: 0, length: 0, isFromTheEnd: true)),
            (25, 101, 100, PagePlace(skipped: 0, length: 0, isFromTheEnd: true)),
            (nil, 99, 100, PagePlace(skipped: 0, length: 1, isFromTheEnd: true)),
            (nil, 0, 0, PagePlace(skipped: 0, length: 0, isFromTheEnd: false)),
            (0, 3, 9, PagePlace(skipped: 3, length: 0, isFromTheEnd: false)),
        ]
        for row in rows {
            #expect(Self.query(limit: row.limit, offset: row.offset).place(among: row.count) == row.place, "\(row)")
        }
    }

    @Test("what another connection changes is in the next page and in its count", arguments: Backend.allCases)
    func changes(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            var gone = 0
            for name in Self.names.reversed().dropLast() {
                for offset in [0, 4] { _ = try await Self.page(database, limit: 4, offset: offset) }
                try database.sql(
                    sqlite: "UPDATE users SET deleted = 1 WHERE username = '\(name)'",
                    postgres: "UPDATE users SET deleted = true WHERE username = '\(name)'")
                gone += 1
                for offset in [0, 4] {
                    let page = try await Self.page(database, limit: 4, offset: offset)
                    let expected = Self.names.dropLast(gone).dropFirst(offset).prefix(4)
                    #expect(page.users.map(\.username) == Array(expected))
                    #expect(page.count == (expected.isEmpty ? 0 : 11 - gone))
                }
            }
        }
    }

    @Test(
        "while another connection commits without a pause, count and page are of one moment",
        arguments: Backend.allCases)
    func pursuit(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            let isOver = Flag()
            let writer = Task.detached {
                defer { isOver.value.store(true, ordering: .sequentiallyConsistent) }
                for round in 0..<300 {
                    let (flag, word) = round % 2 == 0 ? ("1", "true") : ("0", "false")
                    try database.sql(
                        sqlite: "UPDATE users SET deleted = \(flag) WHERE username = 'user-10'",
                        postgres: "UPDATE users SET deleted = \(word) WHERE username = 'user-10'")
                }
            }
            let seen = try await database.onLoop { store async throws in
                var seen: Set<Int> = []
                while !isOver.value.load(ordering: .sequentiallyConsistent) {
                    for offset in [0, 3, 8] {
                        let page = try await store.users(Self.query(limit: 20, offset: offset))
                        #expect(page.users.count == page.count - offset)
                        #expect(page.users.map(\.username) == Array(Self.names.prefix(page.count).dropFirst(offset)))
                        seen.insert(page.count)
                    }
                }
                return seen
            }
            try await writer.value
            #expect(seen == [10, 11])
        }
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }
}
