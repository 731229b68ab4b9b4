/// Standard base64 (RFC 4648 §4), with or without padding. Ours because a cookie of 32 random bytes is written
/// on the request path and Foundation's way there goes through two copies and a `Data`.
public enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    public static func encode(_ bytes: [UInt8], padded: Bool = true) -> [UInt8] {
        var text: [UInt8] = []
        encode(bytes, padded: padded, to: &text)
        return text
    }

    /// Appends the text to what is there.
    public static func encode(_ bytes: [UInt8], padded: Bool = true, to text: inout [UInt8]) {
        let start = text.count
        text.reserveCapacity(start + (bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        func symbol(_ shift: UInt32) -> UInt8 { alphabet.utf8Start[Int(group >> shift & 63)] }
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                text.append(symbol(18))
                text.append(symbol(12))
                text.append(symbol(6))
                text.append(symbol(0))
                group = 0
                held = 0
            }
        }
        if held == 1 {
            group <<= 16
            text.append(symbol(18))
            text.append(symbol(12))
        } else if held == 2 {
            group <<= 8
            text.append(symbol(18))
            text.append(symbol(12))
            text.append(symbol(6))
        }
        if padded { while (text.count - start) % 4 != 0 { text.append(61) } }
    }

    /// - Parameter padded: whether padding is demanded; if not, it is refused.
    /// - Returns: nil for a foreign character, a wrong length, or bits behind the last byte that are not zero.
    public static func decode(_ text: ArraySlice<UInt8>, padded: Bool = true) -> [UInt8]? {
        var symbols = text.count
        if padded {
            guard text.count % 4 == 0 else { return nil }
            var tail = text.suffix(2)
            while tail.last == 61 {
                tail = tail.dropLast()
                symbols -= 1
            }
        }
        guard symbols % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(symbols / 4 * 3 + 2)
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for symbol in text.prefix(symbols) {
            guard let value = value(of: symbol) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> held))
                bits &= (1 << held) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    private static func value(of symbol: UInt8) -> UInt8? {
        switch symbol {
        case 65...90: symbol - 65
        case 97...122: symbol - 71
        case 48...57: symbol + 4
        case 43: 62
        case 47: 63
        default: nil
        }
    }
}
