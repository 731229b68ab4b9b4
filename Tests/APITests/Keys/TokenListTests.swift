import API
import JSON
import TestSupport
import Testing

/// Lists of tokens: keys-and-shell.md §3, cases 37–42, 75–77; decisions.md #3, #25.
@Suite struct TokenListTests {
    private static func add(_ keys: KeysAPI, _ names: String...) async throws {
        for name in names { _ = try await keys.token(#"{"token_name":"\#(name)"}"#) }
    }

    @Test("37, 38: no tokens are an empty list; session keys are no tokens", arguments: Backend.allCases)
    func empty(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            #expect(try await keys.list().body == "[]\n")
            #expect(try await keys.createSession().status == 201)
            for query in ["", "?include_expired=true", "?include_all=true", "?include_all=1&include_expired=1"] {
                #expect(try await keys.list(query).body == "[]\n", "\(query)")
            }
        }
    }

    @Test("39: entries name their user, a single key does not; oldest first", arguments: Backend.allCases)
    func shape(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for name in ["z", "a", "m"] {
                try await Self.add(keys, name)
                server.clock.advance(seconds: 1)
            }
            let answer = try await keys.list()
            #expect(answer.tokenNames == ["z", "a", "m"])
            #expect(try await keys.list("/").body == answer.body)
            for entry in answer.json?.elements ?? [] {
                #expect(entry["username"]?.text == "owner")
                #expect(entry.names.last == "username" && entry.names.count == 13)
                let single = try await keys.get(try #require(entry["id"]?.text))
                #expect(single.json?.names == Array(entry.names.dropLast()))
            }
        }
    }

    @Test("40, 41: all are everybody's for an owner and one's own for the others", arguments: Backend.allCases)
    func everybody(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let (own, others) = (KeysAPI(server, owner.token), KeysAPI(server, member.token))
            try await Self.add(own, "o1")
            server.clock.advance(seconds: 1)
            try await Self.add(others, "m1", "o1")
            for value in ["true", "1", "t", "T", "TRUE", "True"] {
                let all = try await own.list("?include_all=\(value)")
                #expect(Set(all.json?.elements.compactMap { $0["username"]?.text } ?? []) == ["owner", "member"])
                #expect(all.json?.elements.count == 3)
            }
            #expect(Set(try await others.list("?include_all=true").tokenNames) == ["m1", "o1"])
            for query in [
                "", "?include_all=banana", "?include_all=0", "?include_all=", "?include_all=tRUE",
                "?include_all=yes", "?include_all=false&include_all=true", "?other=%3C", "?INCLUDE_ALL=true",
            ] {
                #expect(try await own.list(query).tokenNames == ["o1"], "\(query)")
            }
            let seen = try await KeysAPI(server, owner.token, user: "member").list()
            #expect(Set(seen.tokenNames) == ["m1", "o1"])
            for (name, role) in [("auditor", "auditor"), ("templates", "template-admin"), ("users", "user-admin")] {
                let other = try await server.person(name, roles: [role], by: owner)
                for (user, query) in [
                    ("member", ""), ("owner", ""), ("me", "?include_all=true"), ("member", "?include_all=1"),
                ] {
                    let answer = try await KeysAPI(server, other.token, user: user).list(query)
                    #expect(answer.status == 200 && answer.body == "[]\n", "\(role) \(user) \(answer)")
                }
            }
            #expect(try await KeysAPI(server, member.token, user: "owner").list().body == KeysAPI.notFound)
            #expect(try await KeysAPI(server, owner.token, user: "nobody").list("?include_all=1").status == 404)
        }
    }

    @Test("42, 76, 77: expired tokens are listed on request", arguments: Backend.allCases)
    func expired(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let (own, others) = (KeysAPI(server, owner.token), KeysAPI(server, member.token))
            try await Self.add(own, "live", "ended")
            try await Self.add(others, "theirs")
            let ended = try #require(try await own.named("ended")["id"]?.text)
            let theirs = try #require(try await others.named("theirs")["id"]?.text)
            #expect(try await own.expire(ended).status == 204)
            #expect(try await own.expire(theirs).status == 204)
            #expect(try await own.list().tokenNames == ["live"])
            #expect(try await others.list().body == "[]\n")
            for query in ["?include_expired=true", "?include_expired=1&include_expired=0"] {
                #expect(Set(try await own.list(query).tokenNames) == ["live", "ended"])
            }
            #expect(try await own.list("?include_expired=0&include_expired=1").tokenNames == ["live"])
            let all = try await own.list("?include_all=true&include_expired=true")
            let pairs = all.json?.elements.map { "\($0["token_name"]?.text ?? "") \($0["username"]?.text ?? "")" } ?? []
            #expect(Set(pairs) == ["live owner", "ended owner", "theirs member"])
            #expect(try await own.list("?include_all=true").tokenNames == ["live"])
        }
    }

    @Test("a key that may not read users names nobody in a list it may read", arguments: Backend.allCases)
    func unreadableOwner(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            try await Self.add(KeysAPI(server, member.token), "theirs")
            let narrow = StoredKey(
                userID: owner.id, expiresAt: server.microseconds(3_600), scopes: ["user:read", "api_key:read"],
                allowList: ["user:\(owner.id)", "api_key:*"])
            try narrow.insert(into: server.database)
            let answer = try await KeysAPI(server, narrow.token).list("?include_all=true")
            #expect(answer.tokenNames == ["theirs"])
            #expect(answer.json?[0]?["username"]?.text == "")
        }
    }
}
