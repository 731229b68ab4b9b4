internal import HTTP

extension FuzzTarget {
    /// Paths: decoded once; segments that are encoded anew are the same segments.
    static let pathSegments = FuzzTarget(
        name: "path-segments",
        words: ["/", "//", "%2F", "%2f", "%", "%00", "%25", "%ff", "%C3%BC", "..", ".", "+", "a", "*"],
        check: PathCheck.run)
}

private enum PathCheck {
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let text = String(decoding: bytes, as: UTF8.self)
        for plusIsSpace in [false, true] {
            let back = percentDecoded(Array(percentEncoded(text).utf8)[...], plusIsSpace: plusIsSpace)
            try demand(back == Array(text.utf8), "encoded and decoded: \(String(describing: back))")
        }
        // From the middle of a buffer: indices do not start at 0.
        let inside = [47, 37] + bytes + [37]
        let naive = naiveDecoded(bytes)
        guard let path = PathSegments(inside[2..<(inside.count - 1)]) else {
            return try demand(naive == nil, "refused, and naively \(String(describing: naive))")
        }
        guard let naive else { throw Disagreement("a bad percent sign was taken") }
        let expected = naive.split(separator: 47).map(Array.init)
        let segments = (0..<path.count).map { Array(path[$0]) }
        try demand(segments == expected, "\(segments), naively \(expected)")
        try demand(path.endsInSlash == (naive.last == 47 && !expected.isEmpty), "ends in a slash: \(path.endsInSlash)")
        var wire: [UInt8] = []
        for segment in segments {
            wire.append(47)
            for byte in segment { wire += Array(("%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8) }
        }
        let again = PathSegments(wire[...]).map { again in (0..<again.count).map { Array(again[$0]) } }
        try demand(again == segments, "encoded and decoded \(String(describing: again)), not \(segments)")
    }

    private static func naiveDecoded(_ bytes: [UInt8]) -> [UInt8]? {
        let pieces = bytes.split(separator: 37, omittingEmptySubsequences: false)
        var decoded = Array(pieces[0])
        for piece in pieces.dropFirst() {
            let digits = String(decoding: piece.prefix(2), as: UTF8.self)
            guard piece.count >= 2, digits.utf8.first != 43, digits.utf8.first != 45,
                let byte = UInt8(digits, radix: 16)
            else { return nil }
            decoded += [byte] + piece.dropFirst(2)
        }
        return decoded
    }
}
