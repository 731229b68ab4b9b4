import Storage
import Testing
import TestSupport

/// The same texts through `CaseFolding` and through Postgres's own `lower` and `ILIKE` (database.md §8.1).
@Suite struct CaseFoldingDifferentialTests {
    /// A generator whose run can be repeated.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    private static let letters = "aAbBkKsSiI\u{130}\u{131}ſ\u{212A}éÉe\u{301}ßẞσΣςåÅ\u{212B}ωΩ\u{2126}ǅжЖ日🙂-.@ 0'"
        .unicodeScalars.map { $0 }

    private static func text(_ dice: inout Dice, wild: Bool) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...7, using: &dice) {
            if wild, Int.random(in: 0..<3, using: &dice) == 0 {
                switch Int.random(in: 0..<4, using: &dice) {
                case 0: text.append("_")
                case 1: text.append(contentsOf: "\\_".unicodeScalars)
                case 2: text.append(contentsOf: "\\\\".unicodeScalars)
                default: text.append("%")
                }
            } else if !wild, Int.random(in: 0..<8, using: &dice) == 0 {
                text.append(["%", "_", "\\"].randomElement(using: &dice) ?? "%")
            } else {
                text.append(letters.randomElement(using: &dice) ?? "a")
            }
        }
        return String(text)
    }

    @Test("20 000 random texts and patterns", arguments: [1, 2, 3, 4] as [UInt64])
    func ilike(seed: UInt64) async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            var dice = Dice(state: seed)
            let pairs = (0..<5_000).map { _ in
                let text = Self.text(&dice, wild: false)
                // As the list query builds it, or bare; or made from the text itself, so that many match.
                switch Int.random(in: 0..<3, using: &dice) {
                case 0: return (text, "%\(Self.text(&dice, wild: true))%")
                case 1: return (text, Self.text(&dice, wild: true))
                default:
                    let scalars = text.unicodeScalars.map { scalar -> String in
                        switch Int.random(in: 0..<4, using: &dice) {
                        case 0: "_"
                        case 1: "%"
                        default:
                            "\\"
                                + CaseFolding.lower(String(scalar)).uppercased().unicodeScalars.prefix(1).map {
                                    String($0)
                                }.joined()
                        }
                    }
                    return (text, scalars.joined())
                }
            }
            let values = pairs.map { "(\(quoted($0.0)), \(quoted($0.1)))" }.joined(separator: ",")
            let rows = try database.sql("SELECT t ILIKE p FROM (VALUES \(values)) AS v (t, p)")
            #expect(rows.count == pairs.count)
            let wrong = zip(rows, pairs).filter { ($0[0] == "t") != CaseFolding.isLike($1.0, $1.1) }
            #expect(
                wrong.isEmpty,
                "\(wrong.prefix(5).map { "\($1.0.debugDescription) ILIKE \($1.1.debugDescription): \($0[0] ?? "")" })"
            )
            #expect(rows.contains(["t"]) && rows.contains(["f"]))
        }
    }

    @Test("lower of every scalar that Unicode 12 knows a lower case of, and of 4 000 others")
    func lower() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            var dice = Dice(state: 7)
            var scalars = (1..<0x1_F000 as Range<UInt32>).compactMap(Unicode.Scalar.init).filter {
                guard let age = $0.properties.age, age.major <= 12 else { return false }
                return $0.properties.changesWhenLowercased
            }
            #expect(scalars.count > 1_300)
            while scalars.count < 5_500 {
                guard let scalar = Unicode.Scalar(UInt32.random(in: 1...0x10_FFFF, using: &dice)),
                    let age = scalar.properties.age, age.major <= 12
                else { continue }
                scalars.append(scalar)
            }
            let values = scalars.map { "(\(quoted(String($0))))" }.joined(separator: ",")
            let rows = try database.sql("SELECT lower(t) FROM (VALUES \(values)) AS v (t)")
            let wrong = zip(rows, scalars).filter { row, scalar in
                Array((row[0] ?? "").unicodeScalars) != Array(CaseFolding.lower(String(scalar)).unicodeScalars)
            }
            let list = wrong.map { row, scalar in
                "\(String(scalar.value, radix: 16)): \((row[0] ?? "").unicodeScalars.map(\.value))"
            }
            #expect(wrong.isEmpty, "\(list)")
        }
    }

    @Test("both backends list the same people for 300 random queries")
    func queries() async throws {
        var dice = Dice(state: 11)
        let people = (0..<60).map { index in
            NewUser.sample(
                "u\(index)", email: "\(Self.text(&dice, wild: false))-\(index)@x", name: Self.text(&dice, wild: false))
        }
        let searches = (0..<300).map { _ in (Self.text(&dice, wild: true), Self.text(&dice, wild: true)) }
        var answers: [[[String]]] = []
        for backend in Backend.allCases {
            answers.append(
                try await TestDatabase.with(backend) { database async throws in
                    try await database.onLoop { store async throws in
                        for person in people { _ = try await store.create(person) }
                        var answers: [[String]] = []
                        for (index, (search, name)) in searches.enumerated() {
                            var query = UserQuery()
                            if index % 3 != 1 { query.search = String(search.prefix(3)) }
                            if index % 3 != 0 { query.name = String(name.prefix(3)) }
                            if query.search.unicodeScalars.last == "\\" || query.name.unicodeScalars.last == "\\" {
                                query.search = ""
                                query.name = ""
                            }
                            answers.append(try await store.users(query).users.map(\.username))
                        }
                        return answers
                    }
                })
        }
        let different = searches.indices.filter { answers[0][$0] != answers[1][$0] }.map { searches[$0] }
        #expect(different.isEmpty)
        #expect(answers[0].contains { !$0.isEmpty && $0.count < 60 })
    }
}
