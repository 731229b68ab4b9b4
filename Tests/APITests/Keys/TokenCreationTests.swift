import API
import JSON
import TestSupport
import Testing

/// Making a token: keys-and-shell.md §0.1, §0.2, §2, cases 1–7, 53, 66, 68; decisions.md (NUL in any text is 400).
@Suite struct TokenCreationTests {
    private static let members = [
        "id", "user_id", "last_used", "expires_at", "created_at", "updated_at", "login_type", "scope", "scopes",
        "token_name", "lifetime_seconds", "allow_list",
    ]

    @Test("1, 2, 4: what is not asked for has defaults", arguments: Backend.allCases)
    func defaults(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            var seen: Set<String> = []
            let bodies = ["{}", "null", "{} garbage", #"{"unknown":[1]}"#, #"{"lifetime":0}"#, Self.nulls]
            for body in bodies {
                let answer = try await keys.create(body)
                #expect(answer.status == 201, "\(body) \(answer)")
                #expect(answer.json?.names == ["key"])
                let key = try #require(answer["key"]?.text)
                #expect(try #/[0-9A-Za-z]{10}-[0-9A-Za-z]{22}/#.wholeMatch(in: key) != nil, "\(key)")
                seen.insert(key)
                let made = try await keys.get(String(key.prefix(10)))
                #expect(made.json?.names == Self.members)
                #expect(made["user_id"]?.text == owner.id)
                #expect(made["login_type"]?.text == "token")
                #expect(made["lifetime_seconds"]?.integer == 604_800)
                #expect(made["scope"]?.text == "all")
                #expect(made.texts("scopes") == ["coder:all"])
                #expect(made.texts("allow_list") == ["*:*"])
                #expect(made["created_at"] == made["updated_at"])
                let name = try #require(made["token_name"]?.text)
                #expect(try #/[a-z]+_[a-z]+[0-9]{2}/#.wholeMatch(in: name) != nil && name.utf8.count <= 32, "\(name)")
            }
            #expect(seen.count == bodies.count)
            #expect(try await keys.list().json?.elements.count == bodies.count)
        }
    }

    private static let nulls =
        #"{"lifetime":null,"scope":null,"scopes":null,"token_name":null,"allow_list":null}"#

    @Test("3, 5–7: a body that cannot be read makes nothing", arguments: Backend.allCases)
    func unreadable(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let before = try server.database.keyCount()
            let bodies = [
                "", " ", "[]", "7", #""x""#, "{", #"{"lifetime":"24h"}"#, #"{"lifetime":1.5}"#, #"{"lifetime":1e9}"#,
                #"{"lifetime":9223372036854775808}"#, #"{"lifetime":-9223372036854775809}"#, #"{"lifetime":true}"#,
                #"{"token_name":7}"#, #"{"scopes":"all"}"#, #"{"scopes":[7]}"#, #"{"scope":["all"]}"#,
                #"{"allow_list":"*:*"}"#, #"{"allow_list":{}}"#,
            ]
            for body in bodies {
                let answer = try await keys.create(body)
                #expect(answer.isUnreadable, "\(body) \(answer)")
            }
            #expect(try server.database.keyCount() == before)
        }
    }

    @Test("53: a new token was never used; its first use is written", arguments: Backend.allCases)
    func firstUse(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            let token = try await keys.token()
            let id = String(token.prefix(10))
            let before = try await keys.get(id)
            #expect(before["last_used"]?.text == "1970-01-01T00:00:00Z")
            #expect(
                try server.database.sql(
                    sqlite: "SELECT ip_address FROM api_keys WHERE id = '\(id)'",
                    postgres: "SELECT host(ip_address) FROM api_keys WHERE id = '\(id)'") == [["0.0.0.0"]])
            server.clock.advance(seconds: 5)
            _ = try await server.send("GET", "/api/v2/nope", token: token)
            let after = try await keys.get(id)
            #expect(after["last_used"]?.text != before["last_used"]?.text)
            #expect(after["updated_at"] == before["updated_at"])
            #expect(after["expires_at"] == before["expires_at"])
        }
    }

    @Test("only the hash of the secret is stored, and nothing gives it away", arguments: Backend.allCases)
    func stored(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let token = try await keys.token(#"{"token_name":"mine"}"#)
            let secret = String(token.suffix(22))
            let row = try server.database.sql(
                sqlite: "SELECT hex(hashed_secret) FROM api_keys WHERE token_name = 'mine'",
                postgres: "SELECT upper(encode(hashed_secret, 'hex')) FROM api_keys WHERE token_name = 'mine'")
            let hash = try #require(row.first?.first ?? nil)
            #expect(hash.utf8.count == 64)
            let answers = [
                try await keys.list(), try await keys.named("mine"), try await keys.get(String(token.prefix(10))),
            ]
            for answer in answers {
                #expect(answer.status == 200)
                for part in [secret, hash, hash.lowercased(), "hashed", "ip_address"] {
                    #expect(!answer.body.contains(part), "\(part)")
                }
            }
        }
    }

    @Test("66: names of members in any case, the last of two, unknown ones ignored", arguments: Backend.allCases)
    func memberNames(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            #expect(try await keys.made(#"{"TOKEN_NAME":"x"}"#)["token_name"]?.text == "x")
            #expect(try await keys.made(#"{"token_name":"a","token_name":"b"}"#)["token_name"]?.text == "b")
            #expect(try await keys.made(#"{"other":1,"token_name":"c"}"#)["token_name"]?.text == "c")
        }
    }

    @Test("68: NUL in a name is refused and makes nothing; in a path it names nothing", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let before = try server.database.keyCount()
            #expect(try await keys.create(#"{"token_name":"a\u0000b"}"#).status == 400)
            #expect(try await keys.create(#"{"scopes":["user:read\u0000"]}"#).status == 400)
            #expect(try await keys.create(#"{"allow_list":["user:\u0000"]}"#).status == 400)
            #expect(try server.database.keyCount() == before)
            for answer in [
                try await keys.get("%00"), try await keys.named("%00"), try await keys.delete("a%00b"),
                try await keys.expire("%00"),
            ] { #expect(answer.status == 404, "\(answer)") }
        }
    }
}
