import API
import JSON
import TestSupport
import Testing

/// Git SSH keys: keys-and-shell.md §7, cases 54–56, 75; decisions.md #4 and "writing to a soft-deleted user".
@Suite struct SSHKeyTests {
    private static func send(
        _ server: TestServer, _ method: String, _ user: String, _ token: String?, body: String? = nil
    ) async throws -> Answer {
        try await server.send(method, "/api/v2/users/\(user)/gitsshkey", token: token, body: body)
    }

    @Test("54: reading twice gives the same public line", arguments: Backend.allCases)
    func read(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("member", by: owner)
            for (user, userID) in [("me", owner.id), ("member", id)] {
                let answer = try await Self.send(server, "GET", user, owner.token)
                #expect(answer.status == 200)
                #expect(answer.json?.names == ["user_id", "created_at", "updated_at", "public_key"])
                #expect(answer["user_id"]?.text == userID)
                #expect(answer["created_at"] == answer["updated_at"])
                let line = try #require(answer["public_key"]?.text)
                #expect(try #/ssh-ed25519 [A-Za-z0-9+\/]+={0,2}\n/#.wholeMatch(in: line) != nil, "\(line)")
                #expect(try await Self.send(server, "GET", user, owner.token).body == answer.body)
                #expect(!answer.body.contains("PRIVATE"))
            }
        }
    }

    @Test("55: regenerating gives a new line and keeps the time of creation", arguments: Backend.allCases)
    func regenerate(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var seen: Set<String> = []
            let first = try await Self.send(server, "GET", "me", owner.token)
            for body in [nil, "", "garbage", "{", #"{"public_key":"ssh-rsa x"}"#] {
                server.clock.advance(seconds: 60)
                let answer = try await Self.send(server, "PUT", "me", owner.token, body: body)
                #expect(answer.status == 200)
                #expect(answer["created_at"] == first["created_at"])
                #expect(
                    try server.database.sql(
                        sqlite: "SELECT updated_at FROM gitsshkeys WHERE user_id = '\(owner.id)'",
                        postgres: """
                            SELECT (extract(epoch from updated_at) * 1000000)::bigint::text FROM gitsshkeys
                            WHERE user_id = '\(owner.id)'
                            """) == [["\(server.microseconds())"]])
                #expect(try await Self.send(server, "GET", "me", owner.token).body == answer.body)
                seen.insert(try #require(answer["public_key"]?.text))
            }
            let old = try #require(first["public_key"]?.text)
            #expect(seen.count == 5 && !seen.contains(old))
        }
    }

    @Test("the public line is that of the stored private key, say OpenSSH's own tools", arguments: Backend.allCases)
    func pair(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for _ in 0..<3 {
                let answer = try await Self.send(server, "PUT", "me", owner.token)
                let rows = try server.database.sql(
                    "SELECT private_key, public_key FROM gitsshkeys WHERE user_id = '\(owner.id)'")
                let pem = try #require(rows.first?.first ?? nil)
                #expect(pem.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
                #expect(pem.hasSuffix("-----END OPENSSH PRIVATE KEY-----\n"))
                let line = try #require(answer["public_key"]?.text)
                #expect(rows.first?.last == line)
                #expect(try PublicLine.of(privateKey: pem) == line)
            }
        }
    }

    @Test("56, 75: who may read and regenerate whose key", arguments: Backend.allCases)
    func rights(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let admin = try await server.person("admin", roles: ["user-admin"], by: owner)
            let auditor = try await server.person("auditor", roles: ["auditor"], by: owner)
            let templates = try await server.person("templates", roles: ["template-admin"], by: owner)
            let organization = try await server.person("orgadmin", by: owner)
            try server.database.setOrganizationRoles(organization.id, "organization-admin")
            let rows = [
                (owner, "member", 200), (owner, "me", 200), (member, "me", 200), (member, member.id, 200),
                (member, "owner", 404), (member, owner.id, 404), (member, "nobody", 404), (admin, "member", 200),
                (auditor, "member", 403), (auditor, "me", 200), (templates, "member", 403), (templates, "me", 200),
                (organization, "member", 403), (organization, "me", 200), (owner, KeysAPI.unknownUser, 404),
            ]
            for (caller, user, status) in rows {
                let before = try await Self.send(server, "GET", "member", owner.token).body
                let read = try await Self.send(server, "GET", user, caller.token)
                let write = try await Self.send(server, "PUT", user, caller.token)
                for answer in [read, write] {
                    #expect(answer.status == status, "\(caller.username) \(user) \(answer)")
                    if status == 404 { #expect(answer.body == KeysAPI.notFound) }
                }
                let isChanged = try await Self.send(server, "GET", "member", owner.token).body != before
                #expect(
                    isChanged
                        == (status == 200 && ["member", member.id].contains(user)
                            || caller.id == member.id && status == 200))
            }
        }
    }

    @Test(
        "a deleted user's key can be read by id and not written; the system user has none", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let gone = try await server.create("gone", by: owner)
            let before = try await Self.send(server, "GET", gone, owner.token)
            #expect(try await UsersAPI(server, owner).delete(gone).status == 200)
            #expect(try await Self.send(server, "PUT", gone, owner.token).body == KeysAPI.notFound)
            #expect(try await Self.send(server, "PUT", "gone", owner.token).body == KeysAPI.notFound)
            let after = try await Self.send(server, "GET", gone, owner.token)
            #expect(after.status == 200 && after.body == before.body)
            for method in ["GET", "PUT"] {
                let answer = try await Self.send(server, method, "prebuilds", owner.token)
                #expect(400...499 ~= answer.status, "\(method) \(answer)")
            }
            let system = KeysAPI.systemUser
            #expect(try server.database.sql("SELECT count(*) FROM gitsshkeys WHERE user_id = '\(system)'") == [["0"]])
        }
    }

    @Test("56: other methods are known before the user is, a slash is another route", arguments: Backend.allCases)
    func routes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            for user in ["me", "nobody"] {
                let answer = try await Self.send(server, "DELETE", user, token)
                #expect(answer.status == 405 && answer.body.isEmpty && answer.header("Content-Type").isEmpty)
                #expect(Set(answer.header("Allow")).isSuperset(of: ["GET", "PUT"]))
            }
            let slash = try await server.send("GET", "/api/v2/users/me/gitsshkey/", token: token)
            #expect(slash.status == 404 && slash.message == "Route not found.")
        }
    }
}
