@testable import StorageSQLite

/// A look into a file behind the server's back.
enum SQLiteFile {
    /// - Returns: the rows; values as text, nil for NULL.
    @discardableResult
    static func sql(_ path: String, _ text: String) throws -> [[String?]] {
        try SQLiteConnection(path: path).texts(text)
    }

    static func prices(_ path: String) throws -> [[String?]] {
        try sql(path, "SELECT provider, model, created_at, updated_at FROM ai_model_prices ORDER BY provider, model")
    }
}
