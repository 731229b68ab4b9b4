import JSON
import TestSupport
import Testing

/// users.md §4.3, the order of checks and uniqueness; cases 50–52, 59–63 and 71 of §15.
@Suite struct UserCreationRulesTests {
    static let unknown = "33333333-3333-4333-8333-333333333333"

    @Test("a name or e-mail in use is a conflict, whatever its case (cases 51, 52)", arguments: Backend.allCases)
    func conflicts(on backend: Backend) async throws {
        let taken: [UsersAPI.Members] = [
            ["email": #""other@usersd.test""#], ["username": #""other""#], [:],
            ["username": #""FRESH""#, "email": #""other@usersd.test""#],
            ["username": #""Other""#, "email": #""FRESH@USERSD.TEST""#],
            ["username": #""other""#, "email": #""äÖ@usersd.test""#],
            ["username": #""prebuilds""#, "email": #""p@usersd.test""#],
            ["username": #""PreBuilds""#, "email": #""p@usersd.test""#],
            ["username": #""owner""#, "email": #""p@usersd.test""#],
            ["username": #""other""#, "email": #""Owner@usersd.test""#],
            ["username": #""robot""#, "email": #""r@usersd.test""#],
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            #expect(try await api.create().status == 201)
            #expect(try await api.create(["username": #""third""#, "email": #""ÄÖ@usersd.test""#]).status == 201)
            let robot = try await api.create(
                ["username": #""robot""#, "email": nil, "password": nil, "service_account": "true"])
            #expect(robot.status == 201)
            let before = try server.database.counts()
            for changes in taken {
                let answer = try await api.create(changes)
                #expect(answer.status == 409, "\(changes): \(answer)")
                #expect(answer.message?.isEmpty == false)
                #expect(answer["validations"] == nil, "\(changes): \(answer)")
                #expect(try server.database.counts() == before)
            }
            // E-mails fold as Postgres folds them, and a letter in two pieces is another letter (database.md §8.1).
            let kelvin = try await api.create(["username": #""k-1""#, "email": #""k@usersd.test""#])
            #expect(kelvin.status == 201)
            let sign = try await api.create(["username": #""k-2""#, "email": #""\u212a@usersd.test""#])
            #expect(sign.status == 409, "\(sign)")
            let pieces = try await api.create(["username": #""k-3""#, "email": #""a\u0308o\u0308@usersd.test""#])
            #expect(pieces.status == 201, "\(pieces)")
            // An empty e-mail never clashes.
            let another = try await api.create(
                [
                    "username": #""robot-2""#, "email": #""""#, "password": nil, "login_type": #""none""#,
                    "service_account": "true",
                ])
            #expect(another.status == 201, "\(another)")
        }
    }

    @Test(
        "service accounts need no licence, and take no e-mail, password or login type (case 62)",
        arguments: Backend.allCases)
    func serviceAccounts(on backend: Backend) async throws {
        let bad: [UsersAPI.Members] = [
            ["service_account": "true"], ["service_account": "true", "email": nil],
            ["service_account": "true", "password": nil],
            ["service_account": "true", "email": nil, "password": nil, "login_type": #""password""#],
            ["service_account": "true", "email": nil, "password": nil, "login_type": #""github""#],
            ["service_account": "true", "organization_ids": nil],
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let before = try server.database.counts()
            for changes in bad {
                let answer = try await api.create(changes)
                #expect(answer.status == 400, "\(changes): \(answer)")
                #expect(answer["validations"] == nil, "\(changes): \(answer)")
                #expect(try server.database.counts() == before)
            }
            let homeless = try await api.create(
                ["service_account": "true", "email": nil, "password": nil, "organization_ids": nil])
            #expect(homeless.fields == ["organization_ids"], "\(homeless)")
            let broken = try await api.create(["service_account": "true", "email": #""a@b""#, "password": nil])
            #expect(broken.fields == ["email"], "\(broken)")
        }
    }

    @Test("other login types: what is refused (cases 59, 61)", arguments: Backend.allCases)
    func loginTypes(on backend: Backend) async throws {
        let bad: [UsersAPI.Members] = [
            ["login_type": #""github""#], ["login_type": #""none""#], ["login_type": #""oidc""#],
            ["login_type": #""token""#],
            ["login_type": #""oidc""#, "password": nil], ["login_type": #""token""#, "password": nil],
            ["login_type": #""oauth2_provider_app""#, "password": nil], ["login_type": #""bogus""#, "password": nil],
            ["login_type": #""Password""#], ["login_type": #""NONE""#, "password": nil],
            ["login_type": #""\u0000""#, "password": nil],
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let before = try server.database.counts()
            for changes in bad {
                let answer = try await api.create(changes)
                #expect(answer.status == 400, "\(changes): \(answer)")
                #expect(try server.database.counts() == before, "\(changes)")
            }
        }
    }

    @Test("the first check that fails answers (the order of §4.3, cases 50, 63)", arguments: Backend.allCases)
    func order(on backend: Backend) async throws {
        let requests: [(changes: UsersAPI.Members, status: Int, fields: [String])] = [
            // 2 before 3, 3 before 4, 4 before 6, 6 before 7.
            (["username": #""a_b""#, "service_account": "true"], 400, ["username"]),
            (["service_account": "true", "organization_ids": nil], 400, []),
            (["login_type": #""github""#, "organization_ids": nil], 400, []),
            (["username": #""owner""#, "organization_ids": nil], 400, ["organization_ids"]),
            // 7 before 8, 8 before 9, 9 before 10.
            (["username": #""owner""#, "organization_ids": "[\"\(Self.unknown)\"]"], 409, []),
            (["username": #""owner""#, "password": #""weak""#], 409, []),
            (["password": #""weak""#, "organization_ids": "[\"\(Self.unknown)\"]"], 404, []),
            (["login_type": #""oidc""#, "password": nil, "organization_ids": "[\"\(Self.unknown)\"]"], 404, []),
            (["password": #""weak""#, "roles": #"["bogus"]"#], 400, ["password"]),
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (changes, status, fields) in requests {
                let answer = try await api.create(changes)
                #expect(answer.status == status, "\(changes): \(answer)")
                #expect(answer.fields == fields, "\(changes): \(answer)")
            }
        }
    }

    @Test("of creates of one name at once one makes a user (case 71)", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let names = ["twin", "Twin", "tWIN", "TWIN", "twin", "twiN"]
            let requests: [@Sendable (TestServer) async throws -> Answer] = names.enumerated().map { index, name in
                { _ in try await api.create(["username": "\"\(name)\"", "email": "\"twin\(index)@usersd.test\""]) }
            }
            let statuses = try await server.sendTogether(requests).map(\.status).sorted()
            #expect(statuses == [201, 409, 409, 409, 409, 409])
            #expect(try await api.search("twin").count == 1)
            #expect(try server.database.counts() == [3, 2, 3, 1])
        }
    }
}
