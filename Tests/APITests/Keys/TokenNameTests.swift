import API
import JSON
import TestSupport
import Testing

/// Names of tokens: keys-and-shell.md §0.7, §2, §4, cases 16–22, 48, 62, 81.
@Suite struct TokenNameTests {
    private static func body(_ name: String) -> String { #"{"token_name":"\#(name)"}"# }

    @Test("16, 62: a name is given once, and the refusal names it", arguments: Backend.allCases)
    func taken(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for (name, shown) in [("ci", "ci"), ("<&>", #"\u003c\u0026\u003e"#)] {
                #expect(try await keys.create(Self.body(name)).status == 201)
                let before = try server.database.keyCount()
                let answer = try await keys.create(Self.body(name))
                #expect(answer.status == 409)
                #expect(
                    answer.body == #"{"message":"A token with name \"\#(shown)\" already exists.","#
                        + #""validations":[{"field":"name","#
                        + #""detail":"This value is already in use and should be unique."}]}"# + "\n")
                #expect(try server.database.keyCount() == before)
            }
        }
    }

    @Test("a name that nobody chose is drawn again when it is taken", arguments: Backend.allCases)
    func drawnAgain(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for _ in 0..<2 { server.dice.load([0, 0, 0, 7]) }
            server.dice.load([1, 0, 0, 8])
            for _ in 0..<2 { #expect(try await keys.create("{}").status == 201) }
            let names = try server.database.sql("SELECT token_name FROM api_keys WHERE token_name <> '' ORDER BY 1")
            #expect(names.count == 2)
            #expect(names[0][0]?.hasPrefix("agile_") == true && names[0][0]?.hasSuffix("07") == true)
            #expect(names[1][0]?.hasPrefix("amber_") == true && names[1][0]?.hasSuffix("08") == true)
            // All draws meet a name that is there.
            for _ in 0..<40 { server.dice.load([0, 0, 0, 7]) }
            let answer = try await keys.create("{}")
            #expect(answer.status == 409)
            #expect(try server.database.keyCount() == 3)
        }
    }

    @Test("17, 18: other letter case and other users are other names", arguments: Backend.allCases)
    func others(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            let member = KeysAPI(server, try await server.person("member", by: owner).token)
            for name in ["CI", "ci", "Ä", "ä"] { #expect(try await keys.create(Self.body(name)).status == 201) }
            #expect(try await member.create(Self.body("ci")).status == 201)
            #expect(try await keys.named("CI")["token_name"]?.text == "CI")
            #expect(try await keys.named("ci")["user_id"]?.text == owner.id)
            #expect(try await member.named("CI").body == KeysAPI.notFound)
        }
    }

    @Test("19, 20: an expired token keeps its name, a deleted one gives it back", arguments: Backend.allCases)
    func reuse(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let id = try keys.id(of: try await keys.create(Self.body("ci")))
            #expect(try await keys.expire(id).status == 204)
            server.clock.advance(seconds: 60)
            #expect(try await keys.create(Self.body("ci")).status == 409)
            #expect(try await keys.delete(id).status == 204)
            #expect(try await keys.create(Self.body("ci")).status == 201)
        }
    }

    @Test("two requests for one name at once: one is made", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            let answers = try await server.sendTogether(
                Array(repeating: { @Sendable in try await KeysAPI($0, token).create(Self.body("ci")) }, count: 6))
            #expect(answers.map(\.status).sorted() == [201, 409, 409, 409, 409, 409])
        }
    }

    @Test("21, 81: any text is a name and is given back as it is", arguments: Backend.allCases)
    func verbatim(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let names = [String(repeating: "n", count: 300), " a  b ", "nil", "a%2Fb", "😀", "tokens", "."]
            for name in names {
                #expect(try await keys.made(Self.body(name))["token_name"]?.text == name)
                let found = try await keys.named(UsersAPI.escaped(name))
                #expect(found.status == 200 && found["token_name"]?.text == name, "\(name) \(found)")
            }
            #expect(try await keys.create(Self.body("a/b")).status == 201)
            let slash = try await keys.named("a%2Fb")
            #expect(slash.status == 404 && slash.message == "Route not found.", "\(slash)")
        }
    }

    @Test("22: a token named tokenconfig stands behind a slash", arguments: Backend.allCases)
    func tokenConfig(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            #expect(try await keys.named("tokenconfig/").body == KeysAPI.notFound)
            #expect(try await keys.create(Self.body("tokenconfig")).status == 201)
            #expect(try await keys.named("tokenconfig").json?.names == ["max_token_lifetime"])
            #expect(try await keys.named("tokenconfig/")["token_name"]?.text == "tokenconfig")
        }
    }

    @Test("48: an expired token is found by name and by id; a session key by id only", arguments: Backend.allCases)
    func found(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            let id = try keys.id(of: try await keys.create(#"{"token_name":"old","lifetime":2000000000}"#))
            server.clock.advance(seconds: 60)
            #expect(try await keys.named("old")["id"]?.text == id)
            #expect(try await keys.get(id)["token_name"]?.text == "old")
            #expect(try await keys.get("\(id)/")["token_name"]?.text == "old")
            #expect(try await keys.get(String(owner.token.prefix(10)))["token_name"]?.text == "")
            #expect(try await keys.get(id.lowercased() == id ? id.uppercased() : id.lowercased()).status == 404)
            #expect(try await keys.get("nosuchkey0").body == KeysAPI.notFound)
        }
    }
}
