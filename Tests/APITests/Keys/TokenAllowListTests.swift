import API
import JSON
import TestSupport
import Testing

/// Allow lists that a token asks for: keys-and-shell.md §0.5, cases 31–36, 72; decisions.md #2.
@Suite struct TokenAllowListTests {
    private static let a = "aaaaaaaa-0000-4000-8000-00000000000a"
    private static let b = "bbbbbbbb-0000-4000-8000-00000000000b"

    private static func body(_ entries: [String]) -> String {
        #"{"allow_list":[\#(entries.map { $0.hasPrefix("{") ? $0 : "\"\($0)\"" }.joined(separator: ","))]}"#
    }

    private static let taken: [(asked: [String], stored: [String])] = [
        ([], ["*:*"]), (["workspace:*", "workspace:\(a)"], ["workspace:*"]), (["*:*", "template:\(a)"], ["*:*"]),
        (["workspace:\(b)", "template:\(a)"], ["template:\(a)", "workspace:\(b)"]),
        (["user:\(b)", "user:\(a)", "user:\(b)"], ["user:\(a)", "user:\(b)"]),
        (["  user:*  "], ["user:*"]), (["*:\(a)"], ["*:\(a)"]),
        (["user:*", "*:\(a)"], ["*:\(a)", "user:*"]),
        (["user:\(a.uppercased())"], ["user:\(a)"]), (["user:{\(a)}"], ["user:{\(a)}"]),
        (["user:urn:uuid:\(a)"], ["user:urn:uuid:\(a)"]),
        (["user:aaaaaaaa000040008000000000000000"], ["user:aaaaaaaa000040008000000000000000"]),
        (["workspace_dormant:*", "ai_seat:\(a)"], ["ai_seat:\(a)", "workspace_dormant:*"]),
        ([#"{"type":"workspace","id":"*"}"#], ["workspace:*"]),
        ([#"{"type":"user","id":"\#(a)"}"#, "api_key:*"], ["api_key:*", "user:\(a)"]),
    ]

    @Test("31–36, 72, decision 2: entries as they are asked for and given back", arguments: Backend.allCases)
    func taken(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for row in Self.taken {
                let made = try await keys.made(Self.body(row.asked))
                #expect(made.texts("allow_list") == row.stored, "\(row)")
            }
        }
    }

    private static let refused = [
        #"["nope:*"]"#, #"["workspace:abc"]"#, #"["workspace"]"#, #"[":*"]"#, #"["workspace:"]"#, #"[":"]"#, #"[""]"#,
        #"["User:*"]"#, #"["user:**"]"#, #"["user :*"]"#, #"["user:*:*"]"#, #"["*"]"#, "[null]", "[7]", "[[]]",
        #"["user:*",null]"#, #"[{}]"#, #"[{"type":"nope","id":"*"}]"#, #"[{"type":"user"}]"#,
        #"[{"type":"user","id":7}]"#, #"["user:\#(a)x"]"#, #"["coder:all"]"#, #"["user:me"]"#,
    ]

    @Test("31, 34: an entry that is none is a body that cannot be read", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let before = try server.database.keyCount()
            for list in Self.refused {
                let answer = try await keys.create(#"{"allow_list":\#(list)}"#)
                #expect(answer.isUnreadable, "\(list) \(answer)")
            }
            #expect(try server.database.keyCount() == before)
        }
    }

    @Test("35: 128 entries and no more, counted before they are brought together", arguments: Backend.allCases)
    func limit(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let ids = (100..<229).map { "user:\(Self.a.dropLast(3))\($0)" }
            #expect(try await keys.made(Self.body(Array(ids.dropLast()))).texts("allow_list").count == 128)
            for list in [ids, ids.dropLast() + ["*:*"], Array(repeating: ids[0], count: 129)] {
                let answer = try await keys.create(Self.body(list))
                #expect(answer.status == 400 && answer.message == "Failed to create API key.", "\(answer)")
                #expect(answer.detail == "allow_list has 129 entries; max allowed is 128")
            }
            let equal = Array(repeating: ids[0], count: 128)
            #expect(try await keys.made(Self.body(equal)).texts("allow_list") == [ids[0]])
        }
    }

    @Test("72: an upper-case id works, braces match nothing", arguments: Backend.allCases)
    func effective(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            let bare = String(owner.id.filter { $0 != "-" })
            let rows = [
                ("user:\(owner.id.uppercased())", 200), ("*:\(owner.id)", 200), ("user:*", 200),
                ("user:{\(owner.id)}", 404), ("user:urn:uuid:\(owner.id)", 404), ("user:\(bare)", 404),
                ("workspace:\(owner.id)", 404), ("workspace:*", 404), ("organization:*", 404), ("api_key:*", 404),
            ]
            for (entry, status) in rows {
                let token = try await keys.token(Self.body([entry]))
                #expect(try await server.status(with: token) == status, "\(entry)")
            }
        }
    }
}
