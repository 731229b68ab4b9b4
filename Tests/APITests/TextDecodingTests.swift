@testable import API
import JSON
import Testing
import TestSupport

/// Text in a request's JSON: keys-and-shell.md §8.3, escapes, lone surrogates and invalid UTF-8.
@Suite struct TextDecodingTests {
    /// What stands between the quotes of a name, and the name that it makes.
    private static let names: [(written: String, name: String)] = [
        (#"a\u00e9b"#, "aéb"), (#"a\u00E9b"#, "aéb"), (#"\ud83d\ude00!"#, "😀!"), (#"\uD83D\uDE00!"#, "😀!"),
        ("😀!", "😀!"),
        (#"a\/b\\c\"d"#, #"a/b\c"d"#), (#"a\tb\nc\rd\be\ff"#, "a\tb\nc\rd\u{8}e\u{c}f"), (#"a\u0001b"#, "a\u{1}b"),
        ("a\u{7f}b", "a\u{7f}b"),
        // A surrogate without its half becomes U+FFFD, what follows it stays.
        (#"a\ud83dx"#, "a\u{fffd}x"), (#"a\ude00x"#, "a\u{fffd}x"), (#"a\ud83d\u0041"#, "a\u{fffd}A"),
        (#"a\ud83d\ud83d\ude00"#, "a\u{fffd}😀"), (#"a\ude00\ud83d."#, "a\u{fffd}\u{fffd}."),
        (#"a\ud83d\n."#, "a\u{fffd}\n."),
        ("a\u{fffd}", "a\u{fffd}"), (#"a\u2028\u2029b"#, "a\u{2028}\u{2029}b"), (#"a\uffffb"#, "a\u{ffff}b"),
    ]

    @Test("escapes and lone surrogates in a name that comes back", arguments: Backend.allCases)
    func names(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (index, row) in Self.names.enumerated() {
                let id = try await server.create("n\(index)", fields: [#""name":"\#(row.written)""#], by: owner)
                let answer = try await server.send("GET", "/api/v2/users/\(id)", token: owner.token)
                #expect(answer["name"]?.text == row.name, "\(row.written)")
            }
        }
    }

    /// Bytes of a text that are no UTF-8. How many U+FFFD stand for a run of them is open: one here.
    private static let bytes: [(bytes: [UInt8], text: String)] = [
        ([0x61, 0xff, 0x62], "a\u{fffd}b"), ([0xc3], "\u{fffd}"), ([0xc3, 0x28], "\u{fffd}("),
        ([0xc0, 0xaf], "\u{fffd}"), ([0xe2, 0x82], "\u{fffd}"), ([0xed, 0xa0, 0x80], "\u{fffd}"),
        ([0xf0, 0x9f, 0x98], "\u{fffd}"), ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}"),
        ([0x80, 0xc3, 0xa9], "\u{fffd}é"), ([0xf0, 0x9f, 0x98, 0x80], "😀"),
    ]

    @Test("bytes that are no UTF-8 become U+FFFD, and the body is still read")
    func invalid() throws {
        for (bytes, text) in Self.bytes {
            let body = try Body(Array(#"{"name":""#.utf8) + bytes + Array(#"","email":"x"}"#.utf8))
            let name = try body.string("name").replacing(/\x{fffd}+/, with: "\u{fffd}")
            #expect(name == text, "\(bytes)")
            #expect(try body.string("email") == "x", "\(bytes)")
        }
    }

    @Test("bytes that are no UTF-8 outside a text are no JSON")
    func invalidOutside() throws {
        for bytes: [UInt8] in [
            [0xff], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0x7b, 0xc3, 0xa9, 0x7d], [0x7b, 0x7d - 1, 0xff],
        ] {
            #expect(throws: APIError.self) { try Body(bytes) }
        }
    }
}
