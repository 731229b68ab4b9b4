/// What one model of one provider costs. Prices are in **micro-USD per million tokens**: 3000000 is 3.00 USD.
/// nil is unknown, 0 is free, and the two never meet (model-prices.md §1).
public struct PriceRow: Sendable {
    public var provider: String
    public var model: String
    public var inputPrice: Int64?
    public var outputPrice: Int64?
    public var cacheReadPrice: Int64?
    public var cacheWritePrice: Int64?

    public init(
        provider: String, model: String, inputPrice: Int64? = nil, outputPrice: Int64? = nil,
        cacheReadPrice: Int64? = nil, cacheWritePrice: Int64? = nil
    ) {
        self.provider = provider
        self.model = model
        self.inputPrice = inputPrice
        self.outputPrice = outputPrice
        self.cacheReadPrice = cacheReadPrice
        self.cacheWritePrice = cacheWritePrice
    }

    /// The four prices in the order of the table's columns.
    public var prices: [Int64?] { [inputPrice, outputPrice, cacheReadPrice, cacheWritePrice] }

    /// By provider, then model, both by their UTF-8 bytes: the order of a seed.
    public static func precedes(_ left: PriceRow, _ right: PriceRow) -> Bool { left.key < right.key }

    var key: PriceKey { PriceKey(provider: provider, model: model) }
}

extension PriceRow: Equatable {
    public static func == (left: PriceRow, right: PriceRow) -> Bool {
        left.key == right.key && left.prices == right.prices
    }
}

/// What a row is stored under. A `String` compares by canonical equivalence, the databases by bytes: `é` in one
/// scalar and `é` in two are two models.
struct PriceKey: Hashable, Comparable {
    private let provider: [UInt8]
    private let model: [UInt8]

    init(provider: String, model: String) {
        self.provider = Array(provider.utf8)
        self.model = Array(model.utf8)
    }

    static func < (left: PriceKey, right: PriceKey) -> Bool {
        if left.provider != right.provider { return left.provider.lexicographicallyPrecedes(right.provider) }
        return left.model.lexicographicallyPrecedes(right.model)
    }
}
