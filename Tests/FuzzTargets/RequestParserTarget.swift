internal import HTTP
internal import HTTPEngine

extension FuzzTarget {
    /// Heads: the same verdict however they are cut, offsets inside the head, and nothing ambiguous accepted.
    static let requestParser = FuzzTarget(
        name: "request-parser",
        words: [
            "\r\n", "\r\n\r\n", "\r\n ", "\n", "\r", " ", "\t", ":", ",", ";", "/", "?", "#", "%2F", "*", "@", "[::1]",
            "GET ", "POST ", "OPTIONS * ", "CONNECT a:1 ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/2.0\r\n",
            "http://a", "https://", "Host: a\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n",
            "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Connection: close\r\n",
            "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "chunked", "close", "\u{0}",
        ],
        check: RequestParserCheck.run)
}

private enum RequestParserCheck {
    /// Small, so that inputs reach them.
    private static let limits: Limits = {
        var limits = Limits()
        limits.headBytes = 512
        limits.fieldCount = 12
        return limits
    }()

    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let whole = verdict(bytes, cuts: [], memory)
        if case .head(let head, let consumed) = whole.parsed { try inspect(head, consumed, bytes) }
        let hash = Int(truncatingIfNeeded: mixed(bytes) >> 1)
        let first = hash % (bytes.count + 1)
        let second = first + hash / 7919 % (bytes.count + 1 - first)
        try compare(whole, verdict(bytes, cuts: [first, second], memory), bytes, "cut at \(first) and \(second)")
        if bytes.count <= 160 {
            try compare(whole, verdict(bytes, cuts: Array(0..<bytes.count), memory), bytes, "byte by byte")
        }
    }

    private struct Verdict {
        var parsed = Parsed.needMore
        /// How much had come when it fell.
        var seen = 0
    }

    private static func verdict(_ bytes: [UInt8], cuts: [Int], _ memory: GuardedBuffer) -> Verdict {
        var parser = RequestParser(limits: limits)
        var verdict = Verdict()
        for end in cuts + [bytes.count] {
            verdict.parsed = memory.with(bytes[..<end]) { parser.parse($0, from: 0) }
            verdict.seen = end
            guard case .needMore = verdict.parsed else { break }
        }
        return verdict
    }

    private static func compare(
        _ whole: Verdict, _ pieces: Verdict, _ bytes: [UInt8], _ how: String
    ) throws(Disagreement) {
        switch (whole.parsed, pieces.parsed) {
        case (.needMore, .needMore): break
        case (.reject(let one), .reject(let other)):
            // Near the limit a head that is too long may be refused before its other fault has come.
            try demand(one == other || bytes.count >= limits.headBytes, "refused with \(one), \(how) with \(other)")
        case (.head(let one, let end), .head(let other, let otherEnd)):
            try demand(end == otherEnd && same(one, other), "\(one) to \(end), \(how) \(other) to \(otherEnd)")
        default: throw Disagreement("\(whole.parsed), \(how) \(pieces.parsed)")
        }
    }

    private static func same(_ one: RequestHead, _ other: RequestHead) -> Bool {
        one.method == other.method && one.path == other.path && one.query == other.query
            && one.fields.map(\.name) == other.fields.map(\.name)
            && one.fields.map(\.value) == other.fields.map(\.value) && one.isHTTP10 == other.isHTTP10
            && one.keepsAlive == other.keepsAlive && one.expectsContinue == other.expectsContinue
            && one.framing == other.framing
    }

    /// What another reader could read differently is not in an accepted head.
    private static func inspect(_ head: RequestHead, _ consumed: Int, _ bytes: [UInt8]) throws(Disagreement) {
        try demand(consumed <= bytes.count, "consumed \(consumed) of \(bytes.count) bytes")
        try demand(
            bytes[..<consumed].suffix(4).elementsEqual("\r\n\r\n".utf8), "the head does not end in an empty line")
        for index in 0..<consumed where bytes[index] == 10 {
            try demand(index > 0 && bytes[index - 1] == 13, "a bare line feed at \(index)")
        }
        let ranges = [head.path] + (head.query.map { [$0] } ?? []) + head.fields.flatMap { [$0.name, $0.value] }
        for range in ranges { try demand(range.upperBound <= consumed, "\(range) is outside the head") }
        var counts: [String: Int] = [:]
        for field in head.fields {
            counts[String(decoding: bytes[field.name], as: UTF8.self).lowercased(), default: 0] += 1
            try demand(!bytes[field.name].contains { $0 <= 32 || $0 >= 127 || $0 == 58 }, "a field name is no token")
            try demand(!bytes[field.value].contains { $0 == 13 || $0 == 10 || $0 == 0 }, "a value holds a line's end")
        }
        let lengths = counts["content-length", default: 0]
        let codings = counts["transfer-encoding", default: 0]
        try demand(lengths + codings <= 1, "\(lengths) lengths and \(codings) codings")
        try demand((head.framing == .chunked) == (codings == 1), "a coding, and \(head.framing)")
        if case .length = head.framing { try demand(lengths == 1, "a length from nowhere") }
        let hosts = counts["host", default: 0]
        try demand(hosts == 1 || head.isHTTP10 && hosts == 0, "\(hosts) hosts")
        try demand(!bytes[head.path].contains { $0 <= 32 || $0 == 35 || $0 == 63 || $0 >= 127 }, "the path's bytes")
    }
}
