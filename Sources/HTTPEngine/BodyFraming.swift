internal import HTTP

/// How long a request's body is (RFC 9112 §6).
public enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)  // bytes
    case chunked
}

/// What the fields of one head say about its message, gathered line by line, judged at the end.
struct FieldFacts {
    private var hosts = 0
    private var length: Int?
    private var isChunked = false
    private var closes = false
    private var keepsAlive = false
    private var expectsContinue = false

    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    mutating func note(_ name: Bytes, _ value: Bytes) throws(RequestParser.Refusal) {
        switch name.count {
        case 4 where HeaderName.host.matches(name):
            hosts += 1
            guard HostRules.isHost(value) else { throw .init(.badRequest) }
        case 6 where ASCII.equal(name, ignoringCase: "expect"):
            guard ASCII.equal(value, ignoringCase: "100-continue") else { throw .init(.expectationFailed) }
            expectsContinue = true
        case 10 where ASCII.equal(name, ignoringCase: "connection"):
            for option in value.split(separator: 44) {
                let option = trimmed(option)
                if ASCII.equal(option, ignoringCase: "close") { closes = true }
                if ASCII.equal(option, ignoringCase: "keep-alive") { keepsAlive = true }
            }
        case 14 where ASCII.equal(name, ignoringCase: "content-length"):
            // A second one, even an equal one, or a list, is how requests are smuggled.
            guard length == nil, let number = digits(value) else { throw .init(.badRequest) }
            length = number
        case 17 where ASCII.equal(name, ignoringCase: "transfer-encoding"):
            guard !isChunked else { throw .init(.badRequest) }
            guard ASCII.equal(value, ignoringCase: "chunked") else {
                // "gzip, chunked" we cannot undo; "chunked, gzip" has no end (RFC 9112 §6.1, §6.3).
                let last = value.split(separator: 44, omittingEmptySubsequences: false).last.map(trimmed)
                let endsChunked = last.map { ASCII.equal($0, ignoringCase: "chunked") } ?? false
                let count = value.split(separator: 44).filter { ASCII.equal(trimmed($0), ignoringCase: "chunked") }
                    .count
                throw .init(endsChunked && count == 1 ? .notImplemented : .badRequest)
            }
            isChunked = true
        default: break
        }
    }

    func settle(_ head: inout RequestHead) throws(RequestParser.Refusal) {
        // RFC 9112 §3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0.
        guard hosts == 1 || head.isHTTP10 && hosts == 0 else { throw .init(.badRequest) }
        // RFC 9112 §6.1: both, or chunked in HTTP/1.0, is faulty framing.
        if isChunked, length != nil || head.isHTTP10 { throw .init(.badRequest) }
        head.framing = isChunked ? .chunked : length.map { $0 == 0 ? .none : .length($0) } ?? .none
        head.keepsAlive = !closes && (!head.isHTTP10 || keepsAlive)
        head.expectsContinue = expectsContinue && !head.isHTTP10 && head.framing != .none
    }

    /// Digits and nothing else: `Int("+5")` is 5, and in a Content-Length that is an attack.
    private func digits(_ value: Bytes) -> Int? {
        guard !value.isEmpty, value.count <= 18 else { return nil }
        var number = 0
        for byte in value {
            guard 48...57 ~= byte else { return nil }
            number = number * 10 + Int(byte - 48)
        }
        return number
    }

    private func trimmed(_ bytes: Bytes) -> Bytes {
        var bytes = bytes
        while let first = bytes.first, first == 32 || first == 9 { bytes.removeFirst() }
        while let last = bytes.last, last == 32 || last == 9 { bytes.removeLast() }
        return bytes
    }
}
