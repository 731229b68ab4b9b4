import API
import JSON
import Storage
import TestSupport
import Testing

/// Who is told of accounts: users.md §4.3, §6, §14, cases 73 and 125.
@Suite struct NoticeTests {
    /// `recipient event`, sorted; empties what was collected before `action`.
    private func told(
        _ server: TestServer, _ action: () async throws -> Answer, status: Int
    ) async throws -> [String] {
        let before = server.outbox.notices.count
        let answer = try await action()
        #expect(answer.status == status, "\(answer)")
        return server.outbox.notices.dropFirst(before).map { notice in
            let name = notice.email.isEmpty ? notice.userID.description : notice.email.prefix { $0 != "@" }.description
            switch notice.event {
            case .passcode: return "\(name) passcode"
            case .created(let account): return "\(name) \(account.initiator) created \(account.username)"
            case .deleted(let account): return "\(name) \(account.initiator) deleted \(account.username)"
            case .suspended(let account): return "\(name) \(account.initiator) suspended \(account.username)"
            case .activated(let account): return "\(name) \(account.initiator) activated \(account.username)"
            case .youWereSuspended: return "\(name) suspended"
            case .youWereActivated: return "\(name) activated"
            }
        }.sorted()
    }

    @Test(
        "73, 125: owners and user-admins of any status, the creator too; the user of its status only",
        arguments: Backend.allCases)
    func recipients(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let admin = try await server.person("admin", roles: ["user-admin"], by: owner)
            try await server.create(
                "asleep", fields: [#""roles":["owner"]"#, #""user_status":"suspended""#], by: owner)
            let gone = try await server.create("gone", fields: [#""roles":["user-admin"]"#], by: owner)
            #expect(try await UsersAPI(server, owner).delete(gone).status == 200)
            try await server.create("auditor", fields: [#""roles":["auditor"]"#], by: owner)

            let users = UsersAPI(server, admin)
            let created = try await told(server, { try await users.create() }, status: 201)
            #expect(created == ["admin", "asleep", "owner"].map { "\($0) admin created fresh" })
            let id = try #require(try await users.get("fresh")["id"]?.text)
            for (path, verb) in [("suspend", "suspended"), ("activate", "activated")] {
                let changed = try await told(
                    server,
                    { try await server.send("PUT", "/api/v2/users/\(id)/status/\(path)", token: admin.token) },
                    status: 200)
                #expect(
                    changed == ["admin", "asleep"].map { "\($0) admin \(verb) fresh" } + ["fresh \(verb)"]
                        + ["owner admin \(verb) fresh"])
            }
            let deleted = try await told(server, { try await users.delete(id) }, status: 200)
            #expect(deleted == ["admin", "asleep", "owner"].map { "\($0) admin deleted fresh" })
        }
    }

    @Test("a new administrator is not told of itself, and a refused change tells nobody", arguments: Backend.allCases)
    func nobody(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let users = UsersAPI(server, owner)
            let created = try await told(
                server, { try await users.create(["roles": #"["user-admin"]"#]) }, status: 201)
            #expect(created == ["owner owner created fresh"])
            #expect(try await told(server, { try await users.create() }, status: 409) == [])
            #expect(try await told(server, { try await UsersAPI(server, member).delete("fresh") }, status: 404) == [])
            #expect(
                try await told(
                    server, { try await server.send("PUT", "/api/v2/users/me/status/suspend", token: owner.token) },
                    status: 400) == [])
        }
    }
}
