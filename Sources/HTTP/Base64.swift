/// Standard base64 (RFC 4648 §4), with or without padding. Ours because a cookie of 32 random bytes is written
/// on the request path and Foundation's way there goes through two copies and a `Data`.
public enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    public static func encode(_ bytes: [UInt8], padded: Bool = true) -> [UInt8] {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { encode($0, padded: padded, to: &text) }
        return text
    }

    /// Appends the text to what is there.
    public static func encode(_ bytes: UnsafeRawBufferPointer, padded: Bool = true, to text: inout [UInt8]) {
        let tail = bytes.count % 3
        let symbols = bytes.count / 3 * 4 + (tail == 0 ? 0 : padded ? 4 : tail + 1)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: symbols) { symbol in
            let alphabet = alphabet.utf8Start
            var (index, place) = (0, 0)
            while index < bytes.count - tail {
                let group = Int(bytes[index]) << 16 | Int(bytes[index &+ 1]) << 8 | Int(bytes[index &+ 2])
                symbol[place] = alphabet[group &>> 18]
                symbol[place &+ 1] = alphabet[group &>> 12 & 63]
                symbol[place &+ 2] = alphabet[group &>> 6 & 63]
                symbol[place &+ 3] = alphabet[group & 63]
                index &+= 3
                place &+= 4
            }
            if tail > 0 {
                let group = Int(bytes[index]) << 16 | (tail == 2 ? Int(bytes[index + 1]) << 8 : 0)
                for offset in 0...tail { symbol[place + offset] = alphabet[group >> (18 - 6 * offset) & 63] }
                place += tail + 1
            }
            while place < symbols {
                symbol[place] = 61
                place += 1
            }
            text.append(contentsOf: symbol)
        }
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
