public import HTTP

/// A request line and its fields, with what they say about the message.
public struct RequestHead: Sendable {
    public var method: Method = .other
    /// Offsets into the parsed bytes.
    public var path = 0..<0
    public var query: Range<Int>?
    public var fields: [Request.Field] = []
    public var isHTTP10 = false
    public var keepsAlive = true
    public var expectsContinue = false
    public var framing = BodyFraming.none
}

/// What the bytes so far amount to. Never blocks, never touches a socket.
public enum Parsed: Sendable {
    case needMore  // call again with a longer buffer
    case head(RequestHead, consumed: Int)  // bytes; the caller may drop them
    case reject(Status)  // then close
}

/// RFC 9112 §2–§3, §5: strict. Whatever two readers could read differently is refused (decisions.md #23).
public struct RequestParser: Sendable {
    private let headBytes: Int
    private let fieldCount: Int
    /// Bytes already searched for the end of the head; a head that arrives byte by byte costs no more than at once.
    private var searched = 0

    public init(limits: Limits) {
        headBytes = limits.headBytes
        fieldCount = limits.fieldCount
    }

    /// - Parameter bytes: everything received and not yet consumed, from `start` on. Offsets in the head count
    ///   from the beginning of `bytes`.
    public mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Parsed {
        var begin = start
        // Empty lines in front of a request are ignored (RFC 9112 §2.2): as many as come, for a connection drops
        // those that come alone, and where the network cuts says nothing.
        while begin + 1 < bytes.count, bytes[begin] == 13, bytes[begin + 1] == 10 { begin += 2 }
        if begin < bytes.count, !Self.isToken(bytes[begin]), bytes[begin] != 13 || begin + 1 < bytes.count {
            return .reject(.badRequest)
        }
        switch endOfHead(bytes, from: begin) {
        case .failure(let refusal): return .reject(refusal.status)
        case .success(nil): return .needMore
        case .success(let end?):
            searched = 0
            do throws(Refusal) {
                return .head(try head(bytes, begin..<end), consumed: end)
            } catch {
                return .reject(error.status)
            }
        }
    }

    struct Refusal: Error {
        let status: Status
        init(_ status: Status) { self.status = status }
    }

    /// The offset behind the empty line; nil when it has not come yet.
    private mutating func endOfHead(
        _ bytes: UnsafeBufferPointer<UInt8>, from begin: Int
    ) -> Result<Int?, Refusal> {
        var index = max(begin, begin + searched - 2)
        var lineFeeds = false
        while index < bytes.count {
            guard let feed = bytes[index...].firstIndex(of: 10) else { break }
            // A bare line feed ends a line for some readers and not for others.
            if feed == begin || bytes[feed - 1] != 13 { return .failure(Refusal(.badRequest)) }
            lineFeeds = true
            if feed + 2 < bytes.count, bytes[feed + 1] == 13, bytes[feed + 2] == 10 {
                if feed + 3 - begin > headBytes { return .failure(Refusal(.headerFieldsTooLarge)) }
                return .success(feed + 3)
            }
            index = feed + 1
        }
        searched = max(0, bytes.count - begin - 2)
        if bytes.count - begin >= headBytes {
            let hasLine = lineFeeds || bytes[begin...].contains(10)
            return .failure(Refusal(hasLine ? .headerFieldsTooLarge : .uriTooLong))
        }
        return .success(nil)
    }

    // MARK: Request line

    private func head(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) throws(Refusal) -> RequestHead {
        var head = RequestHead()
        var index = range.lowerBound
        let methodStart = index
        while Self.isToken(bytes[index]) { index += 1 }
        guard bytes[index] == 32, index > methodStart, index - methodStart <= 32 else { throw Refusal(.badRequest) }
        head.method = Method(bytes[methodStart..<index])
        index += 1
        let targetStart = index
        while bytes[index] > 32, bytes[index] < 127 { index += 1 }
        guard bytes[index] == 32, index > targetStart else { throw Refusal(.badRequest) }
        try target(bytes, targetStart..<index, &head)
        index = try version(bytes, at: index + 1, &head)
        try fields(bytes, index..<range.upperBound, &head)
        return head
    }

    /// Origin, absolute, authority or asterisk form (RFC 9112 §3.2).
    private func target(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ head: inout RequestHead
    ) throws(Refusal) {
        var path = range
        // A fragment is never sent (RFC 9112 §3.2).
        guard !bytes[range].contains(35) else { throw Refusal(.badRequest) }
        if head.method == .connect {
            head.path = range.lowerBound..<range.lowerBound
            return
        }
        if bytes[range.lowerBound] == 42 {
            guard range.count == 1, head.method == .options else { throw Refusal(.badRequest) }
            head.path = range
            return
        }
        if bytes[range.lowerBound] != 47 {
            // "http://host[:port]" in front of the path, which may be missing.
            guard let colon = bytes[range].firstIndex(of: 58), colon + 2 < range.upperBound,
                bytes[colon + 1] == 47, bytes[colon + 2] == 47,
                ASCII.equal(bytes[range.lowerBound..<colon], ignoringCase: "http")
                    || ASCII.equal(bytes[range.lowerBound..<colon], ignoringCase: "https")
            else { throw Refusal(.badRequest) }
            let authority = colon + 3
            let end = bytes[authority..<range.upperBound].firstIndex { $0 == 47 || $0 == 63 } ?? range.upperBound
            guard end > authority, HostRules.isHost(bytes[authority..<end]) else {
                throw Refusal(.badRequest)
            }
            path = end..<range.upperBound
        }
        if let mark = bytes[path].firstIndex(of: 63) {
            head.path = path.lowerBound..<mark
            head.query = mark + 1..<path.upperBound
        } else {
            head.path = path
        }
    }

    /// `HTTP/1.1` or `HTTP/1.0` and the line's end; the offset behind it.
    private func version(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, _ head: inout RequestHead
    ) throws(Refusal) -> Int {
        let name: StaticString = "HTTP/"
        for offset in 0..<5 where bytes[index + offset] != name.utf8Start[offset] { throw Refusal(.badRequest) }
        let major = bytes[index + 5]
        let minor = bytes[index + 7]
        guard 48...57 ~= major, bytes[index + 6] == 46, 48...57 ~= minor, bytes[index + 8] == 13, bytes[index + 9] == 10
        else { throw Refusal(.badRequest) }
        // A later minor version is read as the latest we know (RFC 9110 §2.5).
        guard major == 49 else { throw Refusal(.versionNotSupported) }
        head.isHTTP10 = minor == 48
        return index + 10
    }

    // MARK: Fields

    private func fields(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ head: inout RequestHead
    ) throws(Refusal) {
        head.fields.reserveCapacity(12)
        var facts = FieldFacts()
        var index = range.lowerBound
        while bytes[index] != 13 {
            let nameStart = index
            while Self.isToken(bytes[index]) { index += 1 }
            // No space before the colon, no folded line (RFC 9112 §5.1, §5.2).
            guard index > nameStart, bytes[index] == 58 else { throw Refusal(.badRequest) }
            let name = nameStart..<index
            index += 1
            while bytes[index] == 32 || bytes[index] == 9 { index += 1 }
            let valueStart = index
            while Self.isFieldByte(bytes[index]) { index += 1 }
            guard bytes[index] == 13, bytes[index + 1] == 10 else { throw Refusal(.badRequest) }
            var valueEnd = index
            while valueEnd > valueStart, bytes[valueEnd - 1] == 32 || bytes[valueEnd - 1] == 9 { valueEnd -= 1 }
            index += 2
            guard head.fields.count < fieldCount else { throw Refusal(.headerFieldsTooLarge) }
            head.fields.append(Request.Field(name: name, value: valueStart..<valueEnd))
            try facts.note(bytes[name], bytes[valueStart..<valueEnd])
        }
        // The bytes end in an empty line, so the loop stops there and nowhere earlier.
        guard index + 2 == range.upperBound else { throw Refusal(.badRequest) }
        try facts.settle(&head)
    }

    // MARK: Bytes

    /// RFC 9110 §5.6.2.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case 33, 35...39, 42, 43, 45, 46, 94...96, 124, 126: true
        default: false
        }
    }

    /// Field content: visible, space, tab and obs-text (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 32 && byte != 127 || byte == 9 }
}
