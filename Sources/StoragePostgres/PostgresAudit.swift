public import Storage

extension PostgresStorage {
    public func insert(_ record: AuditRecord) async throws(StorageError) {
        try await pipeline.atomic([Self.note(record)])
    }

    /// - Parameter key: made by the statement before, unless that was refused.
    static func note(_ record: AuditRecord, ofKey key: String? = nil) -> (StatementName, [PostgresValue]) {
        let values: [PostgresValue] = [
            .id(record.id), .time(record.time), .id(record.userID), .text(record.ip),
            record.userAgent.map(PostgresValue.text) ?? .null, .text(record.resource.rawValue),
            .id(record.resourceID), .text(record.target), .text(record.action.rawValue),
            .text(String(decoding: record.diff, as: UTF8.self)), .integer(Int64(record.status)),
            .text(String(decoding: record.additionalFields, as: UTF8.self)), .id(record.requestID),
            key.map(PostgresValue.text) ?? .null,
        ]
        return (.insertAudit, values)
    }
}
