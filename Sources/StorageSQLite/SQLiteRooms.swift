internal import JSON
public import Storage

/// The small rooms: prices and site.
extension SQLiteStorage {
    public func seedPrices(json: [UInt8], at now: Timestamp) async throws(StorageError) {
        // `json_each` would walk an object or a scalar as well, which `jsonb_array_elements` refuses.
        guard json.first(where: { $0 > 32 }) == 91 else { throw .refused(.other("prices that are no array")) }
        // Postgres has no NUL in a text; here it would be stored.
        guard !Self.holdsNUL(json) else { throw .refused(.other("NUL in a text")) }
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.seedPrices, [.text(String(decoding: json, as: UTF8.self)), .time(now)])
        }
    }

    private static func holdsNUL(_ json: [UInt8]) -> Bool {
        func holds(_ value: JSONValue) -> Bool {
            switch value {
            case .string(let text): text.utf8.contains(0)
            case .array(let elements): elements.contains(where: holds)
            case .object(let members): members.contains { $0.name.utf8.contains(0) || holds($0.value) }
            case .null, .bool, .number: false
            }
        }
        // Hardly any document spells it, so hardly any is read for it.
        let spelling = Array("\\u0000".utf8)
        let isSuspect = json.indices.contains { json[$0] == spelling[0] && json[$0...].starts(with: spelling) }
        return isSuspect && (try? JSONReader.only(json)).map(holds) ?? false
    }

    public func prices(provider: String, model: String) async throws(StorageError) -> [PriceRecord] {
        try reader.all(.prices, [.text(provider), .text(model)]) { row in
            PriceRecord(
                provider: row.text(0), model: row.text(1), input: row.optionalInteger(2),
                output: row.optionalInteger(3), cacheRead: row.optionalInteger(4), cacheWrite: row.optionalInteger(5),
                createdAt: row.time(6), updatedAt: row.time(7))
        }
    }

    public func deploymentID(orElse fresh: UUID) async throws(StorageError) -> UUID {
        let text = try await writer.write { (connection) throws(StorageError) in
            try connection.run(.insertDeploymentID, [.text(fresh.description)])
            return try connection.first(.deploymentID) { $0.text(0) }
        }
        guard let text, let id = UUID(parsing: text) else { throw .broken("the stored deployment id is no UUID") }
        return id
    }

    public func convertLoginKey(at now: Timestamp, orElse fresh: [UInt8]) async throws(StorageError) -> SigningKey {
        let secret = SigningKey.hexadecimal(fresh)
        let key = try await writer.write { (connection) throws(StorageError) in
            try connection.run(.insertConvertLoginKey, [.text(secret), .time(now)])
            return try connection.first(.convertLoginKey, [.time(now)]) {
                SigningKey(sequence: $0.integer(0), secret: $0.text(1))
            }
        }
        guard let key else { throw .notFound }
        return key
    }

    public func convertLoginKey(sequence: Int64, at now: Timestamp) async throws(StorageError) -> SigningKey? {
        try reader.first(.convertLoginKeyBySequence, [.integer(sequence), .time(now)]) {
            SigningKey(sequence: $0.integer(0), secret: $0.text(1))
        }
    }

    public func ping() async throws(StorageError) {
        _ = try reader.first(.ping) { $0.integer(0) }
    }
}
