internal import Glibc

/// What a person should look at although prices were made. The description is a line for standard error.
public enum PriceWarning: Sendable, Equatable, CustomStringConvertible {
    /// USD per million tokens, below 0; the price counts as unknown.
    case negative(Double)
    /// A price above 0 and below `PriceGenerator.suspiciousMicros`.
    case tiny(place: String, number: String, micros: Int64)
    /// Strict only: a model that was left out because none of its prices is known.
    case valueless(String)

    public var description: String {
        switch self {
        case .negative(let price): "warning: negative price \(sixDecimals(price)), treating as missing"
        case .tiny(let place, let number, let micros):
            "warning: \(place): \(number) makes \(micros) micro-USD; is that a price per token?"
        case .valueless(let place): "warning: \(place): left out, no price is known"
        }
    }

    /// C's and Go's `%f`.
    private func sixDecimals(_ value: Double) -> String {
        // The longest double has a sign, 309 digits, a point and six decimals.
        let text = [CChar](unsafeUninitializedCapacity: 320) { buffer, count in
            count = Int(withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, "%f", $0) })
        }
        return String(decoding: text.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
