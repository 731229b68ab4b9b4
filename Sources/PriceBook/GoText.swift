/// Text as Go reads it.
enum GoText {
    /// `bytes`, with U+FFFD for **each byte** that is not UTF-8. Swift would put one for a whole broken sequence,
    /// and an id would differ from the one that Go makes of the same document.
    static func repaired(_ bytes: [UInt8]) -> [UInt8] {
        if String(validating: bytes, as: UTF8.self) != nil { return bytes }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 64)
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = scalarLength(rest)
            if length == 0 {
                text.append(contentsOf: "\u{fffd}".utf8)
                rest = rest.dropFirst()
            } else {
                text.append(contentsOf: rest.prefix(length))
                rest = rest.dropFirst(length)
            }
        }
        return text
    }

    /// Bytes of the scalar at the start of `bytes` (not empty), by table 3-7 of the Unicode standard; 0 if there
    /// is none.
    private static func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
        let start = bytes.startIndex
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[start] {
        case 0...0x7f: return 1
        case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return 0
        }
        guard bytes.count >= length, second ~= bytes[start + 1] else { return 0 }
        return bytes[(start + 2)..<(start + length)].allSatisfy { $0 & 0xc0 == 0x80 } ? length : 0
    }
}
