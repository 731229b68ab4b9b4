public import Storage

extension SQLiteStorage {
    public func insert(_ record: AuditRecord) async throws(StorageError) {
        let values = Self.values(record)
        try await writer.write { (connection) throws(StorageError) in try connection.run(.insertAudit, values) }
    }

    static func values(_ record: AuditRecord) -> [SQLiteValue] {
        [
            .id(record.id), .time(record.time), .id(record.userID), .text(record.ip),
            record.userAgent.map(SQLiteValue.text) ?? .null, .text(record.resource.rawValue),
            .id(record.resourceID), .text(record.target), .text(record.action.rawValue),
            .text(String(decoding: record.diff, as: UTF8.self)), .integer(Int64(record.status)),
            .text(String(decoding: record.additionalFields, as: UTF8.self)), .id(record.requestID),
        ]
    }
}
