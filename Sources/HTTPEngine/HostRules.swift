internal import HTTP

/// `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2), without user information.
enum HostRules {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    /// An empty host is one: a target without authority has it.
    static func isHost(_ bytes: Bytes) -> Bool {
        if bytes.first == 91 { return isLiteral(bytes) }
        let colon = bytes.firstIndex(of: 58) ?? bytes.endIndex
        return isName(bytes[..<colon]) && isPort(bytes[colon...])
    }

    /// `[` IPv6 address `]`.
    private static func isLiteral(_ bytes: Bytes) -> Bool {
        guard let close = bytes.firstIndex(of: 93) else { return false }
        let inside = bytes[bytes.startIndex + 1..<close]
        return inside.filter { $0 == 58 }.count >= 2
            && inside.allSatisfy { ASCII.hexValue($0) != nil || $0 == 58 || $0 == 46 }
            && isPort(bytes[(close + 1)...])
    }

    /// Unreserved characters, sub-delimiters and percent-encoded bytes.
    private static func isName(_ bytes: Bytes) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case 48...57, 65...90, 97...122, 33, 36, 38...46, 59, 61, 95, 126: index += 1
            case 37:
                guard index + 2 < bytes.endIndex, ASCII.hexValue(bytes[index + 1]) != nil,
                    ASCII.hexValue(bytes[index + 2]) != nil
                else { return false }
                index += 3
            default: return false
            }
        }
        return true
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ bytes: Bytes) -> Bool {
        bytes.isEmpty || bytes.first == 58 && bytes.count <= 6 && bytes.dropFirst().allSatisfy { 48...57 ~= $0 }
    }
}
