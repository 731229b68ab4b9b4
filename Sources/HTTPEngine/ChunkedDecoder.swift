internal import HTTP

/// A chunked body (RFC 9112 §7.1), resumable at every byte. Chunk extensions and trailers are read and dropped.
struct ChunkedDecoder: Sendable {
    enum Progress: Equatable {
        case needMore
        case done
        case reject(Status)
    }

    private enum State {
        case size(digits: Int)
        case extensions
        case extensionsEnd
        case data
        case dataEnd
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailer
        case trailerLineFeed
        case lastLineFeed
    }

    private var state = State.size(digits: 0)
    private var remaining = 0
    private var overhead = 0
    private let limits: Limits

    init(limits: Limits) { self.limits = limits }

    /// Takes bytes from `input`, appends what they decode to, and says how many were taken.
    mutating func decode(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, into body: inout [UInt8], consumed: inout Int
    ) -> Progress {
        var index = start
        defer { consumed = index - start }
        while index < input.count {
            if case .data = state {
                let count = min(remaining, input.count - index)
                body.append(contentsOf: input[index..<index + count])
                index += count
                remaining -= count
                if remaining == 0 { state = .dataEnd }
                continue
            }
            let byte = input[index]
            index += 1
            overhead += 1
            if overhead > limits.chunkOverheadBytes { return .reject(.badRequest) }
            switch step(byte, bodyCount: body.count) {
            case .needMore: continue
            case let end: return end
            }
        }
        return .needMore
    }

    private mutating func step(_ byte: UInt8, bodyCount: Int) -> Progress {
        switch state {
        case .size(let digits):
            if let value = ASCII.hexValue(byte) {
                guard digits < 8 else { return .reject(.badRequest) }
                remaining = remaining << 4 | Int(value)
                state = .size(digits: digits + 1)
            } else if digits > 0, byte == 59 {
                state = .extensions
            } else if digits > 0, byte == 13 {
                state = .extensionsEnd
            } else {
                return .reject(.badRequest)
            }
        case .extensions:
            if byte == 13 {
                state = .extensionsEnd
            } else if !RequestParser.isFieldByte(byte) {
                return .reject(.badRequest)
            }
        case .extensionsEnd:
            guard byte == 10 else { return .reject(.badRequest) }
            if remaining > limits.bodyBytes - bodyCount { return .reject(.contentTooLarge) }
            state = remaining == 0 ? .trailerStart : .data
        case .data: break  // handled in bulk above
        case .dataEnd:
            guard byte == 13 else { return .reject(.badRequest) }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == 10 else { return .reject(.badRequest) }
            state = .size(digits: 0)
        case .trailerStart:
            if byte == 13 {
                state = .lastLineFeed
            } else if RequestParser.isToken(byte) {
                state = .trailerName
            } else {
                return .reject(.badRequest)
            }
        case .trailerName:
            if byte == 58 { state = .trailer } else if !RequestParser.isToken(byte) { return .reject(.badRequest) }
        case .trailer:
            if byte == 13 {
                state = .trailerLineFeed
            } else if !RequestParser.isFieldByte(byte) {
                return .reject(.badRequest)
            }
        case .trailerLineFeed:
            guard byte == 10 else { return .reject(.badRequest) }
            state = .trailerStart
        case .lastLineFeed:
            return byte == 10 ? .done : .reject(.badRequest)
        }
        return .needMore
    }
}
