/// Model prices.
public protocol PriceStore: Sendable {
    /// Upserts every row of a JSON array in one statement (model-prices.md §2.2): prices of covered rows are
    /// replaced, `updated_at` moves, other rows stay. One bad element and nothing changes.
    /// - Parameter json: checked by `PriceBook` first.
    func seedPrices(json: [UInt8], at now: Timestamp) async throws(StorageError)

    /// Rows by provider and model, bytewise; an empty text is no condition.
    func prices(provider: String, model: String) async throws(StorageError) -> [PriceRecord]
}

extension PriceStore {
    /// All rows.
    public func prices() async throws(StorageError) -> [PriceRecord] { try await prices(provider: "", model: "") }
}

/// What the deployment remembers about itself.
public protocol SiteStore: Sendable {
    /// The id under which this deployment is known; `fresh` becomes it when there is none yet.
    func deploymentID(orElse fresh: UUID) async throws(StorageError) -> UUID

    /// One round trip to the database.
    func ping() async throws(StorageError)
}

/// Everything usersd keeps. An instance belongs to one event loop: call it from tasks of that loop.
public protocol Storage: UserStore, RoleStore, KeyStore, IdentityStore, SSHKeyStore, SettingsStore, OrganizationStore,
    PriceStore, SiteStore
{}
