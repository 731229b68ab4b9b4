/// A reader of bytes that strangers send, and what must hold for it whatever the bytes are.
public struct FuzzTarget: Sendable, CustomStringConvertible {
    public let name: String
    /// Pieces of the language that the bytes speak: mutations put them in, and get further than noise does.
    public let words: [String]
    /// Lends the reader memory that ends at a closed page.
    public let check: @Sendable ([UInt8], GuardedBuffer) throws(Disagreement) -> Void

    public var description: String { name }

    /// Beyond this many bytes inputs say nothing new and cost executions.
    public static let maximumBytes = 1024

    public static let all: [FuzzTarget] = [
        .requestParser, .chunkedDecoder, .jsonReader, .jsonBody, .userSearch, .cookies, .pathSegments, .queryItems,
        .priceSeed,
    ]
}

/// Two ways to the same answer that did not meet.
public struct Disagreement: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

func demand(_ holds: Bool, _ text: @autoclosure () -> String) throws(Disagreement) {
    if !holds { throw Disagreement(text()) }
}

/// FNV-1a: a place to cut at that follows from the bytes, so that an input alone repeats its run.
func mixed(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash ^ hash >> 29
}
