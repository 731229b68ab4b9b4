/// A 128-bit identifier (RFC 9562). Ours because Foundation prints it in capitals and does not read Go's spellings.
public struct UUID: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static let zero = UUID(high: 0, low: 0)

    /// Version 4, of 122 random bits.
    public init(random: (UInt64, UInt64)) {
        high = random.0 & 0xffff_ffff_ffff_0fff | 0x4000
        low = random.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// Version 7: milliseconds since 1970, then 74 random bits.
    public init(ordered random: (UInt64, UInt64), milliseconds: Int64) {
        high = UInt64(truncatingIfNeeded: milliseconds) << 16 | random.0 & 0x0fff | 0x7000
        low = random.1 & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// The spellings Go's parser takes (users.md §1.3): 36 characters with hyphens; the same behind `urn:uuid:`;
    /// 38 characters whose first and last are ignored; 32 hexadecimal digits.
    public init?(parsing text: some StringProtocol) {
        var bytes = Array(text.utf8)
        switch bytes.count {
        case 45:
            guard bytes[..<9].elementsEqual("urn:uuid:".utf8, by: { $0 | 0x20 == $1 | 0x20 }) else { return nil }
            bytes.removeFirst(9)
        case 38:
            bytes.removeFirst()
            bytes.removeLast()
        case 36, 32: break
        default: return nil
        }
        self.init(hexadecimal: bytes[...])
    }

    /// 36 characters with hyphens, or 32 digits, in any case.
    public init?(hexadecimal bytes: ArraySlice<UInt8>) {
        let hyphens = bytes.count == 36
        guard hyphens || bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (offset, byte) in bytes.enumerated() {
            if hyphens, offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == 45 else { return nil }
                continue
            }
            let value: UInt8
            switch byte {
            case 48...57: value = byte - 48
            case 65...70: value = byte - 55
            case 97...102: value = byte - 87
            default: return nil
            }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
            digits += 1
        }
        self.init(high: words.0, low: words.1)
    }

    /// Lower case with hyphens, appended to `bytes`.
    public func write(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var place = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    text[place] = 45
                    place &+= 1
                }
                let word = digit < 16 ? high : low
                let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- (digit & 15) &* 4)) & 15
                text[place] = nibble < 10 ? 48 &+ nibble : 87 &+ nibble
                place &+= 1
            }
            bytes.append(contentsOf: text)
        }
    }
}

extension UUID: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
