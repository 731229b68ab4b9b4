import JSON
import TestSupport
import Testing

/// users.md §1.6 with decisions.md #4 and #13: who may do what to whom, as a table; cases 64–66, 77, 81, 82 and 87.
@Suite struct UserMatrixTests {
    enum Caller: String, CaseIterable, Sendable {
        case member, owner, auditor
        case userAdmin = "user-admin"
        case templateAdmin = "template-admin"
        case organizationAdmin = "organization-admin"
        case organizationUserAdmin = "organization-user-admin"

        var readsEverybody: Bool { self != .member }
        var mayCreate: Bool { self == .owner || self == .userAdmin }

        /// What deleting an ordinary user, and an owner, gives.
        var deletion: (other: Int, owner: Int) {
            switch self {
            case .member: (404, 404)
            case .owner: (200, 200)
            case .userAdmin: (200, 403)
            default: (403, 403)
            }
        }
    }

    static func with(
        _ backend: Backend, _ caller: Caller,
        _ body: @Sendable (UsersAPI, _ caller: TestServer.Person, _ owner: TestServer.Person) async throws -> Void
    ) async throws {
        try await TestServer.with(backend) { server in
            let first = try await server.owner()
            let isOfOrganization = caller == .organizationAdmin || caller == .organizationUserAdmin
            let roles = isOfOrganization || caller == .member ? [] : [caller.rawValue]
            let person = try await server.person("caller", roles: roles, by: first)
            if isOfOrganization { try server.database.setOrganizationRoles(person.id, caller.rawValue) }
            try await server.create("other", by: first)
            try await body(UsersAPI(server, person), person, first)
        }
    }

    @Test("GET /users and GET /users/{user}", arguments: Backend.allCases, Caller.allCases)
    func reading(on backend: Backend, caller: Caller) async throws {
        try await Self.with(backend, caller) { api, person, owner in
            let list = try await api.list()
            #expect(list.usernames == (caller.readsEverybody ? ["caller", "other", "owner"] : ["caller"]))
            #expect(list.count == (caller.readsEverybody ? 3 : 1))
            for user in ["me", "caller", person.id] {
                #expect(try await api.get(user)["id"]?.text == person.id, "\(user)")
            }
            for user in ["other", "owner", owner.id, "prebuilds", UsersAPI.systemUser] {
                let answer = try await api.get(user)
                if caller.readsEverybody {
                    #expect(answer.status == 200, "\(user)")
                    #expect(answer.body == (try await UsersAPI(api.server, owner).get(user)).body, "\(user)")
                } else {
                    #expect(answer.status == 404, "\(user)")
                    #expect(answer.body == UsersAPI.notFound, "\(user)")
                }
            }
            #expect(try await api.get(UsersAPI.noUser).body == UsersAPI.notFound)
        }
    }

    @Test("POST /users", arguments: Backend.allCases, Caller.allCases)
    func creating(on backend: Backend, caller: Caller) async throws {
        try await Self.with(backend, caller) { api, _, _ in
            let before = try api.server.database.counts()
            let answer = try await api.create()
            #expect(answer.status == (caller.mayCreate ? 201 : 403))
            if !caller.mayCreate {
                #expect(answer.message == "Forbidden.")
                #expect(answer.detail?.isEmpty == false)
                #expect(try api.server.database.counts() == before)
                let service = try await api.create(["email": nil, "password": nil, "service_account": "true"])
                #expect(service.status == 403)
                #expect(try api.server.database.counts() == before)
            }
        }
    }

    @Test("DELETE /users/{user}", arguments: Backend.allCases, Caller.allCases)
    func deleting(on backend: Backend, caller: Caller) async throws {
        try await Self.with(backend, caller) { api, person, owner in
            func expect(_ user: String, _ status: Int) async throws {
                let answer = try await api.delete(user)
                #expect(answer.status == status, "\(user): \(answer)")
                #expect(answer.message?.isEmpty == false, "\(user)")
                if status == 404 { #expect(answer.body == UsersAPI.notFound, "\(user)") }
                let target = user == "me" ? "caller" : user == person.id ? "caller" : user
                let rows = try api.server.database.sql(
                    sqlite: "SELECT count(*) FROM users WHERE username = '\(target)' AND deleted = 0",
                    postgres: "SELECT count(*) FROM users WHERE username = '\(target)' AND NOT deleted")
                #expect(rows == [[status == 200 ? "0" : "1"]], "\(user)")
            }
            try await expect("me", 403)
            try await expect("caller", 403)
            try await expect(person.id, 403)
            try await expect("prebuilds", caller == .member ? 404 : 403)
            try await expect("other", caller.deletion.other)
            try await expect("owner", caller.deletion.owner)
        }
    }

    @Test("the rights come with the role and go with it, on the next request", arguments: Backend.allCases)
    func change(on backend: Backend) async throws {
        try await Self.with(backend, .userAdmin) { api, person, _ in
            #expect(try await api.get("other").status == 200)
            try api.server.database.sql(
                sqlite: "UPDATE users SET rbac_roles = '[]' WHERE id = '\(person.id)'",
                postgres: "UPDATE users SET rbac_roles = '{}' WHERE id = '\(person.id)'")
            #expect(try await api.get("other").status == 404)
            #expect(try await api.list().usernames == ["caller"])
            #expect(try await api.create().status == 403)
        }
    }

    @Test("an organization's other roles give no right on users", arguments: Backend.allCases)
    func otherOrganizationRoles(on backend: Backend) async throws {
        let roles = [
            "organization-auditor", "organization-template-admin", "agents-access", "organization-member", "owner",
        ]
        try await Self.with(backend, .member) { api, person, _ in
            for role in roles {
                try api.server.database.setOrganizationRoles(person.id, role)
                #expect(try await api.list().usernames == ["caller"], "\(role)")
                #expect(try await api.get("other").status == 404, "\(role)")
                #expect(try await api.delete("other").status == 404, "\(role)")
                #expect(try await api.create().status == 403, "\(role)")
            }
        }
    }
}
