/// Bytes to a value, by the grammar of RFC 8259 and Go's habits: only the first value is read, bytes that are not
/// UTF-8 and lone surrogates become U+FFFD, nesting beyond `maximumDepth` is refused (keys-and-shell.md §8.3).
public struct JSONReader {
    /// Levels of arrays and objects, as in Go's decoder. Each is a stack frame: loops have the stack for it.
    public static let maximumDepth = 10_000

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The first value of `bytes`.
    public static func first(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try read(bytes) { (reader) throws(JSONError) in try reader.document() }
    }

    /// The only value of `bytes`.
    public static func only(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try read(bytes) { (reader) throws(JSONError) in
            let value = try reader.document()
            reader.skipSpace()
            if reader.position < reader.bytes.count { throw JSONError.trailing(at: reader.position) }
            return value
        }
    }

    private static func read(
        _ bytes: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(buffer)
            do throws(JSONError) { return .success(try body(&reader)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private mutating func document() throws(JSONError) -> JSONValue {
        skipSpace()
        if position == bytes.count { throw .empty }
        return try value(depth: 0)
    }

    // MARK: Grammar

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 32, 9, 10, 13: position += 1
            default: return
            }
        }
    }

    private mutating func next() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        return bytes[position]
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        let first = try next()
        if first == 123 || first == 91, depth == Self.maximumDepth { throw .tooDeep }
        switch first {
        case 123: return try object(depth: depth)
        case 91: return try array(depth: depth)
        case 34: return .string(try string())
        case 116: return try literal("true", .bool(true))
        case 102: return try literal("false", .bool(false))
        case 110: return try literal("null", .null)
        case 45, 48...57: return .number(try number())
        case let byte: throw .unexpected(byte, at: position, "looking for beginning of value")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            let byte = try next()
            guard byte == text.utf8Start[index] else { throw .unexpected(byte, at: position, "in literal \(text)") }
            position += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if try next() == 125 {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            let quote = try next()
            guard quote == 34 else { throw .unexpected(quote, at: position, "looking for an object key") }
            let name = try string()
            skipSpace()
            let colon = try next()
            guard colon == 58 else { throw .unexpected(colon, at: position, "after object key") }
            position += 1
            members.append(JSONValue.Member(name, try value(depth: depth + 1)))
            if try closes(with: 125, "after object key:value pair") { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if try next() == 93 {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try closes(with: 93, "after array element") { return .array(elements) }
        }
    }

    /// Past a comma (false) or the closing bracket (true).
    private mutating func closes(with bracket: UInt8, _ place: String) throws(JSONError) -> Bool {
        skipSpace()
        let byte = try next()
        guard byte == 44 || byte == bracket else { throw .unexpected(byte, at: position, place) }
        position += 1
        return byte == bracket
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        if bytes[position] == 45 { position += 1 }
        if try next() == 48 { position += 1 } else { try digits("in numeric literal") }
        if position < bytes.count, bytes[position] == 46 {
            position += 1
            try digits("after decimal point in numeric literal")
        }
        if position < bytes.count, bytes[position] | 0x20 == 101 {
            position += 1
            let sign = try next()
            if sign == 43 || sign == 45 { position += 1 }
            try digits("in exponent of numeric literal")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits(_ place: String) throws(JSONError) {
        let first = try next()
        guard 48...57 ~= first else { throw .unexpected(first, at: position, place) }
        while position < bytes.count, 48...57 ~= bytes[position] { position += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 34 {
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                position += 1
                return text
            }
            if byte == 92 { return try escapedString(from: start) }
            if byte < 0x20 { throw .unexpected(byte, at: position, "in string literal") }
            position += 1
        }
        throw .truncated
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while true {
            let byte = try next()
            position += 1
            if byte == 34 { return String(decoding: text, as: UTF8.self) }
            if byte < 0x20 { throw .unexpected(byte, at: position - 1, "in string literal") }
            if byte != 92 {
                text.append(byte)
                continue
            }
            let escape = try next()
            position += 1
            switch escape {
            case 34, 92, 47: text.append(escape)
            case 98: text.append(8)
            case 102: text.append(12)
            case 110: text.append(10)
            case 114: text.append(13)
            case 116: text.append(9)
            case 117: text.append(contentsOf: Array(String(Character(try escapedScalar())).utf8))
            default: throw .unexpected(escape, at: position - 1, "in string escape code")
            }
        }
    }

    /// The scalar of `\uXXXX`, whose `\u` has been read; two surrogates that belong together count as one.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let unit = try hexUnit()
        guard 0xd800...0xdbff ~= unit else { return Unicode.Scalar(unit) ?? "\u{fffd}" }
        guard position + 1 < bytes.count, bytes[position] == 92, bytes[position + 1] == 117 else { return "\u{fffd}" }
        let mark = position
        position += 2
        let low = try hexUnit()
        guard 0xdc00...0xdfff ~= low else {
            position = mark
            return "\u{fffd}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = try next()
            switch byte {
            case 48...57: unit = unit << 4 | UInt32(byte - 48)
            case 65...70: unit = unit << 4 | UInt32(byte - 55)
            case 97...102: unit = unit << 4 | UInt32(byte - 87)
            default: throw .unexpected(byte, at: position, "in \\u hexadecimal character escape")
            }
            position += 1
        }
        return unit
    }
}
