import JSON
import TestSupport
import Testing

/// users.md §6 with decisions.md #13 and its rows on deleted users and the last owner; cases 81, 84–87 of §15.
@Suite struct UserDeletionTests {
    @Test(
        "the deleted are signed out, and leave their name and e-mail free (cases 84, 85)",
        arguments: Backend.allCases)
    func deletion(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let victim = try await server.person("victim", by: owner)
            #expect(try await UsersAPI(server, victim).get("me").status == 200)
            let other = try await server.signIn(victim.email)
            let shown = try await api.get(victim.id).body
            server.clock.advance(seconds: 60)

            let answer = try await api.delete("Victim")
            #expect(answer.status == 200)
            #expect(answer.json?.names == ["message"])
            #expect(answer.message?.isEmpty == false)
            for token in [victim.token, other] {
                #expect(try await UsersAPI(server, token: token).get("me").status == 401)
            }
            let login = try await server.send(
                "POST", "/api/v2/users/login",
                body: #"{"email":"victim@usersd.test","password":"\#(TestServer.password)"}"#)
            #expect(login.status == 401)
            // The row stays as it was, updated_at included; so do memberships and SSH key; keys go.
            #expect(try await api.get(victim.id).body == shown)
            let left = [("api_keys", "0"), ("user_links", "0"), ("organization_members", "1"), ("gitsshkeys", "1")]
            for (table, rows) in left {
                let found = try server.database.sql("SELECT count(*) FROM \(table) WHERE user_id = '\(victim.id)'")
                #expect(found == [[rows]], "\(table)")
            }

            let again = try await server.create("VICTIM", by: owner)
            #expect(again != victim.id)
            #expect(try await api.get("victim")["id"]?.text == again)
            #expect(try await api.delete("victim").status == 200)
            #expect(try await api.get("victim").body == UsersAPI.notFound)
            #expect(try server.database.sql("SELECT count(*) FROM user_deleted") == [["2"]])
        }
    }

    @Test(
        "the deleted are found by id, by those who may read users, and are written to no more (case 86)",
        arguments: Backend.allCases)
    func afterwards(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let admin = UsersAPI(server, try await server.person("chief", roles: ["user-admin"], by: owner))
            let auditor = UsersAPI(server, try await server.person("watch", roles: ["auditor"], by: owner))
            let member = UsersAPI(server, try await server.person("mia", by: owner))
            let id = try await server.create("gone", by: owner)
            #expect(try await api.delete(id).status == 200)
            for reader in [api, admin, auditor] {
                let answer = try await reader.get(id)
                #expect(answer.status == 200)
                #expect(answer["username"]?.text == "gone")
                #expect(answer["organization_ids"]?.elements.count == 1)
                #expect(try await reader.get("gone").body == UsersAPI.notFound)
                #expect(!(try await reader.list().usernames.contains("gone")))
            }
            #expect(try await member.get(id).body == UsersAPI.notFound)
            for writer in [api, admin, auditor, member] {
                let answer = try await writer.delete(id)
                #expect(answer.status == 404, "\(answer)")
            }
            #expect(try await api.delete("gone").body == UsersAPI.notFound)
            #expect(try server.database.sql("SELECT count(*) FROM user_deleted") == [["1"]])
        }
    }

    @Test("nobody deletes itself, by no name (case 81); nothing changes", arguments: Backend.allCases)
    func oneself(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try await server.create("second", fields: [#""roles":["owner"]"#], by: owner)
            let api = UsersAPI(server, owner)
            for name in ["me", "owner", "OWNER", owner.id, "%7B\(owner.id)%7D", "me/"] {
                let answer = try await api.delete(name)
                #expect(answer.status == 403, "\(name): \(answer)")
                #expect(answer.message?.isEmpty == false)
            }
            #expect(try await api.get("me").status == 200)
        }
    }

    @Test("only an owner deletes an owner (decisions.md #13, case 87)", arguments: Backend.allCases)
    func owners(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let admin = UsersAPI(server, try await server.person("chief", roles: ["user-admin"], by: owner))
            for (name, status) in [("second", "dormant"), ("third", "suspended"), ("fourth", "active")] {
                let id = try await server.create(
                    name, fields: [#""roles":["auditor","owner"]"#, "\"user_status\":\"\(status)\""], by: owner)
                #expect(try await admin.delete(id).status == 403, "\(name)")
                #expect(try await admin.delete(name).status == 403, "\(name)")
                #expect(try await UsersAPI(server, owner).get(name).status == 200, "\(name)")
                #expect(try await UsersAPI(server, owner).delete(name).status == 200, "\(name)")
            }
            #expect(try await admin.delete("owner").status == 403)
        }
    }

    @Test("two owners who delete each other at once leave one (the last owner stays)", arguments: Backend.allCases)
    func lastOwner(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for round in 0..<6 {
                let rival = try await server.person("rival\(round)", roles: ["owner"], by: owner)
                let requests: [@Sendable (TestServer) async throws -> Answer] = [
                    { try await UsersAPI($0, owner).delete(rival.id) },
                    { try await UsersAPI($0, rival).delete(owner.id) },
                ]
                let answers = try await server.sendTogether(round.isMultiple(of: 2) ? requests : requests.reversed())
                let statuses = answers.map(\.status)
                #expect(statuses.filter { $0 == 200 }.count == 1, "round \(round): \(statuses)")
                let isExplained = statuses.allSatisfy { [200, 400, 401, 403, 404].contains($0) }
                #expect(isExplained, "round \(round): \(answers) \(server.log.lines.suffix(3))")
                let owners = try server.database.sql(
                    sqlite: "SELECT count(*) FROM users WHERE deleted = 0 AND rbac_roles LIKE '%\"owner\"%'",
                    postgres: "SELECT count(*) FROM users WHERE NOT deleted AND 'owner' = ANY (rbac_roles)")
                #expect(owners == [["1"]], "round \(round)")
                // The next round needs the first owner.
                guard try await UsersAPI(server, owner).get("me").status == 200 else { return }
            }
        }
    }

    @Test("of deletions of one user at once one deletes", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("victim", by: owner)
            let request: @Sendable (TestServer) async throws -> Answer = { try await UsersAPI($0, owner).delete(id) }
            let statuses = try await server.sendTogether([request, request, request, request]).map(\.status).sorted()
            #expect(statuses.first == 200 && statuses.allSatisfy { [200, 404].contains($0) }, "\(statuses)")
            #expect(try server.database.sql("SELECT count(*) FROM user_deleted") == [["1"]])
        }
    }

    @Test("deleting somebody whose keys are being used at that moment fails for nobody", arguments: Backend.allCases)
    func inUse(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            #expect(try await UsersAPI(server, owner).get("me").status == 200)
            // Postgres takes its time between the two rows that a key's first use writes, so that the deletion, which
            // writes both too, comes in between. SQLite has one writer at a time.
            try server.database.sql(
                sqlite: "SELECT 1",
                postgres: """
                    CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END'
                    """)
            try server.database.sql(
                sqlite: "SELECT 1",
                postgres: "CREATE TRIGGER nap AFTER UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION nap()")
            let victim = try await server.person("victim", by: owner)
            var requests: [@Sendable (TestServer) async throws -> Answer] = [
                { try await UsersAPI($0, owner).delete(victim.id) }
            ]
            for _ in 0..<10 {
                let token = try await server.signIn(victim.email)
                requests.append { try await UsersAPI($0, token: token).get("me") }
            }
            let answers = try await server.sendTogether(requests)
            #expect(answers.map(\.status).first == 200, "\(answers) \(server.log.lines.suffix(3))")
            let isExplained = answers.dropFirst().allSatisfy { [200, 401].contains($0.status) }
            #expect(isExplained, "\(answers) \(server.log.lines.suffix(3))")
        }
    }
}
