public import Storage

extension SQLiteStorage {
    public func settings(ofUser id: UUID) async throws(StorageError) -> [String: String] {
        let pairs = try reader.all(.settings, [.id(id)]) { ($0.text(0), $0.text(1)) }
        return Dictionary(pairs) { _, last in last }
    }

    public func set(_ settings: [String: String], ofUser id: UUID) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            for (key, value) in settings {
                try connection.run(.setSetting, [.id(id), .text(key), .text(value)])
            }
        }
    }

    /// Workspaces are Coder's, and Coder keeps none in SQLite.
    public func enteredParameters(ofUser id: UUID, template: UUID) async throws(StorageError) -> [EnteredParameter] {
        []
    }
}
