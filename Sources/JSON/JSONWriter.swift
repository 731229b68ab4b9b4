/// Values to compact JSON as Go writes it: keys in the order of the calls, `<`, `>`, `&`, U+2028 and U+2029
/// escaped, control characters as `\u00xx` but for `\b \f \n \r \t`, `/` left alone (users.md §1.1).
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(reserving capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    // MARK: Structure

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(44) }
        needsComma = true
    }

    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(123)
        needsComma = false
        members(&self)
        bytes.append(125)
        needsComma = true
    }

    public mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        separate()
        bytes.append(91)
        needsComma = false
        for element in elements { write(&self, element) }
        bytes.append(93)
        needsComma = true
    }

    /// A member's name; the next call writes its value. Names of ours need no escaping.
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(34)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(34)
        bytes.append(58)
        needsComma = false
    }

    /// A member's name that comes from data.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(58)
        needsComma = false
    }

    // MARK: Values

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    public mutating func integer(_ value: Int64) {
        separate()
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { buffer in
            var rest = value.magnitude
            var start = buffer.count
            repeat {
                start -= 1
                buffer[start] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            } while rest != 0
            if value < 0 {
                start -= 1
                buffer[start] = 45
            }
            bytes.append(contentsOf: buffer[start...])
        }
    }

    /// null when there is none.
    public mutating func optionalInteger(_ value: Int64?) {
        if let value { integer(value) } else { null() }
    }

    /// A value as it was read; numbers keep their spelling.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .number(let digits): json(Array(digits.utf8))
        case .string(let text): string(text)
        case .array(let elements): array(elements) { writer, element in writer.value(element) }
        case .object(let members):
            object { object in
                for member in members {
                    object.key(member.name)
                    object.value(member.value)
                }
            }
        }
    }

    /// A value that is JSON already.
    public mutating func json(_ text: [UInt8]) {
        separate()
        bytes.append(contentsOf: text)
    }

    /// Text that is known to need no escaping: ids, times, names of ours.
    /// - Parameter write: appends the text to the bytes it is given.
    public mutating func plain(_ write: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(34)
        write(&bytes)
        bytes.append(34)
    }

    public mutating func string(_ text: String) {
        separate()
        bytes.append(34)
        var text = text
        text.withUTF8 { utf8 in
            var index = 0
            while index < utf8.count {
                var clean = index
                while clean < utf8.count, !Self.needsCare(utf8[clean]) { clean &+= 1 }
                bytes.append(contentsOf: utf8[index..<clean])
                index = clean
                if index < utf8.count { escape(utf8, &index) }
            }
        }
        bytes.append(34)
    }

    @inline(__always)
    private static func needsCare(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 34 || byte == 92 || byte == 60 || byte == 62 || byte == 38 || byte == 0xe2
    }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let byte = utf8[index]
        switch byte {
        case 34, 92:
            bytes.append(92)
            bytes.append(byte)
        case 8: bytes.append(contentsOf: "\\b".utf8)
        case 12: bytes.append(contentsOf: "\\f".utf8)
        case 10: bytes.append(contentsOf: "\\n".utf8)
        case 13: bytes.append(contentsOf: "\\r".utf8)
        case 9: bytes.append(contentsOf: "\\t".utf8)
        case 0xe2:
            // U+2028 and U+2029 are e2 80 a8 and e2 80 a9; text is well-formed, so two bytes follow.
            if utf8[index + 1] == 0x80, utf8[index + 2] & 0xfe == 0xa8 {
                bytes.append(contentsOf: utf8[index + 2] == 0xa8 ? "\\u2028".utf8 : "\\u2029".utf8)
                index += 2
            } else {
                bytes.append(byte)
            }
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Self.hex(byte >> 4))
            bytes.append(Self.hex(byte & 15))
        }
        index += 1
    }

    private static func hex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

    // MARK: The document

    /// A newline ends every document (keys-and-shell.md §8.5).
    public consuming func finished() -> [UInt8] {
        bytes.append(10)
        return bytes
    }
}
