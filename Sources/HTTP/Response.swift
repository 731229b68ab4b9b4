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
        let text = UnsafeBufferPointer(start: name.text.utf8Start, count: name.text.utf8CodeUnitCount)
        fieldBytes.reserveCapacity(fieldBytes.count + text.count + value.count + 4)
        fieldBytes.append(contentsOf: text)
        fieldBytes.append(58)
        fieldBytes.append(32)
        if value.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) {
            fieldBytes.append(contentsOf: value.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 })
        } else {
            fieldBytes.append(contentsOf: value)
        }
        fieldBytes.append(13)
        fieldBytes.append(10)
    }

    /// Adds fields that were rendered and checked once.
    public mutating func add(_ block: FieldBlock) { fieldBytes.append(contentsOf: block.bytes) }

    public mutating func reserveFields(_ count: Int) { fieldBytes.reserveCapacity(fieldBytes.count + count) }

    /// Every value sent under that name, in order; for tests and the access log.
    public func values(_ name: HeaderName) -> [String] {
        String(decoding: fieldBytes, as: UTF8.self).split(separator: "\r\n").compactMap { line in
            guard let colon = line.utf8.firstIndex(of: 58), name.matches(line.utf8[..<colon]) else { return nil }
            return String(line[line.index(colon, offsetBy: 2)...])
        }
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
