import Storage
import Testing
import TestSupport

/// `UserStore.users`: filters, order, pages (database.md §4.1, §8.1).
@Suite struct UserListTests {
    /// Six people and a robot. Names in the order of the list: a, a-b, a0, Ab, Émile's `emile`, robot, zoe.
    private static func fill(_ database: TestDatabase) async throws {
        try await database.onLoop { store async throws in
            func at(_ seconds: Int64) -> Timestamp { Timestamp.sample.adding(seconds: seconds) }
            let people: [NewUser] = [
                .sample("zoe", email: "zoë@usersd.test", name: "50%", roles: ["owner"], createdAt: at(0)),
                .sample(
                    "Ab", email: "under_score@usersd.test", name: "\u{130}stanbul", status: .dormant, createdAt: at(1)),
                .sample("a0", name: "back\\slash", roles: ["auditor", "owner"], createdAt: at(2)),
                .sample("a-b", name: "ſharp \u{212A}", status: .suspended, loginType: .github, createdAt: at(3)),
                .sample("a", name: "", loginType: .oidc, createdAt: at(4)),
                .sample("emile", email: "ÉMILE@usersd.test", name: "Émile", roles: ["user-admin"], createdAt: at(5)),
                .service("robot"),
            ]
            for person in people { _ = try await store.create(person) }
        }
        try database.sql("UPDATE users SET github_com_user_id = 9007199254740993 WHERE username = 'a-b'")
        try database.sql(
            sqlite: "UPDATE users SET last_seen_at = 1795550400654321 WHERE username = 'zoe'",
            postgres: "UPDATE users SET last_seen_at = '2026-11-24 20:00:00.654321' WHERE username = 'zoe'")
    }

    struct Row: Sendable, CustomStringConvertible {
        let description: String
        let names: [String]
        let change: @Sendable (inout UserQuery) -> Void

        init(_ description: String, _ names: [String], _ change: @escaping @Sendable (inout UserQuery) -> Void) {
            self.description = description
            self.names = names
            self.change = change
        }
    }

    /// So many microseconds after the first person's birth.
    private static func near(_ microseconds: Int64) -> Timestamp {
        Timestamp(microseconds: Timestamp.sample.microseconds + microseconds)
    }

    static let all = ["a", "a-b", "a0", "Ab", "emile", "robot", "zoe"]

    // swift-format-ignore
    static let filters: [Row] = [
        Row("no condition: by folded name, - before digits before letters", all) { _ in },
        Row("search: part of the name", ["a-b", "Ab"]) { $0.search = "B"; $0.statuses = [.dormant, .suspended] },
        Row("search: part of the e-mail", ["Ab"]) { $0.search = "UNDER_S" },
        Row("search: É finds é", ["emile"]) { $0.search = "émi" },
        Row("search: Ë finds ë", ["zoe"]) { $0.search = "ZOË" },
        Row("search: % is any run", ["emile"]) { $0.search = "é%e@" },
        Row("search: _ is any one character, É too", ["emile"]) { $0.search = "_mile@" },
        Row("search: two _ need two characters", []) { $0.search = "__mile@" },
        Row("search: \\ makes _ literal", ["Ab"]) { $0.search = "r\\_s" },
        Row("search: \\ makes a letter literal and hides nothing", ["zoe"]) { $0.search = "z\\oe" },
        Row("search: a \\ at the end makes the closing % literal", []) { $0.search = "zoe\\" },
        Row("search: nobody", []) { $0.search = "nobody" },
        Row("search: e\\u0301 is not é", []) { $0.search = "e\u{301}mile" },
        Row("name: a literal % needs its \\", ["zoe"]) { $0.name = "50\\%" },
        Row("name: a bare % matches all", all) { $0.name = "%" },
        Row("name: two \\ are one", ["a0"]) { $0.name = "back\\\\sl" },
        Row("name: İ is i", ["Ab"]) { $0.name = "istan" },
        Row("name: i is İ", ["Ab"]) { $0.name = "\u{130}STAN" },
        Row("name: the Kelvin sign is k", ["a-b", "a0"]) { $0.name = "k" },
        Row("name: ſ is not s", ["a-b"]) { $0.name = "ſh" },
        Row("name: s is not ſ", []) { $0.name = "sharp" },
        Row("name: _ finds nobody without a name", ["a-b", "a0", "Ab", "emile", "zoe"]) { $0.name = "_" },
        Row("status: one", ["Ab"]) { $0.statuses = [.dormant] },
        Row("status: two", ["a-b", "Ab"]) { $0.statuses = [.dormant, .suspended] },
        Row("login type", ["a", "a-b", "robot"]) { $0.loginTypes = [.github, .oidc, .none] },
        Row("role: one of its holders' two", ["a0", "zoe"]) { $0.roles = ["owner"] },
        Row("role: any of these", ["a0", "emile"]) { $0.roles = ["auditor", "user-admin"] },
        Row("role: a part of a role is none", []) { $0.roles = ["own", "OWNER", "%"] },
        Row("created before is inclusive", ["robot", "zoe"]) { $0.createdBefore = .sample },
        Row("created before, a microsecond earlier", []) { $0.createdBefore = near(-1) },
        Row("created after is inclusive", ["emile"]) { $0.createdAfter = near(5_000_000) },
        Row("created after, a microsecond later", []) { $0.createdAfter = near(5_000_001) },
        Row("last seen before is inclusive, never seen counts", all) { $0.lastSeenBefore = .sample },
        Row("last seen before, a microsecond earlier", Array(all.dropLast())) { $0.lastSeenBefore = near(-1) },
        Row("last seen after is inclusive", ["zoe"]) { $0.lastSeenAfter = .sample },
        Row("last seen after, a microsecond later", []) { $0.lastSeenAfter = near(1) },
        Row("last seen at year 1", Array(all.dropLast())) { $0.lastSeenBefore = .zero; $0.lastSeenAfter = .zero },
        Row("GitHub id, beyond 2^53", ["a-b"]) { $0.githubUserID = 9_007_199_254_740_993 },
        Row("GitHub id of nobody; null is not 0", []) { $0.githubUserID = 0 },
        Row("service accounts", ["robot"]) { $0.isServiceAccount = true },
        Row("people", all.filter { $0 != "robot" }) { $0.isServiceAccount = false },
        Row("visible: none", []) { $0.visible = [] },
        Row("visible: somebody who is nobody", []) { $0.visible = [.zero] },
        Row("cursor: unknown id", []) { $0.afterID = .fresh() },
        Row("all conditions at once", ["a0"]) {
            $0.search = "A0"; $0.name = "SLASH"; $0.statuses = [.active]; $0.roles = ["owner"]
            $0.loginTypes = [.password]; $0.isServiceAccount = false
        },
    ]

    @Test("each condition finds exactly these, and counts them", arguments: Backend.allCases)
    func conditions(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            try await database.onLoop { store async throws in
                for row in Self.filters {
                    var query = UserQuery()
                    row.change(&query)
                    let page = try await store.users(query)
                    #expect(page.users.map(\.username) == row.names, "\(row)")
                    #expect(page.count == row.names.count, "\(row)")
                    // The same through a page of one.
                    query.limit = 1
                    let first = try await store.users(query)
                    #expect(first.users.map(\.username) == Array(row.names.prefix(1)), "\(row), first page")
                    #expect(first.count == row.names.count, "\(row), first page")
                }
            }
        }
    }

    @Test("limit and offset cut the page, not the count; behind the end both are empty", arguments: Backend.allCases)
    func pages(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            try await database.onLoop { store async throws in
                let rows: [(limit: Int?, offset: Int, names: [String], count: Int)] = [
                    (3, 0, ["a", "a-b", "a0"], 7), (3, 3, ["Ab", "emile", "robot"], 7), (3, 6, ["zoe"], 7),
                    (3, 7, [], 0), (3, 1_000, [], 0), (7, 0, Self.all, 7), (nil, 5, ["robot", "zoe"], 7),
                    (100, 2, Array(Self.all.dropFirst(2)), 7), (1, 6, ["zoe"], 7),
                ]
                for row in rows {
                    var query = UserQuery()
                    query.limit = row.limit
                    query.offset = row.offset
                    let page = try await store.users(query)
                    #expect(page.users.map(\.username) == row.names, "\(row)")
                    #expect(page.count == row.count, "\(row)")
                }
            }
        }
    }

    @Test("following the cursor meets everybody once; the count shrinks", arguments: Backend.allCases, [1, 2, 3, 7])
    func cursor(on backend: Backend, size: Int) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            try await database.onLoop { store async throws in
                var query = UserQuery()
                query.limit = size
                var met: [String] = []
                while true {
                    let page = try await store.users(query)
                    #expect(page.count == Self.all.count - met.count)
                    met += page.users.map(\.username)
                    guard let last = page.users.last else { break }
                    query.afterID = last.id
                }
                #expect(met == Self.all)
            }
        }
    }

    @Test("a deleted user may be the cursor, and is not listed", arguments: Backend.allCases)
    func deletedCursor(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await Self.fill(database)
            try await database.onLoop { store async throws in
                let anchor = try #require(try await store.findUser(username: "AB"))
                try await store.deleteUser(id: anchor.id)
                var query = UserQuery()
                #expect(try await store.users(query).users.map(\.username) == Self.all.filter { $0 != "Ab" })
                query.afterID = anchor.id
                #expect(try await store.users(query).users.map(\.username) == ["emile", "robot", "zoe"])
                query.visible = [anchor.id, try #require(try await store.findUser(username: "zoe")).id]
                #expect(try await store.users(query).users.map(\.username) == ["zoe"])
            }
        }
    }
}
