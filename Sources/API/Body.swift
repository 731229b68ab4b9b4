internal import JSON
internal import Storage

/// A request's JSON object, read by Go's rules (keys-and-shell.md §8.3): the first value only, names in any case, a
/// repeated member overwrites, `null` leaves a member as it was, unknown members are ignored.
struct Body {
    private let members: [JSONValue.Member]

    /// - Throws: `.malformedBody`.
    init(_ bytes: [UInt8]) throws(APIError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.first(bytes) } catch { throw .malformedBody("\(error)") }
        try self.init(value, "the body")
    }

    init(_ value: JSONValue, _ name: String) throws(APIError) {
        switch value {
        case .object(let members): self.members = members
        case .null: members = []
        default: throw .malformedBody("cannot read \(value.kind) into \(name), which is an object")
        }
    }

    /// Empty when absent.
    func string(_ name: String) throws(APIError) -> String {
        try last(name, or: "") { (value) throws(APIError) in try Self.text(value, name) }
    }

    func bool(_ name: String) throws(APIError) -> Bool {
        try optionalBool(name) ?? false
    }

    /// nil when absent or null.
    func optionalBool(_ name: String) throws(APIError) -> Bool? {
        try last(name, or: nil) { (value) throws(APIError) in
            guard case .bool(let flag) = value else { throw Self.mismatch(value, name, "a boolean") }
            return flag
        }
    }

    /// The members of a nested object, which are objects themselves; a repeated name counts once, the last time.
    func objects(_ name: String) throws(APIError) -> [(name: String, body: Body)] {
        try last(name, or: []) { (value) throws(APIError) in
            var objects: [(name: String, body: Body)] = []
            for member in try Body(value, name).members {
                objects.removeAll { $0.name == member.name }
                objects.append((member.name, try Body(member.value, member.name)))
            }
            return objects
        }
    }

    func strings(_ name: String) throws(APIError) -> [String] {
        try last(name, or: []) { (value) throws(APIError) in
            guard case .array(let elements) = value else { throw Self.mismatch(value, name, "an array") }
            var strings: [String] = []
            for element in elements { strings.append(element == .null ? "" : try Self.text(element, name)) }
            return strings
        }
    }

    /// A JSON integer without fraction or exponent; 0 when absent.
    func integer(_ name: String) throws(APIError) -> Int64 {
        try last(name, or: 0) { (value) throws(APIError) in
            guard case .number(let digits) = value, let number = Int64(digits) else {
                throw Self.mismatch(value, name, "a whole number of 64 bits")
            }
            return number
        }
    }

    /// Whether a member is there, and its value: absent, null and a number are three things. Presence is judged by
    /// the exact name.
    func presentInteger(_ name: String) throws(APIError) -> Int64?? {
        guard members.contains(where: { $0.name == name }) else { return nil }
        return .some(
            try last(name, or: nil) { (value) throws(APIError) in
                guard case .number(let digits) = value, let number = Int64(digits) else {
                    throw Self.mismatch(value, name, "a whole number of 64 bits")
                }
                return number
            })
    }

    /// The elements of an array, each read on its own; null elements too.
    func values<Value>(
        _ name: String, _ read: (JSONValue) throws(APIError) -> Value
    ) throws(APIError) -> [Value] {
        try last(name, or: []) { (value) throws(APIError) in
            guard case .array(let elements) = value else { throw Self.mismatch(value, name, "an array") }
            var values: [Value] = []
            for element in elements { values.append(try read(element)) }
            return values
        }
    }

    func ids(_ name: String) throws(APIError) -> [UUID] {
        try values(name) { (element) throws(APIError) in
            let text = element == .null ? "" : try Self.text(element, name)
            return text.isEmpty ? .zero : try Self.id(text, name)
        }
    }

    func optionalID(_ name: String) throws(APIError) -> UUID? {
        try last(name, or: nil) { (value) throws(APIError) in try Self.id(try Self.text(value, name), name) }
    }

    /// A nested object, whose members are checked to be of their kind.
    func object(_ name: String, _ read: (Body) throws(APIError) -> Void) throws(APIError) {
        try last(name, or: ()) { (value) throws(APIError) in try read(Body(value, name)) }
    }

    private func last<Value>(
        _ name: String, or absent: Value, _ read: (JSONValue) throws(APIError) -> Value
    ) throws(APIError) -> Value {
        var result = absent
        for member in members where Self.names(member.name, name) {
            if member.value != .null { result = try read(member.value) }
        }
        return result
    }

    /// Go folds names by simple Unicode folding: besides ASCII case, `ſ` is an s and the Kelvin sign a k.
    private static func names(_ written: String, _ name: String) -> Bool {
        if written == name { return true }
        let folded = written.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar {
            case "\u{17f}": "s"
            case "\u{212a}": "k"
            default: CaseFolding.lower(scalar)
            }
        }
        return folded.elementsEqual(name.unicodeScalars)
    }

    private static func text(_ value: JSONValue, _ name: String) throws(APIError) -> String {
        guard case .string(let text) = value else { throw mismatch(value, name, "a string") }
        // Postgres cannot hold it; Coder fails with a 500 (users.md §1.1).
        guard !text.utf8.contains(0) else { throw .invalid([Validation(name, "Must not contain a NUL character.")]) }
        return text
    }

    private static func id(_ text: String, _ name: String) throws(APIError) -> UUID {
        guard let id = UUID(parsing: text) else { throw .malformedBody("\(name): invalid UUID") }
        return id
    }

    private static func mismatch(_ value: JSONValue, _ name: String, _ kind: String) -> APIError {
        .malformedBody("cannot read \(value.kind) into \(name), which is \(kind)")
    }
}
