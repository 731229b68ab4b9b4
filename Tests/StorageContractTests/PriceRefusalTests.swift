import Storage
import Testing
import TestSupport

/// `PriceStore`: what the statement itself refuses (model-prices.md §2.2, §7 cases 8–13, 59–61 as far as the store
/// decides; the rest is refused by `PriceSeed` before a store sees it).
@Suite struct PriceRefusalTests {
    private static let good = #"{"provider":"a","model":"kept","input_price":2},{"provider":"a","model":"new"}"#

    static let badElements = [
        #"{"provider":"z","model":"z","input_price":-1}"#, #"{"provider":"z","model":"z","output_price":-1}"#,
        #"{"provider":"z","model":"z","cache_read_price":-1}"#, #"{"provider":"z","model":"z","cache_write_price":-1}"#,
        #"{"provider":"z","model":"z","input_price":1.5}"#, #"{"provider":"z","model":"z","input_price":"many"}"#,
        #"{"provider":"z","model":"z","input_price":9223372036854775808}"#,
        #"{"provider":"z","model":"z","input_price":1e400}"#,
        #"{"provider":"z"}"#, #"{"model":"z"}"#, #"{"provider":null,"model":"z"}"#, #"{"Provider":"z","model":"z"}"#,
        #"{"provider":"z","model":"a\u0000b"}"#, "null", "1", "\"text\"", "{}",
    ]

    @Test("cases 11, 12, 59, 60, 61: one bad element, and nothing changes", arguments: Backend.allCases, badElements)
    func bad(on backend: Backend, element: String) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await PriceStoreTests.seed(database, #"[{"provider":"a","model":"kept","input_price":1}]"#)
            for json in [
                "[\(Self.good),\(element)]",
                "[\(element),\(Self.good)]",
            ] {
                let error = await failure { try await PriceStoreTests.seed(database, json, at: PriceStoreTests.later) }
                #expect(error != nil)
                #expect(
                    try await PriceStoreTests.prices(database) == [
                        PriceStoreTests.row("a", "kept", [1, nil, nil, nil])
                    ])
            }
            // The connection is fit for use.
            try await PriceStoreTests.seed(database, PriceStoreTests.two)
            #expect(try await PriceStoreTests.prices(database).count == 3)
        }
    }

    @Test("cases 8, 9: what is no array is refused", arguments: Backend.allCases, ["", "{", "[]x", "7", "\"x\""])
    func noArray(on backend: Backend, json: String) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await PriceStoreTests.seed(database, PriceStoreTests.two)
            #expect(await failure { try await PriceStoreTests.seed(database, json, at: PriceStoreTests.later) } != nil)
            #expect(try await PriceStoreTests.prices(database).map(\.updatedAt) == [.sample, .sample])
        }
    }

    @Test("case 9: an object's members are no rows", arguments: Backend.allCases)
    func object(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            _ = await failure {
                try await PriceStoreTests.seed(database, #"{"a":{"provider":"p","model":"m","input_price":1}}"#)
            }
            #expect(try await PriceStoreTests.prices(database).isEmpty)
        }
    }

    /// `PriceSeed` refuses such a document before any store sees it; Postgres refuses it once more (21000).
    @Test("case 13: one pair twice never makes two rows, and never half a batch", arguments: Backend.allCases)
    func repeated(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let error = await failure {
                try await PriceStoreTests.seed(
                    database,
                    """
                    [{"provider":"p","model":"n"},{"provider":"p","model":"m","input_price":1},
                     {"provider":"p","model":"m","input_price":2}]
                    """)
            }
            let models = try await PriceStoreTests.prices(database).map(\.model)
            if backend == .postgres { #expect(error != nil) }
            #expect(models == (error == nil ? ["m", "n"] : []))
        }
    }
}
