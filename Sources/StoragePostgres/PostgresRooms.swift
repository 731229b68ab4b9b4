public import Storage

/// The small rooms: prices and site.
extension PostgresStorage {
    public func seedPrices(json: [UInt8], at now: Timestamp) async throws(StorageError) {
        try await pipeline.atomic([(.seedPrices, [.text(String(decoding: json, as: UTF8.self)), .time(now)])])
    }

    public func prices(provider: String, model: String) async throws(StorageError) -> [PriceRecord] {
        try await pipeline.run(.prices, [.text(provider), .text(model)]).rows { row in
            PriceRecord(
                provider: row.text(0), model: row.text(1), input: row.optionalInteger(2),
                output: row.optionalInteger(3), cacheRead: row.optionalInteger(4), cacheWrite: row.optionalInteger(5),
                createdAt: row.time(6), updatedAt: row.time(7))
        }
    }

    public func deploymentID(orElse fresh: UUID) async throws(StorageError) -> UUID {
        let results = try await pipeline.atomic([
            (.insertDeploymentID, [.text(fresh.description)]), (.deploymentID, []),
        ])
        guard let text = results[1].first?.text(0), let id = UUID(parsing: text) else {
            throw .broken("the stored deployment id is no UUID")
        }
        return id
    }

    public func convertLoginKey(at now: Timestamp, orElse fresh: [UInt8]) async throws(StorageError) -> SigningKey {
        if !isCoders {
            let secret = PostgresValue.text(SigningKey.hexadecimal(fresh))
            try await pipeline.atomic([(.insertConvertLoginKey, [secret, .time(now)])])
        }
        guard let row = try await pipeline.first(.convertLoginKey, [.time(now)]) else { throw .notFound }
        return SigningKey(sequence: row.integer(0), secret: row.text(1))
    }

    public func convertLoginKey(sequence: Int64, at now: Timestamp) async throws(StorageError) -> SigningKey? {
        try await pipeline.first(.convertLoginKeyBySequence, [.integer(sequence), .time(now)]).map { row in
            SigningKey(sequence: row.integer(0), secret: row.text(1))
        }
    }

    public func ping() async throws(StorageError) { _ = try await pipeline.run(.ping) }
}
