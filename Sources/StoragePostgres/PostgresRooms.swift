public import Storage

/// The small rooms: identities, prices, site.
extension PostgresStorage {
    public func credentials(email: String) async throws(StorageError) -> CredentialRecord? {
        guard let row = try await pipeline.first(.credentials, [.text(email)]) else { return nil }
        guard let status = UserStatus(rawValue: row.text(1)), let loginType = LoginType(rawValue: row.text(2)) else {
            throw .broken("a stored user has an unknown status or login type")
        }
        return CredentialRecord(
            userID: try row.id(0), status: status, loginType: loginType, hashedPassword: row.bytes(3))
    }

    public func isTaken(username: String, email: String) async throws(StorageError) -> Bool {
        try await pipeline.first(.isTaken, [.text(username), .text(email)])?.bool(0) ?? false
    }

    public func seedPrices(json: [UInt8], at now: Timestamp) async throws(StorageError) {
        try await pipeline.atomic([(.seedPrices, [.text(String(decoding: json, as: UTF8.self)), .time(now)])])
    }

    public func prices() async throws(StorageError) -> [PriceRecord] {
        try await pipeline.run(.allPrices).rows { row in
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

    public func ping() async throws(StorageError) { _ = try await pipeline.run(.ping) }
}
