import FuzzTargets
import JSON
import Testing

/// What was written is read back; whatever else comes is a value or an error, never a crash.
@Suite("JSON there and back")
struct JSONFuzzTests {
    private static let scalars: [Unicode.Scalar] = [
        "a", "\"", "\\", "/", "<", ">", "&", "\u{0}", "\u{1f}", "\u{7f}", "\u{80}", "\u{2027}", "\u{2028}", "\u{2029}",
        "\u{202a}", "€",
        "\u{e000}", "\u{fffd}", "\u{ffff}", "𝄞", "\u{10ffff}", "\n", "\t", "\u{8}", "\u{c}", "\r", "{", "[", ",", ":",
        "u",
    ]

    private static func string(_ numbers: inout SeededNumbers) -> String {
        var text = ""
        for _ in 0..<numbers.below(12) { text.unicodeScalars.append(scalars[numbers.below(scalars.count)]) }
        return text
    }

    private static func value(_ numbers: inout SeededNumbers, depth: Int) -> JSONValue {
        switch numbers.below(depth > 4 ? 4 : 6) {
        case 0: return .null
        case 1: return .bool(numbers.below(2) == 0)
        case 2: return .number(String(Int64(bitPattern: numbers.next()) >> Int64(numbers.below(64))))
        case 3: return .string(string(&numbers))
        case 4: return .array((0..<numbers.below(4)).map { _ in value(&numbers, depth: depth + 1) })
        default:
            return .object(
                (0..<numbers.below(4)).map { _ in .init(string(&numbers), value(&numbers, depth: depth + 1)) })
        }
    }

    private static func write(_ value: JSONValue, _ writer: inout JSONWriter) {
        switch value {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let digits): writer.integer(Int64(digits)!)
        case .string(let text): writer.string(text)
        case .array(let elements): writer.array(elements) { Self.write($1, &$0) }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.key(member.name)
                    Self.write(member.value, &writer)
                }
            }
        }
    }

    /// Swift compares strings by canonical equivalence; here every scalar counts.
    private static func spelled(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        write(value, &writer)
        return writer.bytes
    }

    @Test("5000 random values: what was written is read back to the same value, in harmless bytes")
    func roundTrip() throws {
        var numbers = SeededNumbers(8259)
        for _ in 0..<5000 {
            let value = Self.value(&numbers, depth: 0)
            let bytes = Self.spelled(value)
            let back = try JSONReader.only(bytes)
            #expect(back == value)
            #expect(Self.spelled(back) == bytes)
            #expect(!bytes.contains { $0 < 0x20 || $0 == 60 || $0 == 62 || $0 == 38 })
        }
    }

    @Test("30000 mutated documents and random bytes end in a value or an error")
    func fuzz() {
        var numbers = SeededNumbers(1)
        let alphabet = Array("{}[]\",:\\u0019dDeE+-.truefalsn \n\u{7f}é".utf8)
        var taken = 0
        for round in 0..<30_000 {
            var bytes: [UInt8]
            if round % 3 == 0 {
                bytes = (0..<numbers.below(60)).map { _ in UInt8(numbers.below(256)) }
            } else if round % 3 == 1 {
                bytes = (0..<numbers.below(40)).map { _ in alphabet[numbers.below(alphabet.count)] }
            } else {
                bytes = Self.spelled(Self.value(&numbers, depth: 0))
                let place = numbers.below(bytes.count)
                if numbers.below(2) == 0 {
                    bytes[place] = UInt8(numbers.below(256))
                } else {
                    bytes.removeSubrange(place...)
                }
            }
            // Read to the end, the first value is the same as the only one.
            if let only = try? JSONReader.only(bytes) {
                taken += 1
                #expect((try? JSONReader.first(bytes)) == only)
            }
        }
        #expect(taken > 500)
    }
}
