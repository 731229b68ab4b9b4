/// One setting: its flag, its environment variable, what it takes and what it is when nobody says. Declared once, in
/// `Options`; help, errors and the README's table come from here.
struct Option: Sendable {
    enum Kind: Sendable {
        case text
        /// A password may stand in it: never printed.
        case secret
        case boolean
        case integer(ClosedRange<Int64>)
        /// Go's spelling (`1h30m`, `500ms`); the range is in milliseconds.
        case duration(ClosedRange<Int64>)
        /// Lower-case words, taken in any case.
        case choice([String])
        /// Separated by commas.
        case list
    }

    let name: String
    let environment: String
    let kind: Kind
    let standard: String
    let summary: String

    init(_ name: String, _ environment: String, _ kind: Kind, _ standard: String, _ summary: String) {
        self.name = name
        self.environment = environment
        self.kind = kind
        self.standard = standard
        self.summary = summary
    }

    var isSecret: Bool {
        if case .secret = kind { true } else { false }
    }

    /// What values look like, for help and errors.
    var expectation: String {
        switch kind {
        case .text, .secret: "text"
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a duration from \(GoDuration.text(range.lowerBound)) to \(GoDuration.text(range.upperBound))"
        case .choice(let values): "one of \(values.filter { !$0.isEmpty }.joined(separator: ", "))"
        case .list: "a list separated by commas"
        }
    }

    func accepts(_ value: String) -> Bool {
        switch kind {
        case .text, .secret, .list: true
        case .boolean: Self.boolean(value) != nil
        case .integer(let range): Int64(value).map(range.contains) ?? false
        case .duration(let range): GoDuration.milliseconds(value).map(range.contains) ?? false
        case .choice(let values): values.contains(value.lowercased())
        }
    }

    static func boolean(_ value: String) -> Bool? {
        switch value {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }
}

/// Durations as Go writes them.
enum GoDuration {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("d", 86_400_000),
    ]

    /// - Returns: nil when the text is no duration in whole milliseconds.
    static func milliseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let number = Int64(digits), let unit = units.first(where: { rest.hasPrefix($0.name) }) else {
                return nil
            }
            rest = rest.dropFirst(unit.name.count)
            let (product, overflowed) = number.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, overflowedToo) = total.addingReportingOverflow(product)
            guard !overflowed, !overflowedToo else { return nil }
            total = sum
        }
        return total
    }

    static func text(_ milliseconds: Int64) -> String {
        var (text, rest) = ("", milliseconds)
        for (name, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] as [(String, Int64)]
        where rest >= size {
            text += "\(rest / size)\(name)"
            rest %= size
        }
        return text.isEmpty ? "0ms" : text
    }
}
