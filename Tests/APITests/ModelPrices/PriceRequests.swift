import JSON
import TestSupport

/// Requests to `/api/experimental/ai/model-prices`, as the price suites make them.
enum PriceRequests {
    static let path = "/api/experimental/ai/model-prices"
    /// A draft of the contract used PUT; both do the same.
    static let methods = ["POST", "PUT"]
    static let columns = ["input_price", "output_price", "cache_read_price", "cache_write_price"]

    /// An entry; each price as it is to stand in the JSON.
    static func entry(
        _ provider: String = "anthropic", _ model: String = "mine", _ prices: [String] = ["1", "2", "3", "4"]
    ) -> String {
        let members = zip(columns, prices).map { "\"\($0)\":\($1)" }
        return "{\"provider\":\"\(provider)\",\"model\":\"\(model)\",\(members.joined(separator: ","))}"
    }

    static func body(_ entries: String...) -> String { "{\"prices\":[\(entries.joined(separator: ","))]}" }
}

extension TestServer {
    func setPrices(_ token: String, _ body: String, method: String = "POST") async throws -> Answer {
        try await send(method, PriceRequests.path, token: token, body: body)
    }

    /// Every row as the database has it: provider, model and the four prices.
    func storedPrices() throws -> [[String?]] {
        try database.sql(
            """
            SELECT provider, model, CAST(input_price AS text), CAST(output_price AS text),
            CAST(cache_read_price AS text), CAST(cache_write_price AS text)
            FROM ai_model_prices ORDER BY created_at, provider, model
            """)
    }

    /// The lines that the log gained through price changes.
    var priceLines: [String] { log.lines.filter { $0.contains("model price") } }
}
