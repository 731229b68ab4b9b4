internal import HTTP
internal import Storage

/// Query parameters by Coder's shared rules (users.md §1.3): absent, or a first value that is empty, is the default;
/// a second value of a scalar is an error; all errors come back together.
struct QueryParameters {
    private let values: (String) -> [String]
    private(set) var validations: [Validation] = []

    init(_ items: QueryItems) { values = { items.all($0) } }

    /// Parameters out of the search grammar, which follow the same rules.
    init(_ pairs: [(name: String, value: String)]) {
        values = { name in pairs.filter { $0.name == name }.map(\.value) }
    }

    mutating func add(_ validation: Validation) { validations.append(validation) }

    mutating func string(_ name: String) -> String { scalar(name) { $0 } ?? "" }

    /// 0…2147483647.
    mutating func positive32(_ name: String) -> Int {
        scalar(name, "must be a valid 32-bit positive integer") { text in
            Self.integer(text).flatMap { 0...Int64(Int32.max) ~= $0 ? Int($0) : nil }
        } ?? 0
    }

    mutating func integer64(_ name: String) -> Int64? { scalar(name, "must be a valid integer", Self.integer) }

    mutating func id(_ name: String) -> UUID? { scalar(name, "must be a valid uuid") { UUID(parsing: $0) } }

    mutating func bool(_ name: String) -> Bool? {
        scalar(name, "must be a valid boolean") { text in
            switch text {
            case "1", "t", "T", "TRUE", "true", "True": true
            case "0", "f", "F", "FALSE", "false", "False": false
            default: nil
            }
        }
    }

    /// RFC 3339; the text has been lower-cased by the search grammar.
    mutating func time(_ name: String) -> Timestamp? {
        let time = scalar(name, "must be a valid date format (2006-01-02T15:04:05Z07:00)") {
            RFC3339.parse($0.uppercased())
        }
        return time == .zero ? nil : time
    }

    /// Commas, repetition, or both.
    mutating func list(_ name: String) -> [String] {
        let all = values(name)
        guard let first = all.first, !first.isEmpty else { return [] }
        guard !all.contains(where: { $0.utf8.contains(0) }) else {
            add(Validation(name, "Query param \"\(name)\" must not contain a NUL character"))
            return []
        }
        return all.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    mutating func enumeration<Value: RawRepresentable<String>>(_ name: String, _ kind: Value.Type) -> [Value] {
        var values: [Value] = []
        var invalid: [String] = []
        for text in list(name) {
            if let value = Value(rawValue: text) { values.append(value) } else { invalid.append(text) }
        }
        if !invalid.isEmpty {
            add(Validation(name, "Query param \"\(name)\" has invalid values: \(invalid.joined(separator: ", "))"))
        }
        return values
    }

    private mutating func scalar<Value>(
        _ name: String, _ expectation: String = "", _ read: (String) -> Value?
    ) -> Value? {
        let all = values(name)
        guard let first = all.first, !first.isEmpty else { return nil }
        guard all.count == 1 else {
            add(
                Validation(
                    name,
                    "Query param \"\(name)\" provided more than once, found \(all.count) times. Only provide 1 instance of this query param."
                ))
            return nil
        }
        // No text with a NUL reaches a database.
        guard !first.utf8.contains(0), let value = read(first) else {
            add(
                Validation(
                    name,
                    "Query param \"\(name)\" \(first.utf8.contains(0) ? "must not contain a NUL character" : expectation)"
                ))
            return nil
        }
        return value
    }

    /// Decimal digits with an optional sign, as Go's `strconv` reads them.
    private static func integer(_ text: String) -> Int64? {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        return Int64(text)
    }
}
