import API
import JSON
import TestSupport
import Testing

/// users.md §4.3 "Authorization" with decisions.md #4 and #5, cases 63–67 of §15: rights are looked at last.
@Suite struct UserCreationRightsTests {
    static let unknown = "33333333-3333-4333-8333-333333333333"

    @Test("those who may not create still hear first of what is wrong (cases 64, 65)", arguments: Backend.allCases)
    func lateRights(on backend: Backend) async throws {
        let requests: [(changes: UsersAPI.Members, member: ClosedRange<Int>, auditor: ClosedRange<Int>)] = [
            (["username": #""a_b""#], 400...400, 400...400), (["organization_ids": nil], 400...400, 400...400),
            (["password": #""weak""#], 400...400, 400...400), (["roles": #"["bogus"]"#], 400...400, 400...400),
            (["organization_ids": "[\"\(Self.unknown)\"]"], 404...404, 404...404),
            // The holder of the name is invisible to a member: no conflict is told (decisions.md #4).
            (["username": #""owner""#], 403...404, 409...409),
            (["email": #""owner@usersd.test""#], 403...404, 409...409),
            ([:], 403...403, 403...403), (["roles": #"["owner"]"#], 403...403, 403...403),
            (["roles": #"["member"]"#], 403...403, 403...403), (["username": #""member""#], 409...409, 409...409),
        ]
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = UsersAPI(server, try await server.person("member", by: owner))
            let auditor = UsersAPI(server, try await server.person("auditor", roles: ["auditor"], by: owner))
            let before = try server.database.counts()
            for (changes, memberStatus, auditorStatus) in requests {
                let first = try await member.create(changes)
                #expect(memberStatus.contains(first.status), "member \(changes): \(first)")
                let second = try await auditor.create(changes)
                #expect(auditorStatus.contains(second.status), "auditor \(changes): \(second)")
                #expect(try server.database.counts() == before, "\(changes)")
            }
        }
    }

    @Test("a caller names only organizations that it may read (§4.3, 8)", arguments: Backend.allCases)
    func unreadableOrganization(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = UsersAPI(server, try await server.person("member", by: owner))
            try server.database.addOrganization(Self.unknown, "secret")
            let refused = try await member.create(["organization_ids": "[\"\(Self.unknown)\"]"])
            #expect(refused.status == 404, "\(refused)")
            #expect(refused.message?.contains(Self.unknown) == true, "\(refused)")
            let created = try await UsersAPI(server, owner).create(["organization_ids": "[\"\(Self.unknown)\"]"])
            #expect(created.status == 201, "\(created)")
        }
    }

    @Test("an owner grants any site role; a user-admin only member (cases 66, 67)", arguments: Backend.allCases)
    func grants(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let admin = UsersAPI(server, try await server.person("chief", roles: ["user-admin"], by: owner))
            let before = try server.database.counts()
            for role in ["owner", "auditor", "template-admin", "user-admin"] {
                let refused = try await admin.create(["roles": "[\"\(role)\"]"])
                #expect(refused.status == 403, "\(role): \(refused)")
                let mixed = try await admin.create(["roles": "[\"member\",\"\(role)\"]"])
                #expect(mixed.status == 403, "\(role): \(mixed)")
            }
            // Unknown is noticed before not allowed.
            #expect(try await admin.create(["roles": #"["owner","bogus"]"#]).status == 400)
            #expect(try server.database.counts() == before)
            #expect(try await admin.create(["roles": #"["member"]"#]).status == 201)

            let many = try await api.create(
                [
                    "username": #""many""#, "email": #""many@usersd.test""#,
                    "roles": #"["auditor","owner","user-admin","template-admin"]"#,
                ])
            #expect(many.status == 201)
            let names = Set(many["roles"]?.elements.compactMap { $0["name"]?.text } ?? [])
            #expect(names == ["owner", "auditor", "template-admin", "user-admin"])
            let auditor = try await api.create(
                ["username": #""watch""#, "email": #""watch@usersd.test""#, "roles": #"["auditor"]"#])
            #expect(auditor.body.contains(#""roles":[{"name":"auditor","display_name":"Auditor"}]"#), "\(auditor)")
            #expect(try await api.search("role:auditor").usernames == ["many", "watch"])
        }
    }

    @Test("with passwords switched off nobody gets one, weak or not (case 63)", arguments: Backend.allCases)
    func passwordsDisabled(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let first = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"owner@usersd.test","username":"owner","password":"\#(TestServer.password)"}"#)
            let id = try #require(first["user_id"]?.text)
            // database.md §5.1 has this token and its hash.
            let token = "0123456789-ABCDEFGHIJKLMNOPQRSTUV"
            let hash = "c91a5a74060ddc9f922a23b2120270f02ec13cc9c64cef4ab3910cae5aa1cec3"
            let columns = """
                id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type, scopes, \
                allow_list
                """
            try server.database.sql(
                sqlite: """
                    INSERT INTO api_keys (\(columns))
                    VALUES ('0123456789', x'\(hash)', '\(id)', 0, 1900000000000000, 0, 0, 'password', '["coder:all"]',
                            '["*:*"]')
                    """,
                postgres: """
                    INSERT INTO api_keys (\(columns))
                    VALUES ('0123456789', '\\x\(hash)', '\(id)', 'epoch', to_timestamp(1900000000), 'epoch', 'epoch',
                            'password', '{coder:all}', '{*:*}')
                    """)
            let api = UsersAPI(server, token: token)
            let before = try server.database.counts()
            let requests: [UsersAPI.Members] = [
                [:], ["password": #""weak""#], ["organization_ids": nil], ["password": nil],
            ]
            for changes in requests {
                let answer = try await api.create(changes)
                #expect(answer.status == 403, "\(changes): \(answer)")
                #expect(try server.database.counts() == before)
            }
            #expect(try await api.create(["login_type": #""github""#]).status == 400)
            #expect(try await api.create(["username": #""a_b""#]).fields == ["username"])
            #expect(try await api.create(["login_type": #""none""#, "password": nil]).status == 201)
        }
    }
}
