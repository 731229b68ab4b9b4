/// The query of a request target, as an HTML form would write it (`+` is a space).
/// A pair that is badly encoded, or holds a `;`, is left out, as Go's `ParseQuery` does.
public struct QueryItems: Sendable {
    public let items: [(name: String, value: String)]

    public init(_ query: ArraySlice<UInt8>) {
        var items: [(name: String, value: String)] = []
        for pair in query.split(separator: 38) where !pair.contains(59) {
            let equals = pair.firstIndex(of: 61) ?? pair.endIndex
            guard let name = percentDecoded(pair[..<equals], plusIsSpace: true),
                let value = percentDecoded(equals < pair.endIndex ? pair[(equals + 1)...] : [], plusIsSpace: true)
            else { continue }
            items.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        self.items = items
    }

    public func first(_ name: String) -> String? { items.first { $0.name == name }?.value }

    public func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}

/// The cookies of a request (RFC 6265 §5.4): pairs in order, over every `Cookie` field.
public struct Cookies {
    /// The first cookie of that name. Values in double quotes lose them, as in Go.
    public static func value(_ name: StaticString, in request: Request) -> ArraySlice<UInt8>? {
        for field in request.fields where HeaderName.cookie.matches(request.bytes[field.name]) {
            for pair in request.bytes[field.value].split(separator: 59) {
                let trimmed = trim(pair)
                guard let equals = trimmed.firstIndex(of: 61),
                    trimmed[..<equals].elementsEqual(
                        UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                else { continue }
                let value = trimmed[(equals + 1)...]
                if value.count >= 2, value.first == 34, value.last == 34 { return value.dropFirst().dropLast() }
                return value
            }
        }
        return nil
    }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while bytes.first == 32 || bytes.first == 9 { bytes.removeFirst() }
        while bytes.last == 32 || bytes.last == 9 { bytes.removeLast() }
        return bytes
    }
}
