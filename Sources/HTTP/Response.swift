/// An answer: the engine adds the status line, `Date`, `Content-Length` and `Connection`, nothing else.
public struct Response: Sendable {
    public var status: Status
    /// Rendered field lines, each ending in CRLF.
    public private(set) var fieldBytes: [UInt8] = []
    public var body: [UInt8]

    public init(_ status: Status, body: [UInt8] = []) {
        self.status = status
        self.body = body
    }

    /// Adds one field line. A value that holds CR, LF or NUL would end the line early (RFC 9110 §5.5): those
    /// bytes are sent as spaces.
    public mutating func add(_ name: HeaderName, _ value: [UInt8]) {
        value.withUnsafeBufferPointer { add(name, $0) }
    }

    public mutating func add(_ name: HeaderName, _ value: String) {
        var value = value
        value.withUTF8 { add(name, $0) }
    }

    private mutating func add(_ name: HeaderName, _ value: UnsafeBufferPointer<UInt8>) {
        beginField(name)
        if value.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) {
            fieldBytes.append(contentsOf: value.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 })
        } else {
            fieldBytes.append(contentsOf: value)
        }
        endField()
    }

    /// Adds fields that were rendered and checked once.
    public mutating func add(_ block: FieldBlock) {
        if fieldBytes.capacity < Self.usualFieldBytes { fieldBytes.reserveCapacity(Self.usualFieldBytes) }
        fieldBytes.append(contentsOf: block.bytes)
    }

    /// Adds one field line whose value `write` appends: of our own making, without CR, LF or NUL.
    public mutating func add(_ name: HeaderName, _ write: (inout [UInt8]) -> Void) {
        beginField(name)
        write(&fieldBytes)
        endField()
    }

    public mutating func add(_ name: HeaderName, _ number: Int) {
        beginField(name)
        Decimal.write(number, to: &fieldBytes)
        endField()
    }

    private mutating func beginField(_ name: HeaderName) {
        if fieldBytes.capacity < Self.usualFieldBytes { fieldBytes.reserveCapacity(Self.usualFieldBytes) }
        fieldBytes.append(
            contentsOf: UnsafeBufferPointer(start: name.text.utf8Start, count: name.text.utf8CodeUnitCount))
        fieldBytes.append(58)
        fieldBytes.append(32)
    }

    private mutating func endField() {
        fieldBytes.append(13)
        fieldBytes.append(10)
    }

    /// What an answer's fields take, as a rule: room that is made once instead of at every other field.
    private static let usualFieldBytes = 448

    /// Every value sent under that name, in order; for tests and the access log.
    public func values(_ name: HeaderName) -> [String] {
        String(decoding: fieldBytes, as: UTF8.self).split(separator: "\r\n").compactMap { line in
            guard let colon = line.utf8.firstIndex(of: 58), name.matches(line.utf8[..<colon]) else { return nil }
            return String(line[line.index(colon, offsetBy: 2)...])
        }
    }
}

/// Numbers in messages.
public enum Decimal {
    /// - Parameter value: 0 or more.
    public static func write(_ value: Int, to bytes: inout [UInt8]) {
        if value >= 10 { write(value / 10, to: &bytes) }
        bytes.append(UInt8(48 + value % 10))
    }
}

/// Fields that every answer carries, rendered once.
public struct FieldBlock: Sendable {
    let bytes: [UInt8]

    public init(_ fields: [(HeaderName, String)]) {
        var response = Response(.ok)
        for (name, value) in fields { response.add(name, value) }
        bytes = response.fieldBytes
    }
}
