import API
import JSON
import Testing
import TestSupport

/// How an answer's JSON is written: keys-and-shell.md §8.5, case 62; users.md §1.1 and §3.1.
@Suite struct ResponseEncodingTests {
    @Test("a user, to the byte", arguments: Backend.allCases)
    func user(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("sleeper", by: owner)
            let organization = try #require(
                try server.database.sql("SELECT id FROM organizations").first?.first.flatMap { $0 })
            let answer = try await server.send("GET", "/api/v2/users/sleeper", token: owner.token)
            let time = "2026-11-24T20:00:00.654321Z"
            #expect(
                answer.body
                    == #"{"id":"\#(id)","username":"sleeper","email":"sleeper@usersd.test","created_at":"\#(time)","#
                    + #""updated_at":"\#(time)","last_seen_at":"0001-01-01T00:00:00Z","status":"dormant","#
                    + #""login_type":"password","#
                    + #""organization_ids":["\#(organization)"],"roles":[],"has_ai_seat":false}"# + "\n")
            #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
        }
    }

    private static let times: [(microseconds: Int64, text: String)] = [
        (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000001Z"),
        (1_600_000_000_500_000, "2020-09-13T12:26:40.5Z"),
        (1_600_000_000_120_000, "2020-09-13T12:26:40.12Z"), (1_600_000_000_000_000, "2020-09-13T12:26:40Z"),
        (1_600_000_000_000_100, "2020-09-13T12:26:40.0001Z"), (951_782_400_000_000, "2000-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"), (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"), (-2_208_988_800_000_000, "1900-01-01T00:00:00Z"),
        (1_709_164_800_000_000, "2024-02-29T00:00:00Z"), (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
    ]

    @Test("times are UTC, to the microsecond, without zeros at the end", arguments: Backend.allCases)
    func times(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("old", by: owner)
            for (microseconds, text) in Self.times {
                let expression = "timestamptz '1970-01-01 00:00:00Z' + interval '\(microseconds) microseconds'"
                try server.database.sql(
                    sqlite: """
                        UPDATE users SET created_at = \(microseconds), last_seen_at = \(microseconds) WHERE id = '\(id)'
                        """,
                    postgres: """
                        UPDATE users SET created_at = \(expression), last_seen_at = (\(expression)) AT TIME ZONE 'UTC'
                        WHERE id = '\(id)'
                        """)
                let answer = try await server.send("GET", "/api/v2/users/old", token: owner.token)
                #expect(answer["created_at"]?.text == text)
                #expect(answer["last_seen_at"]?.text == text)
            }
        }
    }

    private static let texts: [(name: String, written: String)] = [
        ("a<b>&c", #"a\u003cb\u003e\u0026c"#), ("a\u{2028}b\u{2029}c", #"a\u2028b\u2029c"#), (#"a"b\c"#, #"a\"b\\c"#),
        ("a\nb\rc\td", #"a\nb\rc\td"#), ("a\u{1}b\u{1f}c", #"a\u0001b\u001fc"#), ("a/b'c", "a/b'c"),
        ("é😀\u{7f}.", "é😀\u{7f}."),
    ]

    @Test("62: what HTML could misread is escaped, and nothing else that need not be", arguments: Backend.allCases)
    func texts(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (index, row) in Self.texts.enumerated() {
                let escaped = row.name.unicodeScalars.map { "\\u\(Self.hex($0))" }.joined()
                let id = try await server.create("n\(index)", fields: [#""name":"\#(escaped)""#], by: owner)
                let answer = try await server.send("GET", "/api/v2/users/\(id)", token: owner.token)
                #expect(answer.body.contains(#""name":"\#(row.written)","#), "\(answer.body)")
            }
        }
    }

    /// Four digits; the pair of a surrogate beyond.
    private static func hex(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: "\\u")
    }

    @Test("62: the same in the echo of a refused value", arguments: Backend.allCases)
    func echo(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send(
                "POST", "/api/v2/users/login", body: #"{"email":"<a&b>\u2028\"\ud800","password":"x"}"#)
            #expect(answer.status == 400)
            let value = #"\u003ca\u0026b\u003e\u2028\""# + "\u{fffd}"
            #expect(
                answer.body
                    == #"{"message":"Validation failed.","validations":[{"field":"email","detail":"Validation failed "#
                    + #"for tag \"email\" with value: \"\#(value)\""}]}"# + "\n")
        }
    }
}
