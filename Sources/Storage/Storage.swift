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

/// A row of `crypto_keys` with a secret.
public struct SigningKey: Sendable, Equatable {
    public let sequence: Int64
    /// Hexadecimal.
    public let secret: String

    public init(sequence: Int64, secret: String) {
        self.sequence = sequence
        self.secret = secret
    }
}

extension SigningKey {
    public static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The secret's 64 bytes; nil when it is damaged: an empty key would let anybody sign.
    public var bytes: [UInt8]? {
        let digits = secret.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 128 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

/// What the deployment remembers about itself.
public protocol SiteStore: Sendable {
    /// The id under which this deployment is known; `fresh` becomes it when there is none yet.
    func deploymentID(orElse fresh: UUID) async throws(StorageError) -> UUID

    /// The key that signs the cookies of `convert-login` at this moment. In a database of ours `fresh` becomes it when
    /// there is none; Coder makes its own (database.md §2.14).
    /// - Throws: `.notFound` in a Coder database without a usable key.
    func convertLoginKey(at now: Timestamp, orElse fresh: [UInt8]) async throws(StorageError) -> SigningKey

    /// The key of that number, while it is valid.
    func convertLoginKey(sequence: Int64, at now: Timestamp) async throws(StorageError) -> SigningKey?

    /// One round trip to the database.
    func ping() async throws(StorageError)
}

/// Everything usersd keeps. An instance belongs to one event loop: call it from tasks of that loop.
public protocol Storage: UserStore, RoleStore, KeyStore, IdentityStore, SSHKeyStore, SettingsStore, OrganizationStore,
    PriceStore, SiteStore, AuditStore
{
    /// How busy it is. Call it on the storage's loop.
    var load: StorageLoad { get }
}
