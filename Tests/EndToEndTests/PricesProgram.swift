import Foundation
import TestSupport

/// `usersd prices …` and `diff-model-prices`, run to their end.
enum PricesProgram {
    /// Prices on one database.
    static func run(_ words: String..., on database: TestDatabase) async throws -> Binary {
        try await Binary.run(["prices"] + words + database.arguments)
    }

    static func diff(_ arguments: [String]) async throws -> Binary {
        let folder = (Binary.path as NSString).deletingLastPathComponent
        let process = try Binary(arguments, program: "\(folder)/diff-model-prices")
        _ = try await process.exit()
        return process
    }

    static func file(_ name: String, _ text: String, in folder: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
    }

    /// A book of models `m0`, `m1`, …, all of whose prices are `price`.
    static func book(_ count: Int, price: Int) -> String {
        let rows = (0..<count).map {
            """
            {"provider":"p","model":"m\($0)","input_price":\(price),"output_price":\(price),\
            "cache_read_price":\(price),"cache_write_price":\(price)}
            """
        }
        return "[\(rows.joined(separator: ",\n"))]"
    }
}

extension TestDatabase {
    /// Provider, model and prices, `-` for NULL, a line each.
    func priceLines() throws -> [String] {
        let rows = try sql(
            """
            SELECT provider, model, CAST(input_price AS text), CAST(output_price AS text),
            CAST(cache_read_price AS text), CAST(cache_write_price AS text) FROM ai_model_prices
            """)
        return rows.map { $0.map { $0 ?? "-" }.joined(separator: " ") }.sorted()
    }

    /// How many rows there are of each input price: one line, if no book was written by half.
    func pricesByValue() throws -> [[String?]] {
        try sql("SELECT input_price, count(*) FROM ai_model_prices GROUP BY input_price ORDER BY input_price")
    }
}
