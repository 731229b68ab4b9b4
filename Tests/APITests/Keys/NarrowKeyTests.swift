import API
import JSON
import TestSupport
import Testing

/// A key never makes a wider one: keys-and-shell.md §2 (last line) and §10 (subset check), adopted by usersd.
@Suite struct NarrowKeyTests {
    private struct Row {
        let held: [String]
        var heldList: [String] = []
        var asked: [String] = []
        var askedList: [String] = []
        let isMade: Bool
    }

    private static let user = "user:5f0c1d5e-8a9b-4c3d-9e2f-000000000001"
    private static let keys = ["user:read", "api_key:*"]

    private static let rows: [Row] = [
        Row(held: keys, asked: keys, isMade: true), Row(held: keys, asked: ["api_key:read"], isMade: true),
        Row(held: keys, isMade: false), Row(held: keys, asked: ["coder:all"], isMade: false),
        Row(held: keys, asked: ["all"], isMade: false), Row(held: keys, asked: ["user:read_personal"], isMade: false),
        Row(held: keys, asked: ["application_connect"], isMade: false),
        Row(held: keys, asked: ["user:read", "workspace:read"], isMade: false),
        Row(held: ["user:read", "api_key:create"], asked: ["api_key:create"], isMade: true),
        Row(held: ["user:read", "api_key:create"], asked: ["api_key:*"], isMade: false),
        Row(held: ["user:read", "api_key:create"], asked: ["coder:apikeys.manage_self"], isMade: false),
        Row(held: keys, asked: ["coder:apikeys.manage_self"], isMade: true),
        Row(held: ["user:read", "coder:apikeys.manage_self"], asked: ["api_key:delete"], isMade: true),
        Row(held: ["user:read", "coder:apikeys.manage_self"], asked: ["api_key:*"], isMade: false),
        Row(held: keys + ["workspace:*"], asked: ["application_connect"], isMade: true),
        Row(held: keys + ["workspace:*"], asked: ["coder:workspaces.access"], isMade: false),
        Row(held: ["coder:all"], heldList: ["user:*", "api_key:*"], isMade: false),
        Row(held: ["coder:all"], heldList: ["user:*", "api_key:*"], askedList: ["*:*"], isMade: false),
        Row(held: ["coder:all"], heldList: ["user:*", "api_key:*"], askedList: ["user:*"], isMade: true),
        Row(held: ["coder:all"], heldList: ["user:*", "api_key:*"], askedList: [user], isMade: true),
        Row(held: ["coder:all"], heldList: ["user:*", "api_key:*"], askedList: ["workspace:*"], isMade: false),
        Row(
            held: ["coder:all"], heldList: ["user:*", "api_key:*"], askedList: ["*\(user.dropFirst(4))"],
            isMade: false),
        Row(held: ["coder:all"], heldList: ["user:ME", "api_key:*"], askedList: ["user:ME"], isMade: true),
        Row(held: ["coder:all"], heldList: ["user:ME", "api_key:*"], askedList: ["user:*"], isMade: false),
        Row(held: ["coder:all"], heldList: ["user:ME", "api_key:*"], askedList: ["user:ME", user], isMade: false),
        Row(held: keys, heldList: ["user:ME", "api_key:*"], asked: ["user:read"], askedList: [user], isMade: false),
        Row(held: ["coder:all"], isMade: true),
    ]

    private static func json(_ texts: [String]) -> String { "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]" }

    @Test("a token that asks for more than its maker has is refused", arguments: Backend.allCases)
    func tokens(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            for row in Self.rows {
                func body(_ scopes: [String], _ list: [String]) -> String {
                    let list = Self.json(list.map { $0.replacing("ME", with: owner.id) })
                    return #"{"scopes":\#(Self.json(scopes)),"allow_list":\#(list)}"#
                }
                let narrow = KeysAPI(server, try await keys.token(body(row.held, row.heldList)))
                let before = try server.database.keyCount()
                let answer = try await narrow.create(body(row.asked, row.askedList))
                #expect(answer.status == (row.isMade ? 201 : 403), "\(row) \(answer)")
                #expect(try server.database.keyCount() == before + (row.isMade ? 1 : 0))
                // A session key has every scope, so only a key that has it too makes one.
                let isWide = row.held == ["coder:all"] && row.heldList.isEmpty
                #expect(try await narrow.createSession().status == (isWide ? 201 : 403), "\(row)")
            }
        }
    }

    @Test("a key cannot become wider by a second step", arguments: Backend.allCases)
    func twoSteps(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let first = try await KeysAPI(server, owner.token).token(#"{"scopes":["user:read","api_key:create"]}"#)
            let second = try await KeysAPI(server, first).token(#"{"scopes":["user:read","api_key:create"]}"#)
            for body in ["{}", #"{"scopes":["all"]}"#, #"{"scopes":["api_key:read"]}"#] {
                #expect(try await KeysAPI(server, second).create(body).status == 403)
            }
            let id = String(second.prefix(10))
            #expect(try await KeysAPI(server, second).get(id).status == 404)
        }
    }

    @Test("70: a key of keys needs the right to read users", arguments: Backend.allCases)
    func needsUsers(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for scope in ["api_key:*", "coder:apikeys.manage_self"] {
                let without = KeysAPI(server, try await keys.token(#"{"scopes":["\#(scope)"]}"#))
                #expect(try await without.list().body == KeysAPI.notFound)
                let with = KeysAPI(server, try await keys.token(#"{"scopes":["\#(scope)","user:read"]}"#))
                #expect(try await with.list().json?.elements.isEmpty == false)
            }
        }
    }
}
