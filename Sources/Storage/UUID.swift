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
        withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { text in
            func put(_ digits: UInt64, at offset: Int) {
                text.storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt64.self)
            }
            let (second, third) = (Self.digits(UInt32(truncatingIfNeeded: high)), Self.digits(UInt32(low >> 32)))
            put(Self.digits(UInt32(high >> 32)), at: 0)
            // Four digits, a hyphen, four digits: the second half is laid over what follows the hyphen.
            put(second, at: 9)
            put(second >> 32, at: 14)
            put(third, at: 19)
            put(third >> 32, at: 24)
            put(Self.digits(UInt32(truncatingIfNeeded: low)), at: 28)
            (text[8], text[13], text[18], text[23]) = (45, 45, 45, 45)
            bytes.append(contentsOf: text)
        }
    }

    /// Eight hexadecimal digits, the first in the lowest byte: a byte for each nibble, all at once.
    private static func digits(_ word: UInt32) -> UInt64 {
        var nibbles = UInt64(word.byteSwapped)
        nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles & 0x000f_000f_000f_000f) << 8 | (nibbles >> 4) & 0x000f_000f_000f_000f
        // 1 where the digit is a letter, which begins 39 behind the digit nine.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles + 0x3030_3030_3030_3030 + letters * 39
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
