internal import Glibc

/// A request path, percent-decoded exactly once and cut at `/`. Runs of slashes count as one, and `%2F` is a
/// separator, as Coder's router has it (keys-and-shell.md §8.2).
public struct PathSegments: Sendable {
    public let bytes: ArraySlice<UInt8>
    public let ranges: [Range<Int>]
    /// The path ends in a slash (the root alone does not count).
    public let endsInSlash: Bool

    /// - Returns: nil when a percent sign is not followed by two hexadecimal digits.
    public init?(_ path: ArraySlice<UInt8>) {
        var decoded = path
        if path.withUnsafeBufferPointer({ !$0.isEmpty && memchr($0.baseAddress!, 37, $0.count) != nil }) {
            guard let bytes = percentDecoded(path, plusIsSpace: false) else { return nil }
            decoded = bytes[...]
        }
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(6)
        let base = decoded.startIndex
        decoded.withUnsafeBufferPointer { bytes in
            var start = 0
            for index in bytes.indices where bytes[index] == 47 {
                if index > start { ranges.append(base + start..<base + index) }
                start = index + 1
            }
            if start < bytes.count { ranges.append(base + start..<base + bytes.count) }
        }
        bytes = decoded
        self.ranges = ranges
        endsInSlash = decoded.last == 47 && !ranges.isEmpty
    }

    public var count: Int { ranges.count }

    public subscript(index: Int) -> ArraySlice<UInt8> { bytes[ranges[index]] }

    /// Whether a segment is `text`, to the byte.
    public func segment(_ index: Int, is text: StaticString) -> Bool {
        segment(index, is: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Without the slice that a subscript would retain: a walk through the routes asks for every name it passes.
    func segment(_ index: Int, is text: UnsafeBufferPointer<UInt8>) -> Bool {
        let range = ranges[index]
        guard range.count == text.count, let text = text.baseAddress else { return false }
        return bytes.withUnsafeBufferPointer {
            memcmp($0.baseAddress! + (range.lowerBound - bytes.startIndex), text, range.count) == 0
        }
    }

    /// The path with single slashes: what limits and CSRF exemptions look at.
    public var normalized: String {
        "/" + ranges.map { String(decoding: bytes[$0], as: UTF8.self) }.joined(separator: "/")
    }
}

/// - Returns: nil when a percent sign is not followed by two hexadecimal digits.
public func percentDecoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
        switch text[index] {
        case 37:
            guard index + 2 < text.endIndex, let high = ASCII.hexValue(text[index + 1]),
                let low = ASCII.hexValue(text[index + 2])
            else { return nil }
            decoded.append(high << 4 | low)
            index += 3
        case 43 where plusIsSpace:
            decoded.append(32)
            index += 1
        case let byte:
            decoded.append(byte)
            index += 1
        }
    }
    return decoded
}

/// Everything but unreserved characters as `%XX` (RFC 3986 §2.3): safe in a path segment, a query and a form.
public func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95, 126: encoded.append(byte)
        default: encoded += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
