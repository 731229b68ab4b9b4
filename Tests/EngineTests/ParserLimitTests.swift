import FuzzTargets
import HTTP
import HTTPEngine
import Testing

/// The bounds of `Limits` on a head: 414 while still in the request line, 431 behind it, 431 for too many fields.
@Suite("Limits of a head (RFC 9110 §15.5.15, RFC 6585 §5)")
struct ParserLimitTests {
    private static func limits(head: Int = 256, fields: Int = 4) -> Limits {
        var limits = Limits()
        limits.headBytes = head
        limits.fieldCount = fields
        return limits
    }

    /// A complete head of exactly `count` bytes.
    private static func head(of count: Int) -> String {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
        return frame.replacing("X: ", with: "X: " + String(repeating: "x", count: count - frame.utf8.count))
    }

    /// What a parser says that gets `wire` byte by byte, up to its first answer.
    private static func trickle(_ wire: String, _ limits: Limits) -> (seen: Seen, after: Int) {
        let bytes = Array(wire.utf8)
        let memory = GuardedBuffer()
        var parser = RequestParser(limits: limits)
        for count in 1...bytes.count {
            let seen = memory.with(bytes[..<count]) { Seen(parser.parse($0, from: 0), $0) }
            if seen != .more { return (seen, count) }
        }
        return (.more, bytes.count)
    }

    @Test("a head of exactly the limit is taken, at once and byte by byte; one byte more is 431")
    func exactHead() {
        let limits = Self.limits()
        #expect(Seen.parsing(Self.head(of: 256), limits: limits).head?.consumed == 256)
        #expect(Self.trickle(Self.head(of: 256), limits).seen.head?.consumed == 256)
        #expect(Seen.parsing(Self.head(of: 257), limits: limits) == .reject(.headerFieldsTooLarge))
        #expect(Self.trickle(Self.head(of: 257), limits).seen == .reject(.headerFieldsTooLarge))
    }

    @Test("the limit does not count the body or the next request behind the head")
    func whatFollowsIsNotCounted() {
        let wire = Self.head(of: 256) + String(repeating: "b", count: 500)
        #expect(Seen.parsing(wire, limits: Self.limits()).head?.consumed == 256)
    }

    @Test("a request line that does not end within the limit is 414, and no byte beyond the limit is waited for")
    func longLine() {
        let wire = "GET /" + String(repeating: "a", count: 600)
        #expect(Seen.parsing(wire, limits: Self.limits()) == .reject(.uriTooLong))
        let (seen, after) = Self.trickle(wire, Self.limits())
        #expect(seen == .reject(.uriTooLong))
        #expect(after <= 257)
    }

    @Test("fields that do not end within the limit are 431, and no byte beyond the limit is waited for")
    func longFields() {
        let wire = "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 600)
        #expect(Seen.parsing(wire, limits: Self.limits()) == .reject(.headerFieldsTooLarge))
        let (seen, after) = Self.trickle(wire, Self.limits())
        #expect(seen == .reject(.headerFieldsTooLarge))
        #expect(after <= 257)
    }

    @Test("as many fields as the limit says are taken, one more is 431")
    func fieldCount() {
        let four = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n"
        #expect(Seen.parsing(four + "\r\n", limits: Self.limits()).head?.fields.count == 4)
        #expect(Seen.parsing(four + "D: 4\r\n\r\n", limits: Self.limits()) == .reject(.headerFieldsTooLarge))
    }

    @Test("the limits of a server: 16 KiB, 100 fields")
    func defaults() {
        let fields = (1...99).map { "X\($0): y\r\n" }.joined()
        #expect(Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").head?.fields.count == 100)
        #expect(
            Seen.parsing("GET / HTTP/1.1\r\nHost: a\r\nY: z\r\n\(fields)\r\n") == .reject(.headerFieldsTooLarge))
        #expect(Seen.parsing(Self.head(of: 16_384)).head?.consumed == 16_384)
        #expect(Seen.parsing(Self.head(of: 16_385)) == .reject(.headerFieldsTooLarge))
    }

    @Test(
        "a parser goes on waiting while nothing is wrong",
        arguments: ["", "G", "GET / HTTP/1.1", "\r", "\r\n", "\r\n\r"])
    func waits(_ wire: String) {
        #expect(Seen.parsing(wire) == .more)
    }
}
