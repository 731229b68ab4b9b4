internal import JSON
internal import Storage

/// The provider and model of a price row, compared by their bytes.
public struct PriceKey: Sendable, Hashable {
    private let provider: [UInt8]
    private let model: [UInt8]

    public init(provider: String, model: String) {
        self.provider = Array(provider.utf8)
        self.model = Array(model.utf8)
    }
}

/// A price row of a request, before anything is decided.
struct PriceEntry {
    static let priceNames: [StaticString] = ["input_price", "output_price", "cache_read_price", "cache_write_price"]

    let provider: String
    let model: String
    /// In the order of `priceNames`. Outer nil: the key is absent; inner nil: it is null, which is unknown.
    let prices: [Int64??]

    /// A null entry is an empty one.
    init(_ value: JSONValue) throws(APIError) {
        let body = try Body(value, "prices")
        provider = try body.string("provider")
        model = try body.string("model")
        var prices: [Int64??] = []
        for name in Self.priceNames { prices.append(try body.presentInteger("\(name)")) }
        self.prices = prices
    }
}

/// What an entry must be to be written (model-prices.md §8.3). Pure.
enum PriceRules {
    /// Names a price may be set for; the generator's seed knows some of them.
    static let providers = ["anthropic", "azure", "bedrock", "copilot", "google", "openai", "openrouter", "vercel"]

    /// Every problem of every entry, in the order of the entries.
    /// - Parameter covered: rows of the built-in price book, which the next start would overwrite.
    static func check(_ entries: [PriceEntry], covered: Set<PriceKey>) throws(APIError) {
        let message = "Invalid AI model prices."
        guard !entries.isEmpty else {
            throw .invalid(message, [Validation("prices", "Must hold at least one price.")])
        }
        var seen: Set<PriceKey> = []
        var validations: [Validation] = []
        for (index, entry) in entries.enumerated() {
            validations += problems(entry, "prices[\(index)]", covered)
            let key = PriceKey(provider: entry.provider, model: entry.model)
            if !seen.insert(key).inserted {
                validations.append(Validation("prices[\(index)]", "The same provider and model stand above."))
            }
        }
        if !validations.isEmpty { throw .invalid(message, validations) }
    }

    private static func problems(_ entry: PriceEntry, _ place: String, _ covered: Set<PriceKey>) -> [Validation] {
        var problems: [Validation] = []
        if !providers.contains(where: { $0.utf8.elementsEqual(entry.provider.utf8) }) {
            problems.append(Validation("\(place).provider", "Must be one of \(providers.joined(separator: ", "))."))
        }
        if entry.model.isEmpty { problems.append(Validation("\(place).model", "Must not be empty.")) }
        if covered.contains(PriceKey(provider: entry.provider, model: entry.model)) {
            problems.append(
                Validation(
                    place, "The built-in price book covers this model; it would be overwritten at the next start."))
        }
        let named = zip(PriceEntry.priceNames, entry.prices)
        for (name, price) in named {
            if case .some(.some(let value)) = price, value < 0 {
                problems.append(Validation("\(place).\(name)", "Must not be negative."))
            }
        }
        let hasKeys = entry.prices.contains { $0 != nil }
        for (name, price) in named where hasKeys && price == nil {
            problems.append(Validation("\(place).\(name)", "Is absent: write null when the price is unknown."))
        }
        if !entry.prices.contains(where: { $0.flatMap { $0 } != nil }) {
            problems.append(Validation(place, "No price has a value: use 0 for what is free."))
        }
        return problems
    }
}
