/// A complete request. The head stays where it was read: fields are offsets into `bytes`, in the order and with
/// the repetitions of the wire. A handler that keeps a request costs its connection one copy of the head, no more.
///
/// A class, because it is handed on at every step of a request and has many parts to retain.
public final class Request: Sendable {
    /// Where a field's name and value stand in `bytes`.
    public struct Field: Sendable {
        public var name: Range<Int>
        public var value: Range<Int>

        public init(name: Range<Int>, value: Range<Int>) {
            self.name = name
            self.value = value
        }
    }

    public let method: Method
    /// The path as sent, still percent-encoded; starts with `/`, or is `*`.
    public let path: Range<Int>
    /// What follows the first `?`, without it; nil when there is none.
    public let query: Range<Int>?
    public let fields: [Field]
    public let bytes: [UInt8]
    public let body: [UInt8]
    /// The socket's other end.
    public let peer: PeerAddress

    public init(
        method: Method, path: Range<Int>, query: Range<Int>?, fields: [Field], bytes: [UInt8], body: [UInt8],
        peer: PeerAddress
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.bytes = bytes
        self.body = body
        self.peer = peer
    }

    /// The first field of that name.
    public func value(_ name: HeaderName) -> ArraySlice<UInt8>? {
        for field in fields where name.matches(bytes[field.name]) { return bytes[field.value] }
        return nil
    }

    /// Every field of that name, in order.
    public func values(_ name: HeaderName) -> [ArraySlice<UInt8>] {
        fields.filter { name.matches(bytes[$0.name]) }.map { bytes[$0.value] }
    }

    public func text(_ name: HeaderName) -> String? {
        value(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The path and query as sent.
    public var target: String { String(decoding: bytes[path.lowerBound..<(query ?? path).upperBound], as: UTF8.self) }
}
