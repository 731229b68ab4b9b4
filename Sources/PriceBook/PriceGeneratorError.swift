public import JSON

/// Why a models.dev document cannot be read.
public enum PriceSourceFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    /// `place` is a path like `openai/gpt-5.cost.input`.
    case wrongType(place: String, expected: String, found: String)
    /// A number beyond double precision, like `1e400`.
    case outOfRange(place: String, number: String)
    /// A name that is given twice where one value is needed: JSON readers differ on which one counts.
    case repeated(String)

    public var description: String {
        switch self {
        case .notJSON(let cause): "\(cause)"
        case .wrongType(let place, let expected, let found): "\(place): \(expected) expected, got \(found)"
        case .outOfRange(let place, let number): "\(place): \(number) is out of range"
        case .repeated(let place): "\(place) is given twice"
        }
    }
}

/// Why no prices are made of a models.dev document.
public enum PriceGeneratorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The one cause that speaks of the document as such: a caller puts its name in front.
    case parse(PriceSourceFlaw)
    /// Providers that were asked for and are absent or without models, in the order asked.
    case providersMissing([String])
    /// No row has an input or an output price.
    case noPricingData
    /// A price whose micro-units are beyond int64.
    case overflow(place: String, number: String)
    /// An id with a NUL, which Postgres refuses, or in strict mode with a U+FFFD, which stands for bytes lost.
    case unusableID(String)
    /// Strict only: a price above 0 that would round to 0, and 0 means free.
    case vanishing(place: String, number: String)

    public var description: String {
        switch self {
        case .parse(let flaw): "parse: \(flaw)"
        case .providersMissing(let names):
            "providers missing or empty in upstream: [\(names.map(printable).joined(separator: " "))]"
        case .noPricingData: "converted rows have no pricing data; upstream schema may have changed"
        case .overflow(let place, let number): "\(place): \(number) is beyond what a price can hold"
        case .unusableID(let place): "\(place): the id holds a NUL or a U+FFFD"
        case .vanishing(let place, let number): "\(place): \(number) would round to 0, which means free"
        }
    }
}
