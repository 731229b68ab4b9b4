/// A JSON value as it was written: members keep their order and repetitions, numbers their spelling.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

/// Ways into a value; nil, or nothing, where it is of another kind.
extension JSONValue {
    /// A member of an object; the last one of that name.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    public subscript(index: Int) -> JSONValue? { elements.indices.contains(index) ? elements[index] : nil }

    public var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    public var text: String? { if case .string(let text) = self { text } else { nil } }

    public var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

    public var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

    /// The names of an object's members, in order.
    public var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}

/// What keeps bytes from being JSON.
public enum JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There was nothing but white space.
    case empty
    /// The text ended inside a value.
    case truncated
    case unexpected(UInt8, at: Int, String)
    case tooDeep
    case trailing(at: Int)

    public var description: String {
        switch self {
        case .empty: "EOF"
        case .truncated: "unexpected EOF"
        case .unexpected(let byte, let offset, let place):
            "invalid character \(Self.quoted(byte)) \(place), at byte \(offset)"
        case .tooDeep: "exceeded max depth"
        case .trailing(let offset): "more data behind the value, at byte \(offset)"
        }
    }

    private static func quoted(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7f ? "'\(Character(Unicode.Scalar(byte)))'" : "0x" + String(byte, radix: 16)
    }
}
