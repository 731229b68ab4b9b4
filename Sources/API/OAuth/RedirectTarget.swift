internal import HTTP

/// Where a person goes after a sign-in: always a path of this server (auth.md §8.1, §15). Scheme, host and fragment
/// are dropped; what is no URL reference becomes `/`.
enum RedirectTarget {
    static func reduced(_ text: String) -> String {
        var rest = Array(text.utf8)[...]
        guard rest.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return "/" }
        if let fragment = rest.firstIndex(of: 35) { rest = rest[..<fragment] }
        if let colon = schemeEnd(rest) {
            rest = rest[(colon + 1)...]
            // Opaque, such as `javascript:` and `mailto:`.
            guard rest.isEmpty || rest.first == 47 || rest.first == 63 else { return "/" }
        } else if rest.prefix(while: { $0 != 47 && $0 != 63 }).contains(58) {
            return "/"  // a colon in the first segment of a relative reference (RFC 3986 §4.2)
        }
        if rest.starts(with: [47, 47]) { rest = rest.dropFirst(2).drop { $0 != 47 && $0 != 63 && $0 != 92 } }
        let query = rest.firstIndex(of: 63) ?? rest.endIndex
        guard isWellEncoded(rest[..<query]) else { return "/" }
        // Browsers read a backslash as a slash, and two in front as the begin of a host.
        let path = rest[..<query].drop { $0 == 47 || $0 == 92 }
        return "/" + String(decoding: escaped(path) + escaped(rest[query...]), as: UTF8.self)
    }

    /// Where the colon behind a scheme stands (RFC 3986 §3.1).
    private static func schemeEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first, isLetter(first) else { return nil }
        let end = bytes.firstIndex { !isLetter($0) && !(48...57 ~= $0) && $0 != 43 && $0 != 45 && $0 != 46 }
        return end.flatMap { bytes[$0] == 58 ? $0 : nil }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 97...122 ~= byte | 0x20 }

    private static func isWellEncoded(_ path: ArraySlice<UInt8>) -> Bool {
        for index in path.indices where path[index] == 37 {
            guard index + 2 < path.endIndex, ASCII.hexValue(path[index + 1]) != nil,
                ASCII.hexValue(path[index + 2]) != nil
            else { return false }
        }
        return true
    }

    /// What has no place in a header field or an attribute, as `%XX`.
    private static func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case 33, 35...59, 61, 63...91, 93, 95, 97...122, 126: [byte]
            default: [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
