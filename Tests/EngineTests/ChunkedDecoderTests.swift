import FuzzTargets
import HTTP
@testable import HTTPEngine
import Testing

/// RFC 9112 §7.1: chunked bodies, in one piece, cut at any byte, and beyond their limits.
@Suite("Chunked bodies (RFC 9112 §7.1)")
struct ChunkedDecoderTests {
    struct Decoded: Equatable {
        var body: String
        var end: ChunkedDecoder.Progress
        var consumed: Int
    }

    /// What a decoder makes of `wire` when it comes in pieces that end at `cuts`.
    private static func decode(_ wire: String, cuts: [Int] = [], limits: Limits = Limits()) -> Decoded {
        let bytes = Array(wire.utf8)
        let memory = GuardedBuffer(capacity: 1 << 18)
        var decoder = ChunkedDecoder(limits: limits)
        var body: [UInt8] = []
        var end = ChunkedDecoder.Progress.needMore
        var position = 0
        for cut in cuts + [bytes.count] where end == .needMore {
            var consumed = -1
            end = memory.with(bytes[..<cut]) {
                decoder.decode($0, from: position, into: &body, consumed: &consumed)
            }
            #expect(consumed >= 0 && position + consumed <= cut)
            position += consumed
        }
        return Decoded(body: String(decoding: body, as: UTF8.self), end: end, consumed: position)
    }

    private static let good = [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
        ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("005\r\nhello\r\n000\r\n\r\n", "hello"), ("5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"),
        ("5;a=\"b c\";d\r\nhello\r\n0\r\n\r\n", "hello"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n", "hello"), ("3\r\n0\r\n\r\n0\r\n\r\n", "0\r\n"),
    ]

    @Test("a well-formed body is decoded and nothing behind it is taken", arguments: good)
    func wellFormed(_ wire: String, _ body: String) {
        let expected = Decoded(body: body, end: .done, consumed: wire.utf8.count)
        #expect(Self.decode(wire) == expected)
        #expect(Self.decode(wire + "GET / HTTP/1.1\r\n") == expected)
    }

    @Test("a body cut at any two bytes, or at all of them, is the same body", arguments: good)
    func everySplit(_ wire: String, _ body: String) {
        let count = wire.utf8.count
        let expected = Decoded(body: body, end: .done, consumed: count)
        for first in 0..<count {
            for second in first..<count {
                #expect(Self.decode(wire, cuts: [first, second]) == expected, "cut at \(first), \(second)")
            }
        }
        #expect(Self.decode(wire, cuts: Array(0..<count)) == expected)
    }

    @Test("a body that has not ended is waited for", arguments: good)
    func unfinished(_ wire: String, _ body: String) {
        for count in 0..<wire.utf8.count {
            #expect(Self.decode(String(wire.utf8.prefix(count))!).end == .needMore, "\(count) bytes")
        }
    }

    @Test(
        "faulty chunks are refused with 400, in one piece and byte by byte",
        arguments: [
            "\r\n", "g\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
            ";a\r\n",
            "5\nhello\r\n", "5\r\rhello", "5\rhello", "5\r\nhellox\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
            "5\r\nhello\r0\r\n\r\n", "5;a\nhello\r\n", "5;a\rb\r\nhello", "5;\u{0}\r\nhello", "5;\u{7f}\r\nhello",
            "0\r\n\n", "0\r\n\rX", "0\r\n X: y\r\n\r\n", "0\r\n: y\r\n\r\n", "0\r\nX: y\n\r\n",
            "0\r\nX: a\u{0}\r\n\r\n",
            "0\r\nX: a\rb\r\n\r\n", "0\r\n\u{e9}: y\r\n\r\n", "5,5\r\nhello\r\n", "5_0\r\n", "５\r\n",
            "000000000\r\n\r\n",
            "100000000\r\n", "ffffffffffffffff5\r\nhello", "10000000000000005\r\nhello\r\n",
        ])
    func malformed(_ wire: String) {
        #expect(Self.decode(wire).end == .reject(.badRequest))
        #expect(Self.decode(wire, cuts: Array(0..<wire.utf8.count)).end == .reject(.badRequest))
    }

    @Test(
        "a trailer that is no field line is refused (RFC 9112 §7.1.2)",
        arguments: ["0\r\nX\r\n\r\n", "0\r\nX y: z\r\n\r\n", "0\r\nX : z\r\n\r\n", "0\r\nX: y\r\n z\r\n\r\n"])
    func faultyTrailers(_ wire: String) {
        #expect(Self.decode(wire).end == .reject(.badRequest))
    }

    @Test("a body of exactly the limit is taken, one byte more is 413 as soon as its chunk is announced")
    func bodyLimit() {
        var limits = Limits()
        limits.bodyBytes = 10
        #expect(Self.decode("a\r\n0123456789\r\n0\r\n\r\n", limits: limits).end == .done)
        #expect(Self.decode("5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits: limits).body == "0123456789")
        #expect(Self.decode("b\r\n", limits: limits) == Decoded(body: "", end: .reject(.contentTooLarge), consumed: 3))
        #expect(Self.decode("5\r\n01234\r\n6\r\n", limits: limits).end == .reject(.contentTooLarge))
        #expect(Self.decode("ffffffff\r\n", limits: limits).end == .reject(.contentTooLarge))
        #expect(Self.decode("7fffffff\r\n").end == .reject(.contentTooLarge))
    }

    @Test("size lines, extensions and trailers have a limit; data does not count towards it")
    func overheadLimit() {
        var limits = Limits()
        limits.chunkOverheadBytes = 64
        let long = String(repeating: "x", count: 80)
        #expect(Self.decode("1;\(long)\r\n", limits: limits).end == .reject(.badRequest))
        #expect(Self.decode("0\r\nX: \(long)\r\n\r\n", limits: limits).end == .reject(.badRequest))
        let many = String(repeating: "1\r\na\r\n", count: 40)
        #expect(Self.decode("\(many)0\r\n\r\n", limits: limits).end == .reject(.badRequest))
        let trailers = String(repeating: "X: y\r\n", count: 20)
        #expect(Self.decode("0\r\n\(trailers)\r\n", limits: limits).end == .reject(.badRequest))
        let data = String(repeating: "d", count: 0x1000)
        #expect(Self.decode("1000\r\n\(data)\r\n0\r\n\r\n", limits: limits).body == data)
    }

    @Test("20000 mutated bodies: no crash, no over-read, the same answer in two pieces, never beyond the limit")
    func fuzz() {
        var numbers = SeededNumbers(71)
        var limits = Limits()
        limits.bodyBytes = 64
        let alphabet = Array("0123456789abcdefA;\r\n\r\n :x".utf8)
        for _ in 0..<20_000 {
            var bytes = Array(Self.good[numbers.below(Self.good.count)].0.utf8)
            for _ in 0...numbers.below(3) {
                bytes.insert(alphabet[numbers.below(alphabet.count)], at: numbers.below(bytes.count + 1))
            }
            let wire = String(decoding: bytes, as: UTF8.self)
            let whole = Self.decode(wire, limits: limits)
            #expect(whole.body.utf8.count <= 64)
            #expect(Self.decode(wire, cuts: [numbers.below(bytes.count + 1)], limits: limits) == whole)
        }
    }
}
