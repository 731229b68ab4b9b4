internal import JSON

/// The part of a models.dev document that prices are made of (model-prices.md §4.2).
struct Upstream {
    let providers: [Provider]

    struct Provider {
        let id: String
        var models: [Model] = []
        /// A name that is given twice inside this provider, or the provider's own. Which of the two is meant is
        /// anybody's guess, so prices are not made of such a provider; in one that nobody asked for it is harmless.
        var repetition: String?
    }

    struct Model {
        let id: String
        let cost: Cost
    }

    /// USD per million tokens.
    struct Cost {
        var input: Amount?
        var output: Amount?
        var cacheRead: Amount?
        var cacheWrite: Amount?

        var isEmpty: Bool { input == nil && output == nil && cacheRead == nil && cacheWrite == nil }
    }

    struct Amount {
        let value: Double
        /// As the document writes it.
        let spelling: String
        /// `openai/gpt-5.cost.input`
        let place: String
    }

    /// Every provider, also those that are dropped later: a wrong type anywhere fails the document, as in Go.
    init(_ document: JSONValue) throws(PriceSourceFlaw) {
        var seen: Set<[UInt8]> = []
        var providers: [Provider] = []
        for member in try UpstreamReader.members(of: document, at: "document") {
            var reader = UpstreamReader()
            var provider = try reader.provider(member)
            if !seen.insert(Array(member.name.utf8)).inserted { provider.repetition = printable(member.name) }
            providers.append(provider)
        }
        self.providers = providers
    }
}

/// Reads one provider and remembers the first name it met twice.
private struct UpstreamReader {
    private var repetition: String?

    mutating func provider(_ member: JSONValue.Member) throws(PriceSourceFlaw) -> Upstream.Provider {
        let place = printable(member.name)
        var provider = Upstream.Provider(id: member.name)
        let fields = try Self.members(of: member.value, at: place)
        for models in values(of: "models", in: fields, at: place) {
            provider.models = try self.models(models, of: place)
        }
        provider.repetition = repetition
        return provider
    }

    private mutating func models(
        _ value: JSONValue, of provider: String
    ) throws(PriceSourceFlaw) -> [Upstream.Model] {
        var seen: Set<[UInt8]> = []
        var models: [Upstream.Model] = []
        for member in try Self.members(of: value, at: "\(provider).models") {
            let place = "\(provider)/\(printable(member.name))"
            if !seen.insert(Array(member.name.utf8)).inserted { note(place) }
            var cost = Upstream.Cost()
            let fields = try Self.members(of: member.value, at: place)
            for value in values(of: "cost", in: fields, at: place) { cost = try self.cost(value, at: "\(place).cost") }
            models.append(Upstream.Model(id: member.name, cost: cost))
        }
        return models
    }

    private mutating func cost(_ value: JSONValue, at place: String) throws(PriceSourceFlaw) -> Upstream.Cost {
        let fields = try Self.members(of: value, at: place)
        return Upstream.Cost(
            input: try amount("input", in: fields, at: place),
            output: try amount("output", in: fields, at: place),
            cacheRead: try amount("cache_read", in: fields, at: place),
            cacheWrite: try amount("cache_write", in: fields, at: place))
    }

    private mutating func amount(
        _ name: String, in fields: [JSONValue.Member], at place: String
    ) throws(PriceSourceFlaw) -> Upstream.Amount? {
        var amount: Upstream.Amount?
        let place = "\(place).\(name)"
        for value in values(of: name, in: fields, at: place) {
            switch value {
            case .null: amount = nil
            case .number(let spelling):
                guard let value = Double(spelling), value.isFinite else {
                    throw .outOfRange(place: place, number: spelling)
                }
                amount = Upstream.Amount(value: value, spelling: spelling, place: place)
            case .bool, .string, .array, .object:
                throw .wrongType(place: place, expected: "number", found: value.kind)
            }
        }
        return amount
    }

    /// Each value given to the field; all are checked, as Go reads all of them.
    private mutating func values(
        of name: String, in members: [JSONValue.Member], at place: String
    ) -> [JSONValue] {
        let values = members.filter { $0.fills(name) }.map(\.value)
        if values.count > 1 { note(place.hasSuffix(".\(name)") ? place : "\(place).\(name)") }
        return values
    }

    private mutating func note(_ place: String) { repetition = repetition ?? place }

    /// The members of an object; null has none.
    static func members(of value: JSONValue, at place: String) throws(PriceSourceFlaw) -> [JSONValue.Member] {
        switch value {
        case .object(let members): return members
        case .null: return []
        case .bool, .number, .string, .array:
            throw .wrongType(place: place, expected: "object", found: value.kind)
        }
    }
}
