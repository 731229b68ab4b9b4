public import Storage

/// What the API takes from the world around it: passed in, so that shipped code never asks whether it is tested.
/// An instance belongs to one loop.
public struct Ambient: Sendable {
    /// The time of the wall clock.
    public let now: @Sendable () -> Timestamp
    /// Nanoseconds on a clock that nobody sets; only differences mean something.
    public let ticks: @Sendable () -> UInt64
    /// Fills a buffer with bytes nobody can guess.
    public let fillRandom: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    public init(
        now: @escaping @Sendable () -> Timestamp, ticks: @escaping @Sendable () -> UInt64,
        fillRandom: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) {
        self.now = now
        self.ticks = ticks
        self.fillRandom = fillRandom
    }

    func randomID() -> UUID {
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words, fillRandom)
        return UUID(random: words)
    }

    /// Version 7 (RFC 9562 §5.7): ids of rows that are only ever added, which stand beside each other in an index then.
    func orderedID(at now: Timestamp) -> UUID {
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words, fillRandom)
        return UUID(ordered: words, milliseconds: now.microseconds / 1_000)
    }

    func randomBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            buffer.initialize(repeating: 0)
            fillRandom(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    /// Uniform characters of `0-9A-Za-z`: bytes that would favour some characters are drawn again.
    func randomAlphanumerics(_ count: Int) -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var characters: [UInt8] = []
        while characters.count < count {
            for byte in randomBytes(count * 2) where byte < 248 && characters.count < count {
                characters.append(alphabet[Int(byte) % 62])
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
