internal import JSON

extension FuzzTarget {
    static let jsonWords = [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "null", "true", "false", "\\u0000", "\\ud834\\udd1e", "\\ud800",
        "\\n",
        "0", "-0", "1e5", "1.5", "-", "9223372036854775807", "9223372036854775808", "\u{17f}", "\u{212a}", "é", " ",
        "\u{2028}",
    ]

    /// JSON: read, written, read again, it is the same; the only value is the first.
    static let jsonReader = FuzzTarget(name: "json-reader", words: jsonWords, check: JSONReaderCheck.run)
}

private enum JSONReaderCheck {
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let first = read(bytes, JSONReader.first)
        let only = read(bytes, JSONReader.only)
        if case .success(let value) = first {
            let text = written(value)
            try demand(!text.contains { $0 < 0x20 || $0 == 60 || $0 == 62 || $0 == 38 }, "harmful bytes were written")
            guard case .success(let again) = read(text, JSONReader.only) else {
                throw Disagreement("what was written is not read: \(String(decoding: text, as: UTF8.self))")
            }
            // Strings compare by canonical equivalence; bytes do not.
            try demand(written(again) == text && again == value, "written and read: \(again), not \(value)")
        }
        switch (first, only) {
        case (.success(let one), .success(let other)):
            try demand(written(one) == written(other), "first \(one), only \(other)")
        case (.success, .failure(let error)):
            guard case .trailing(let offset) = error else { throw Disagreement("first is a value, only is \(error)") }
            guard case .success(let value) = read(Array(bytes[..<offset]), JSONReader.only),
                case .success(let one) = first, written(value) == written(one)
            else { throw Disagreement("the value does not end at \(offset)") }
        case (.failure(let one), .failure(let other)): try demand(one == other, "first \(one), only \(other)")
        case (.failure(let error), .success): throw Disagreement("first is \(error), only is a value")
        }
    }

    private static func read(
        _ bytes: [UInt8], _ reader: ([UInt8]) throws(JSONError) -> JSONValue
    ) -> Result<JSONValue, JSONError> {
        do throws(JSONError) { return .success(try reader(bytes)) } catch { return .failure(error) }
    }

    private static func written(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }
}
