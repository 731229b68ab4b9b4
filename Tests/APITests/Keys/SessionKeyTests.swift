import API
import JSON
import TestSupport
import Testing

/// Session keys by request, and who may make keys for whom: keys-and-shell.md §0.8, §1, cases 49–51, 75, 82;
/// decisions.md #4 and "writing to a soft-deleted user".
@Suite struct SessionKeyTests {
    @Test("49: whatever the body, a session key of the token's lifetime, without a cookie", arguments: Backend.allCases)
    func session(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let keys = KeysAPI(server, owner.token)
            for body in [nil, "", "{", "[]", #"{"token_name":"x","lifetime":-1,"scopes":["user:read"]}"#] {
                let answer = try await keys.createSession(body)
                #expect(answer.json?.names == ["key"])
                #expect(!answer.header("Set-Cookie").contains { $0.contains("coder_session_token") })
                let made = try await keys.get(try keys.id(of: answer))
                #expect(made["login_type"]?.text == "password")
                #expect(made["token_name"]?.text == "")
                #expect(made["lifetime_seconds"]?.integer == 604_800)
                #expect(made.texts("scopes") == ["coder:all"] && made.texts("allow_list") == ["*:*"])
                let id = try #require(made["id"]?.text)
                #expect(
                    try server.database.sql(
                        sqlite: "SELECT ip_address FROM api_keys WHERE id = '\(id)'",
                        postgres: "SELECT host(ip_address) FROM api_keys WHERE id = '\(id)'") == [["192.0.2.1"]])
                #expect(try await server.status(with: try #require(answer["key"]?.text)) == 200)
            }
        }
    }

    @Test("its login type is password even for a user who has none", arguments: Backend.allCases)
    func withoutPassword(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let answer = try await UsersAPI(server, owner).create([
                "username": #""robot""#, "email": #""robot@usersd.test""#, "password": nil,
                "login_type": #""none""#, "user_status": #""active""#,
            ])
            #expect(answer.status == 201, "\(answer)")
            let keys = KeysAPI(server, owner.token, user: "robot")
            let made = try await keys.createSession()
            #expect(try await keys.get(try keys.id(of: made))["login_type"]?.text == "password")
            #expect(try await server.status(with: try #require(made["key"]?.text)) == 200)
        }
    }

    @Test("50, 51, 75: who may make keys for whom; a refusal makes nothing", arguments: Backend.allCases)
    func rights(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let gone = try await server.create("gone", by: owner)
            #expect(try await UsersAPI(server, owner).delete(gone).status == 200)
            var rows = [
                (owner.token, "member", 201), (owner.token, member.id, 201), (owner.token, "MEMBER", 201),
                (member.token, "owner", 404), (member.token, owner.id, 404), (member.token, "nobody", 404),
                (owner.token, "gone", 404), (owner.token, gone, 404), (owner.token, KeysAPI.unknownUser, 404),
                (owner.token, KeysAPI.systemUser, 403), (owner.token, "prebuilds", 403),
            ]
            for role in ["auditor", "template-admin", "user-admin"] {
                let other = try await server.person("x-\(role)", roles: [role], by: owner)
                rows += [(other.token, "member", 403), (other.token, "owner", 403), (other.token, "me", 201)]
            }
            for (token, user, status) in rows {
                let keys = KeysAPI(server, token, user: user)
                let before = try server.database.keyCount()
                for answer in [try await keys.createSession(), try await keys.create()] {
                    #expect(answer.status == status, "\(user) \(answer)")
                    if status == 403 { #expect(answer.message == "Forbidden." && answer.detail?.isEmpty == false) }
                    if status == 404 { #expect(answer.body == KeysAPI.notFound) }
                }
                #expect(try server.database.keyCount() == before + (status == 201 ? 2 : 0), "\(user)")
            }
        }
    }

    @Test("the body is read before a system user is refused", arguments: Backend.allCases)
    func order(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token, user: "prebuilds")
            #expect(try await keys.create("{").isUnreadable)
            #expect(try await keys.create(#"{"scopes":["bogus"]}"#).status == 403)
        }
    }

    @Test("82: the system user makes no keys for itself", arguments: Backend.allCases)
    func systemUser(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            let key = StoredKey(userID: KeysAPI.systemUser, loginType: "none", expiresAt: server.microseconds(3_600))
            try key.insert(into: server.database)
            let before = try server.database.keyCount()
            for answer in [
                try await KeysAPI(server, key.token).createSession(), try await KeysAPI(server, key.token).create(),
            ] { #expect(answer.status == 403, "\(answer)") }
            #expect(try server.database.keyCount() == before)
        }
    }
}
