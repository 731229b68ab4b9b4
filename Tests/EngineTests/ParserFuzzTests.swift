import FuzzTargets
import HTTP
import HTTPEngine
import Testing

/// Bytes nobody meant: whatever comes, the parser stays inside its buffer and accepts no contradictory framing.
@Suite("Heads from a hostile hand")
struct ParserFuzzTests {
    private static let seeds = (ParserSplitTests.accepted + ParserSplitTests.refused).map { Array($0.utf8) }
    private static let spices: [[UInt8]] =
        [
            "\r\n", "\n", "\r", " ", "\t", ":", "\0", "\r\n ", "\r\n\r\n", "Content-Length: 5\r\n", ",", "chunked", "/",
            "?",
            "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "HTTP/1.1", "#", "%", "*", "http://",
            "Content-Length: 0\r\n",
        ].map { Array($0.utf8) } + [[0xff], [0x80], [0x7f]]

    private static func mutated(_ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = seeds[numbers.below(seeds.count)]
        for _ in 0...numbers.below(4) {
            let place = numbers.below(bytes.count + 1)
            switch numbers.below(6) {
            case 0 where place < bytes.count: bytes[place] = UInt8(numbers.below(256))
            case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(numbers.below(8))
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes.insert(contentsOf: spices[numbers.below(spices.count)], at: place)
            case 4:
                // Most additions at the start of a line make a field line.
                let ends = bytes.indices.filter { bytes[$0] == 10 && $0 + 2 < bytes.count }
                guard !ends.isEmpty else { continue }
                bytes.insert(
                    contentsOf: spices[numbers.below(spices.count)], at: ends[numbers.below(ends.count)] + 1)
            default:
                let other = seeds[numbers.below(seeds.count)]
                bytes = Array(bytes[..<place] + other[numbers.below(other.count)...])
            }
        }
        return bytes
    }

    /// What must hold for every head that was accepted.
    private static func check(_ seen: Seen, _ bytes: [UInt8], from start: Int) {
        guard let head = seen.head else { return }
        #expect(head.consumed > start && head.consumed <= bytes.count)
        #expect(bytes[..<head.consumed].suffix(4).elementsEqual("\r\n\r\n".utf8))
        let names = head.fields.map { $0.prefix { $0 != ":" }.lowercased() }
        let lengths = names.filter { $0 == "content-length" }.count
        let codings = names.filter { $0 == "transfer-encoding" }.count
        #expect(lengths + codings <= 1, "\(head)")
        #expect((head.framing == .chunked) == (codings == 1), "\(head)")
        #expect(names.filter { $0 == "host" }.count == 1 || head.isHTTP10 && !names.contains("host"), "\(head)")
        #expect(head.method == .connect || !head.path.contains { $0 == " " || $0 == "#" || $0 == "?" }, "\(head)")
        for index in bytes[start..<head.consumed].indices where bytes[index] == 10 {
            #expect(index > start && bytes[index - 1] == 13)
        }
    }

    @Test("50000 mutated requests: no crash, no over-read, nothing ambiguous accepted, same answer in two pieces")
    func mutations() {
        var numbers = SeededNumbers(9112)
        let memory = GuardedBuffer()
        var accepted = 0
        for _ in 0..<50_000 {
            let bytes = Self.mutated(&numbers)
            var parser = RequestParser(limits: Limits())
            let whole = memory.with(bytes) { Seen(parser.parse($0, from: 0), $0) }
            Self.check(whole, bytes, from: 0)
            if whole.head != nil { accepted += 1 }
            let cut = numbers.below(bytes.count + 1)
            var second = RequestParser(limits: Limits())
            var pieces = memory.with(bytes[..<cut]) { Seen(second.parse($0, from: 0), $0) }
            if pieces == .more { pieces = memory.with(bytes) { Seen(second.parse($0, from: 0), $0) } }
            #expect((pieces.head == nil) == (whole.head == nil), "\(String(decoding: bytes, as: UTF8.self)) at \(cut)")
            if let head = pieces.head { #expect(head == whole.head) }
        }
        // Mutations that never gave a good head would test refusals only.
        #expect(accepted > 1000)
    }

    @Test("50000 runs of random bytes, some from the middle of a buffer")
    func noise() {
        var numbers = SeededNumbers(2)
        let memory = GuardedBuffer()
        let alphabet = Array("GET /:HTTP1.\r\n\r\n\r\n \taX".utf8)
        for round in 0..<50_000 {
            let bytes = (0..<numbers.below(80)).map { _ in
                round % 2 == 0 ? UInt8(numbers.below(256)) : alphabet[numbers.below(alphabet.count)]
            }
            let start = numbers.below(bytes.count + 1)
            var parser = RequestParser(limits: Limits())
            Self.check(memory.with(bytes) { Seen(parser.parse($0, from: start), $0) }, bytes, from: start)
        }
    }
}
