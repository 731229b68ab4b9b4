import Storage
import Testing
import TestSupport

/// `PriceStore`: seeding (model-prices.md §2.2, §3.2, §7 cases 1–6, 10, 14–16, 18, 58, 59, 61 as far as the
/// store decides).
@Suite struct PriceStoreTests {
    static let later = Timestamp.sample.adding(seconds: 3_600)

    /// The two rows of the contract's own fixture (§2).
    static let two = """
        [{"provider":"anthropic","model":"claude-3-5-sonnet-20241022","input_price":3000000,"output_price":15000000,
          "cache_read_price":300000,"cache_write_price":3750000},
         {"provider":"openai","model":"gpt-4o","input_price":2500000,"output_price":10000000,
          "cache_read_price":1250000,"cache_write_price":null}]
        """

    private static func with(
        _ backend: Backend, _ body: @escaping @Sendable (TestDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.with(backend, body)
    }

    static func seed(_ database: TestDatabase, _ json: String, at now: Timestamp = .sample) async throws {
        try await database.onLoop { store in try await store.seedPrices(json: Array(json.utf8), at: now) }
    }

    static func prices(_ database: TestDatabase) async throws -> [PriceRecord] {
        try await database.onLoop { store in try await store.prices() }
    }

    static func row(
        _ provider: String, _ model: String, _ prices: [Int64?], _ created: Timestamp = .sample,
        _ updated: Timestamp = .sample
    ) -> PriceRecord {
        PriceRecord(
            provider: provider, model: model, input: prices[0], output: prices[1], cacheRead: prices[2],
            cacheWrite: prices[3], createdAt: created, updatedAt: updated)
    }

    private static let sonnet: [Int64?] = [3_000_000, 15_000_000, 300_000, 3_750_000]
    private static let gpt: [Int64?] = [2_500_000, 10_000_000, 1_250_000, nil]

    @Test("cases 1, 2: rows of a fresh table are born and changed at once; null is NULL", arguments: Backend.allCases)
    func fresh(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            #expect(try await Self.prices(database).isEmpty)
            try await Self.seed(database, Self.two)
            #expect(
                try await Self.prices(database) == [
                    Self.row("anthropic", "claude-3-5-sonnet-20241022", Self.sonnet),
                    Self.row("openai", "gpt-4o", Self.gpt),
                ])
            #expect(
                try database.sql("SELECT model FROM ai_model_prices WHERE cache_write_price IS NULL") == [["gpt-4o"]])
        }
    }

    @Test("cases 3, 14: 0 is 0, a missing key is NULL, as is a key in other case (59)", arguments: Backend.allCases)
    func zeroAndMissing(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            try await Self.seed(
                database,
                """
                [{"provider":"a","model":"zero","input_price":0,"output_price":0,"cache_read_price":0,
                  "cache_write_price":0},
                 {"provider":"a","model":"none"},
                 {"provider":"a","model":"case","Input_Price":5,"extra":{"input_price":7}}]
                """)
            #expect(
                try await Self.prices(database) == [
                    Self.row("a", "case", [nil, nil, nil, nil]), Self.row("a", "none", [nil, nil, nil, nil]),
                    Self.row("a", "zero", [0, 0, 0, 0]),
                ])
        }
    }

    @Test("cases 4, 58: a second seed moves updated_at only", arguments: Backend.allCases)
    func twice(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            try await Self.seed(database, Self.two)
            try await Self.seed(database, Self.two, at: Self.later)
            #expect(
                try await Self.prices(database) == [
                    Self.row("anthropic", "claude-3-5-sonnet-20241022", Self.sonnet, .sample, Self.later),
                    Self.row("openai", "gpt-4o", Self.gpt, .sample, Self.later),
                ])
        }
    }

    @Test("cases 5, 6: covered rows are replaced, NULL too; other rows keep everything", arguments: Backend.allCases)
    func overwrite(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            try await Self.seed(
                database,
                """
                [{"provider":"openai","model":"gpt-4o","input_price":1,"output_price":2,"cache_read_price":3,
                  "cache_write_price":4},
                 {"provider":"openai","model":"by-hand","input_price":5}]
                """)
            try await Self.seed(database, Self.two, at: Self.later)
            #expect(
                try await Self.prices(database) == [
                    Self.row("anthropic", "claude-3-5-sonnet-20241022", Self.sonnet, Self.later, Self.later),
                    Self.row("openai", "by-hand", [5, nil, nil, nil]),
                    Self.row("openai", "gpt-4o", Self.gpt, .sample, Self.later),
                ])
        }
    }

    @Test("case 15: each kind of change, in each column, arrives and moves updated_at", arguments: Backend.allCases)
    func changes(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            let columns = ["input_price", "output_price", "cache_read_price", "cache_write_price"]
            var now = Timestamp.sample
            try await Self.seed(database, #"[{"provider":"p","model":"m"}]"#)
            var expected: [Int64?] = [nil, nil, nil, nil]
            for (index, column) in columns.enumerated() {
                for value in [7, 8, nil, 0, nil] as [Int64?] {
                    now = now.adding(seconds: 1)
                    expected[index] = value
                    let text = value.map { "\($0)" } ?? "null"
                    try await Self.seed(
                        database, "[{\"provider\":\"p\",\"model\":\"m\",\"\(column)\":\(text)}]", at: now)
                    #expect(try await Self.prices(database) == [Self.row("p", "m", expected, .sample, now)])
                }
            }
        }
    }

    @Test("case 16: rows are one provider's model, exactly spelled; order is bytewise", arguments: Backend.allCases)
    func identity(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            let pairs = [
                ("OpenAI", "x"), ("anthropic", "m"), ("openai", ""), ("openai", "GPT-4o"), ("openai", "a-b"),
                ("openai", "ab"),
                ("openai", "gpt-4o"), ("openai", "m"), ("openai", "É"), ("openai", "日"),
            ]
            let rows = pairs.reversed().map { "{\"provider\":\"\($0.0)\",\"model\":\"\($0.1)\"}" }
            try await Self.seed(database, "[\(rows.joined(separator: ","))]")
            let found = try await Self.prices(database)
            #expect(found.map(\.provider) == pairs.map(\.0))
            #expect(found.map(\.model) == pairs.map(\.1))
        }
    }

    @Test(
        "cases 10, 61: the greatest price and a long name are kept exactly; escapes are read",
        arguments: Backend.allCases)
    func extremes(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            let long = String(repeating: "m", count: 10_000)
            try await Self.seed(
                database,
                """
                [{"provider":"p","model":"\(long)","input_price":9223372036854775807,"output_price":9007199254740993},
                 {"provider":"p","model":"a\\u0026\\"\\\\\\u00c9\\ud83d\\ude42"}]
                """)
            #expect(
                try await Self.prices(database) == [
                    Self.row("p", "a&\"\\É🙂", [nil, nil, nil, nil]),
                    Self.row("p", long, [.max, 9_007_199_254_740_993, nil, nil]),
                ])
        }
    }

    @Test("an empty array changes nothing (§2.2)", arguments: Backend.allCases)
    func empty(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            try await Self.seed(database, Self.two)
            try await Self.seed(database, "[]", at: Self.later)
            #expect(try await Self.prices(database).map(\.updatedAt) == [.sample, .sample])
        }
    }

    @Test("case 18: processes that seed at once all succeed, with one set of rows", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await Self.with(backend) { database async throws in
            let rows = (0..<200).map { "{\"provider\":\"p\",\"model\":\"m\(1_000 + $0)\",\"input_price\":\($0)}" }
            let json = Array("[\(rows.joined(separator: ","))]".utf8)
            try await SecondStore.with(database) { second async throws in
                let errors = try await withThrowingTaskGroup(of: StorageError?.self) { group in
                    for index in 0..<20 {
                        let now = Timestamp.sample.adding(seconds: Int64(index))
                        group.addTask {
                            if index % 2 == 0 {
                                return try await database.onLoop { s in
                                    await failure { try await s.seedPrices(json: json, at: now) }
                                }
                            }
                            return try await second.onLoop { s in
                                await failure { try await s.seedPrices(json: json, at: now) }
                            }
                        }
                    }
                    var errors: [StorageError] = []
                    for try await error in group { if let error { errors.append(error) } }
                    return errors
                }
                #expect(errors.isEmpty)
            }
            let found = try await Self.prices(database)
            #expect(found.map(\.input) == (0..<200).map { Int64($0) })
        }
    }
}
