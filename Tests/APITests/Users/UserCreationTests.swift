import JSON
import TestSupport
import Testing

/// users.md §4.3 with decisions.md #5 and #6, cases 44–62 and 66–72 of §15: what `POST /users` accepts and what it
/// refuses.
@Suite struct UserCreationTests {
    @Test("a user is created as asked", arguments: Backend.allCases)
    func accepted(on backend: Backend) async throws {
        let requests: [(changes: UsersAPI.Members, shown: [String: String?])] = [
            (["user_status": #""active""#], ["status": "active"]),  // case 45
            (["user_status": "null"], ["status": "dormant"]), (["user_status": #""""#], ["status": "dormant"]),
            (["user_status": #""suspended""#], ["status": "suspended"]),
            (["username": #""New""#], ["username": "New"]), (["username": #""CREATE""#], ["username": "CREATE"]),  // 53
            (["username": "\"\(String(repeating: "x", count: 32))\""], ["login_type": "password"]),  // case 54
            (["username": #""a-B-3""#], ["username": "a-B-3"]), (["username": #""7""#], ["username": "7"]),
            (["name": #""Ann Lee""#], ["name": "Ann Lee"]), (["name": #""""#], ["name": nil]),
            (["name": "null"], ["name": nil]),
            (["name": "\"\(String(repeating: "x", count: 128))\""], ["name": String(repeating: "x", count: 128)]),
            (["name": "\"\(String(repeating: "é", count: 64))\""], ["name": String(repeating: "é", count: 64)]),
            (["email": #""A.b+tag@Sub.Usersd.test""#], ["email": "A.b+tag@Sub.Usersd.test"]),  // stored as given
            (["email": #""ünï@bücher.example""#], ["email": "ünï@bücher.example"]),
            (["email": #""\"two words\"@usersd.test""#], ["email": #""two words"@usersd.test"#]),
            (["email": "\"\(String(repeating: "l", count: 300))@usersd.test\""], ["status": "dormant"]),
            (["password": "\"\(Self.long.prefix(64))\""], ["login_type": "password"]),
            (["password": #""Passw0rd!""#], ["login_type": "password"]),
            (["login_type": #""password""#], ["login_type": "password"]),
            (["login_type": #""""#], ["login_type": "password"]),
            (["login_type": "null"], ["login_type": "password"]),
            (["login_type": #""github""#, "password": nil], ["login_type": "github"]),  // case 59
            (["login_type": #""github""#, "password": #""""#], ["login_type": "github"]),
            (["login_type": #""none""#, "password": nil], ["login_type": "none", "is_service_account": nil]),  // 60
            (["roles": "null"], ["status": "dormant"]), (["roles": "[]"], ["status": "dormant"]),
            (["service_account": "false"], ["is_service_account": nil]),
            (["service_account": "null"], ["status": "dormant"]),
            (["organization_id": "null"], ["status": "dormant"]),
            (["unknown": #"{"members":["are","ignored"]}"#], ["status": "dormant"]),
            (["email": nil, "EMAIL": #""loud@usersd.test""#], ["email": "loud@usersd.test"]),  // 70
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (changes, shown) in requests {
                let before = try server.database.counts()
                let answer = try await api.create(changes)
                #expect(answer.status == 201, "\(changes): \(answer)")
                for (name, value) in shown { #expect(answer[name]?.text == value, "\(changes): \(name) in \(answer)") }
                guard let id = answer["id"]?.text else { continue }
                #expect(try await api.get(id).body == answer.body, "\(changes)")
                // A row, an SSH key, a membership, and no session.
                let after = try server.database.counts()
                #expect(zip(before, after).map { $1 - $0 } == [1, 1, 1, 0], "\(changes)")
                #expect(try await api.delete(id).status == 200)
            }
        }
    }

    static let long = "Kx7!pQ2mWz9#Lr4$Tb8%Nv1&Gd6*Hj3(Fs5)Yc0-Uq7+Ea2=Ro9_Ik4;Mx8,Zw1.Pt"

    /// Changes to a good request, and the fields refused.
    static let invalid: [(changes: UsersAPI.Members, fields: [String])] = [
        (["email": nil, "username": nil], ["email", "username"]),
        (["name": #"" x""#, "username": #""a_b""#, "email": #""a@b""#], ["email", "username", "name"]),
        (["username": nil], ["username"]), (["username": #""""#], ["username"]), (["username": "null"], ["username"]),
        (["username": #""new""#], ["username"]), (["username": #""create""#], ["username"]),  // case 53
        (["username": #""a--b""#], ["username"]), (["username": #""-a""#], ["username"]),
        (["username": #""a-""#], ["username"]),
        (["username": #""a_b""#], ["username"]), (["username": #""ü""#], ["username"]),
        (["username": #""a b""#], ["username"]),
        (["username": "\"\(String(repeating: "x", count: 33))\""], ["username"]),
        (["username": #""a\n""#], ["username"]),
        (["username": #""a.b""#], ["username"]), (["username": #""a\u0000""#], ["username"]),
        (["username": #""１""#], ["username"]),
        (["name": #"" lead""#], ["name"]), (["name": #""trail ""#], ["name"]),
        (["name": #""\u00a0x""#], ["name"]),  // case 55
        (["name": #""x\u3000""#], ["name"]), (["name": #""\tx""#], ["name"]), (["name": #""a\u0000b""#], ["name"]),
        (["name": "\"\(String(repeating: "x", count: 129))\""], ["name"]),
        (["name": "\"\(String(repeating: "é", count: 65))\""], ["name"]),
        (["email": nil], ["email"]), (["email": #""""#], ["email"]), (["email": "null"], ["email"]),  // case 56
        (["email": #""a@b""#], ["email"]), (["email": #""a@b.c1""#], ["email"]),
        (["email": #""A <a@b.co>""#], ["email"]),
        (["email": #""user@localhost""#], ["email"]), (["email": #""prebuilds@system""#], ["email"]),
        (["email": #""a@[127.0.0.1]""#], ["email"]), (["email": #""a@127.0.0.1""#], ["email"]),
        (["email": #""a@b.co.""#], ["email"]), (["email": #""@b.co""#], ["email"]), (["email": #""a@""#], ["email"]),
        (["email": #""a b@b.co""#], ["email"]), (["email": #""a@b@c.co""#], ["email"]),
        (["email": #""a@.co""#], ["email"]),
        (["email": #""a@b..co""#], ["email"]), (["email": #"".a@b.co""#], ["email"]),
        (["email": #""a\u0000@b.co""#], ["email"]),
        (["email": #""a@b.co, c@d.co""#], ["email"]), (["email": #""plain""#], ["email"]),
        (["password": #""hunter2""#], ["password"]), (["password": "\"\(long.prefix(65))\""], ["password"]),  // case 57
        (["password": nil], ["password"]), (["password": #""""#], ["password"]),
        (["password": "null"], ["password"]),  // 58
        (["password": #""abcabcabcabc""#], ["password"]), (["password": #""SomeSecurePassword!\u0000""#], ["password"]),
        (["password": nil, "login_type": #""password""#], ["password"]),
        (["organization_ids": nil], ["organization_ids"]),
        (["organization_ids": "[]"], ["organization_ids"]),  // case 46
        (["organization_ids": "null"], ["organization_ids"]),
        (["organization_ids": nil, "organization_id": "null"], ["organization_ids"]),  // case 48
        (["user_status": #""bogus""#], ["user_status"]), (["user_status": #""Active""#], ["user_status"]),  // case 45
        (["user_status": #""\u0000""#], ["user_status"]),
        (["roles": #"["bogus"]"#], ["roles"]), (["roles": #"["auditor","bogus"]"#], ["roles"]),  // case 67
        (["roles": #"["Owner"]"#], ["roles"]), (["roles": #"[""]"#], ["roles"]),
        (["roles": #"["organization-admin"]"#], ["roles"]),
        (["roles": #"["agents-access"]"#], ["roles"]), (["roles": #"["a\u0000"]"#], ["roles"]),
    ]

    @Test("a bad field is refused by its name and leaves nothing behind", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let before = try server.database.counts()
            for (changes, fields) in Self.invalid {
                let answer = try await api.create(changes)
                #expect(answer.status == 400, "\(changes): \(answer)")
                #expect(answer.fields == fields, "\(changes): \(answer)")
                #expect(try server.database.counts() == before, "\(changes)")
            }
        }
    }

    @Test("field rules say which rule failed for which value (§1.2)", arguments: Backend.allCases)
    func details(on backend: Backend) async throws {
        let details: [(changes: UsersAPI.Members, field: String, tag: String, value: String)] = [
            (["username": nil], "username", "required", ""), (["username": #""a_b""#], "username", "username", "a_b"),
            (["username": #""new""#], "username", "username", "new"),
            (["name": #"" x""#], "name", "user_real_name", " x"),
            (["email": #""a@b""#], "email", "email", "a@b"),
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (changes, field, tag, value) in details {
                let answer = try await api.create(changes)
                #expect(answer.message == "Validation failed.")
                #expect(answer.detail(of: field) == #"Validation failed for tag "\#(tag)" with value: "\#(value)""#)
            }
            let noEmail = try await api.create(["email": nil])
            #expect(noEmail.detail(of: "email")?.contains("required_unless") == true, "\(noEmail)")
        }
    }

    @Test("what is no request is refused as JSON (cases 68, 69)", arguments: Backend.allCases)
    func notJSON(on backend: Backend) async throws {
        let bodies = [
            "", " ", "{", "nonsense", "[]", "7", #""text""#, #"{"username":7}"#, #"{"service_account":"yes"}"#,
            #"{"roles":"owner"}"#, #"{"roles":[1]}"#, #"{"organization_ids":{}}"#, #"{"organization_ids":[7]}"#,
            UsersAPI.request(["organization_ids": #"["nope"]"#]), UsersAPI.request(["organization_id": #""nope""#]),
            UsersAPI.request(["organization_ids": #"["00000000-0000-0000-0000-00000000000"]"#]), "{\"username\":\"a\"",
        ]
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for body in bodies {
                let answer = try await server.send("POST", "/api/v2/users", token: owner.token, body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Request body must be valid JSON.", "\(body): \(answer)")
                #expect(answer.detail?.isEmpty == false, "\(body)")
            }
            for body in ["null", "{}", " null trailing", "{} {\"username\":\"a\"}"] {
                let answer = try await server.send("POST", "/api/v2/users", token: owner.token, body: body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Validation failed.", "\(body): \(answer)")
                #expect(answer.fields == ["email", "username"], "\(body): \(answer)")
            }
        }
    }
}
