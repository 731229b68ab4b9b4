import API
import JSON
import TestSupport
import Testing

/// Expiring and deleting keys: keys-and-shell.md §0.8, §6, cases 43–47, 60.
@Suite struct KeyEndTests {
    @Test("43: expiring twice ends it once and changes nothing else", arguments: Backend.allCases)
    func twice(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let token = try await keys.token()
            let id = String(token.prefix(10))
            server.clock.advance(seconds: 10)
            #expect(try await server.status(with: token) == 200)
            let before = try await keys.get(id)
            server.clock.advance(seconds: 10)
            let first = try await keys.expire(id)
            #expect(first.status == 204 && first.body.isEmpty && first.header("Content-Type").isEmpty)
            #expect(try server.database.time("expires_at", of: "api_keys", id: id) == server.microseconds())
            let ended = try await keys.get(id)
            for name in ["updated_at", "created_at", "last_used", "lifetime_seconds", "token_name"] {
                #expect(ended[name] == before[name], "\(name)")
            }
            server.clock.advance(seconds: 10)
            #expect(try await keys.expire(id).status == 204)
            #expect(try await keys.get(id).body == ended.body)
            let answer = try await server.send("GET", "/api/v2/users/me", token: token)
            #expect(answer.status == 401 && answer.body.contains("API key expired at"))
        }
    }

    @Test("44, 45: unknown keys and other people's are not found, and keep living", arguments: Backend.allCases)
    func others(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let (mine, theirs) = (String(owner.token.prefix(10)), String(member.token.prefix(10)))
            var callers = [("member", member.token, mine)]
            for role in ["auditor", "template-admin", "user-admin"] {
                callers.append((role, try await server.person("x-\(role)", roles: [role], by: owner).token, theirs))
                callers.append((role, callers[callers.count - 1].1, mine))
            }
            for (role, token, key) in callers {
                for user in ["me", "owner", "member"] {
                    let keys = KeysAPI(server, token, user: user)
                    for answer in [try await keys.get(key), try await keys.delete(key), try await keys.expire(key)] {
                        #expect(answer.status == 404 && answer.body == KeysAPI.notFound, "\(role) \(user) \(answer)")
                    }
                }
            }
            for keys in [KeysAPI(server, owner.token), KeysAPI(server, owner.token, user: "member")] {
                for id in ["nosuchkey0", "%20", owner.id, "' OR 1=1--".replacing(" ", with: "%20")] {
                    #expect(try await keys.expire(id).body == KeysAPI.notFound)
                    #expect(try await keys.get(id).body == KeysAPI.notFound)
                    #expect(try await keys.delete(id).body == KeysAPI.notFound)
                }
            }
            #expect(try await server.status(with: owner.token) == 200)
            #expect(try await server.status(with: member.token) == 200)
        }
    }

    @Test("46: the path's user does not matter to an owner; an owner ends anybody's key", arguments: Backend.allCases)
    func owners(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let keys = KeysAPI(server, owner.token)
            #expect(try await keys.get(String(member.token.prefix(10)))["user_id"]?.text == member.id)
            #expect(try await keys.expire(String(member.token.prefix(10))).status == 204)
            server.clock.advance(seconds: 1)
            #expect(try await server.status(with: member.token) == 401)
            let second = try await server.signIn(member.email)
            #expect(try await keys.delete(String(second.prefix(10))).status == 204)
            #expect(try await server.status(with: second) == 401)
            #expect(
                try await KeysAPI(server, owner.token, user: "nobody").get(String(owner.token.prefix(10))).status == 404
            )
        }
    }

    @Test("47: deleting twice, deleting oneself, deleting what has expired", arguments: Backend.allCases)
    func deleting(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let id = try keys.id(of: try await keys.create())
            #expect(try await keys.expire(id).status == 204)
            let answer = try await keys.delete(id)
            #expect(answer.status == 204 && answer.body.isEmpty && answer.header("Content-Type").isEmpty)
            #expect(try await keys.delete(id).body == KeysAPI.notFound)
            let own = try await keys.token()
            #expect(try await KeysAPI(server, own).delete(String(own.prefix(10))).status == 204)
            #expect(try await server.status(with: own) == 401)
            #expect(try await keys.delete("\(String(keys.token.prefix(10)))/").status == 204)
            #expect(try await server.status(with: keys.token) == 401)
        }
    }

    @Test("44, 60: other methods", arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            func send(_ method: String, _ path: String, _ token: String?) async throws -> Answer {
                try await server.send(method, "/api/v2/users/\(path)", token: token)
            }
            let post = try await send("POST", "me/keys/\(token.prefix(10))/expire", token)
            #expect(post.status == 405 && post.header("Allow") == ["PUT"] && post.body.isEmpty)
            #expect(try await send("PATCH", "me/keys/tokens", nil).status == 401)
            let patch = try await send("PATCH", "me/keys/tokens", token)
            #expect(
                patch.status == 405 && Set(patch.header("Allow")).isSuperset(of: ["GET", "POST"]), "\(patch.headers)")
            #expect(try await send("PATCH", "nobody/keys/tokens", token).body == KeysAPI.notFound)
            for method in ["GET", "DELETE"] {
                let answer = try await send(method, "me/keys", token)
                #expect(answer.status == 405 && answer.header("Allow") == ["POST"], "\(answer.headers)")
            }
            #expect(try await send("PUT", "me/keys/tokens/tokenconfig", token).status == 405)
            #expect(try await send("PUT", "me/keys/\(token.prefix(10))/expire/", token).status == 404)
            for (method, path) in [
                ("GET", "me/keys/tokens"), ("POST", "me/keys"), ("POST", "me/keys/tokens"),
                ("GET", "me/keys/x"), ("DELETE", "me/keys/x"), ("PUT", "me/keys/x/expire"), ("GET", "me/gitsshkey"),
                ("PUT", "me/gitsshkey"), ("GET", "me/keys/tokens/tokenconfig"), ("PUT", "me/password"),
            ] {
                let answer = try await send(method, path, nil)
                #expect(answer.status == 401 && !answer.header("WWW-Authenticate").isEmpty, "\(path)")
            }
        }
    }
}
