internal import HTTP
@testable internal import HTTPEngine

extension FuzzTarget {
    /// Chunked bodies: any cut gives the same bytes and the same end; what was decoded, chunked anew, decodes alike.
    static let chunkedDecoder = FuzzTarget(
        name: "chunked-decoder",
        words: [
            "0\r\n\r\n", "\r\n", "\n", "\r", "5\r\nhello\r\n", "1\r\na\r\n", "a", "A", "00000001", "ffffffff",
            "0000000000000001", ";a=b", ";a=\"b\"", ";", "X: y\r\n", " ", "\t", "+", "-", "0x",
        ],
        check: ChunkedDecoderCheck.run)
}

private enum ChunkedDecoderCheck {
    /// Small, so that inputs reach them.
    private static let limits: Limits = {
        var limits = Limits()
        limits.bodyBytes = 300
        limits.chunkOverheadBytes = 400
        return limits
    }()

    private struct Decoded: Equatable {
        var body: [UInt8] = []
        var end = ChunkedDecoder.Progress.needMore
        var consumed = 0
    }

    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let whole = decode(bytes, cuts: [], memory)
        try demand(whole.consumed <= bytes.count, "consumed \(whole.consumed) of \(bytes.count) bytes")
        try demand(whole.body.count <= limits.bodyBytes, "a body of \(whole.body.count) bytes")
        let hash = Int(truncatingIfNeeded: mixed(bytes) >> 1)
        let first = hash % (bytes.count + 1)
        let second = first + hash / 7919 % (bytes.count + 1 - first)
        let pieces = decode(bytes, cuts: [first, second], memory)
        try demand(pieces == whole, "\(whole), cut at \(first) and \(second) \(pieces)")
        if bytes.count <= 160 {
            let single = decode(bytes, cuts: Array(0..<bytes.count), memory)
            try demand(single == whole, "\(whole), byte by byte \(single)")
        }
        guard whole.end == .done else { return }
        let naive = naiveBody(bytes[..<whole.consumed])
        try demand(naive == whole.body, "\(whole), by another reader \(String(describing: naive))")
        // At most twenty chunks: their sizes have a limit too.
        let anew = chunks(of: whole.body, size: whole.body.count / 20 + 1 + hash % 40)
        let again = decode(anew, cuts: [], memory)
        try demand(again == Decoded(body: whole.body, end: .done, consumed: anew.count), "\(whole), anew \(again)")
    }

    private static func decode(_ bytes: [UInt8], cuts: [Int], _ memory: GuardedBuffer) -> Decoded {
        var decoder = ChunkedDecoder(limits: limits)
        var decoded = Decoded()
        for end in cuts + [bytes.count] where decoded.end == .needMore {
            var consumed = 0
            decoded.end = memory.with(bytes[..<end]) {
                decoder.decode($0, from: decoded.consumed, into: &decoded.body, consumed: &consumed)
            }
            decoded.consumed += consumed
        }
        return decoded
    }

    /// A reader of another make, which sees everything at once: sizes, data and the trailer by their lines.
    private static func naiveBody(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = bytes
        var body: [UInt8] = []
        while let line = takeLine(&rest) {
            guard let size = Int(String(decoding: line.prefix { $0 != 59 }, as: UTF8.self), radix: 16) else {
                return nil
            }
            if size == 0 {
                while let line = takeLine(&rest) { if line.isEmpty { return rest.isEmpty ? body : nil } }
                return nil
            }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard takeLine(&rest)?.isEmpty == true else { return nil }
        }
        return nil
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 10), end > rest.startIndex, rest[end - 1] == 13 else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<(end - 1)]
    }

    private static func chunks(of body: [UInt8], size: Int) -> [UInt8] {
        var wire: [UInt8] = []
        var start = 0
        while start < body.count {
            let end = min(start + size, body.count)
            wire += Array("\(String(end - start, radix: 16))\r\n".utf8) + body[start..<end] + [13, 10]
            start = end
        }
        return wire + Array("0\r\n\r\n".utf8)
    }
}
