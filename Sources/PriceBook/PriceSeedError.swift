public import JSON

/// Why a price seed is not applied.
public enum PriceSeedError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is no JSON document, or there is more behind the document.
    case notJSON(JSONError)
    /// `place` is "document", "row 3" or "row 3: input_price"; rows count from 0.
    case wrongType(place: String, expected: String, found: String)
    /// Not an integer as JSON writes them, or beyond int64: `1.5`, `1e6`, `9223372036854775808`.
    case notAnInteger(place: String, number: String)
    /// No rows: `[]` or `null`.
    case empty
    /// A row says `name` twice; Postgres would read the last, SQLite the first.
    case memberTwice(row: Int, name: String)
    /// Two rows of one model; Postgres would refuse them, SQLite would keep the last.
    case rowTwice(provider: String, model: String)

    public var description: String {
        switch self {
        case .notJSON(let cause): "parse price seed: \(cause)"
        case .wrongType(let place, let expected, let found):
            "parse price seed: \(place): \(expected) expected, got \(found)"
        case .notAnInteger(let place, let number): "parse price seed: \(place): \(number) is no int64"
        case .empty: "price seed is empty"
        case .memberTwice(let row, let name): "price seed: row \(row) has \(name) twice"
        case .rowTwice(let provider, let model): "price seed has \(printable(provider))/\(printable(model)) twice"
        }
    }
}

/// An id for a line of text: line breaks and their like are escaped, so that data cannot write lines of its own.
func printable(_ id: String) -> String {
    id.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
}
