import JSON
import TestSupport
import Testing

/// Roles in an organization: `GET …/members/roles`, `PUT …/members/{user}/roles` (clients.md §2, §4; users.md §1.6).
@Suite struct MemberRolesTests {
    private static let names = [
        "agents-access", "organization-admin", "organization-auditor", "organization-template-admin",
        "organization-user-admin",
    ]

    @Test(
        "the roles that may be given, to owners and the organization's admins", arguments: Backend.allCases,
        Cast.Kind.allCases)
    func assignable(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let organization = try cast.server.database.defaultOrganization()
            let answer = try await cast.send("GET", "/organizations/\(organization)/members/roles")
            #expect(answer.status == 200, "\(answer)")
            let roles = answer.json?.elements ?? []
            let found = roles.compactMap { $0["name"]?.text }
            for name in Self.names { #expect(found.contains(name), "\(name)") }
            #expect(roles.allSatisfy { $0["organization_id"]?.text == organization })
            #expect(roles.allSatisfy { $0["built_in"]?.flag == true })
            let admin = roles.first { $0["name"]?.text == "organization-admin" }
            #expect(admin?["assignable"]?.flag == (kind == .owner || kind == .organizationAdmin))
        }
    }

    @Test("given roles are stored once, answered, and work at the next request", arguments: Backend.allCases)
    func giving(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let organization = try server.database.defaultOrganization()
            let path = "/organizations/coder/members/person/roles"
            #expect(try await server.get("/users/owner", by: person).status == 404)
            let body = #"{"roles":["organization-admin","organization-admin"]}"#
            let answer = try await server.put(path, body, by: owner)
            #expect(answer.status == 200)
            #expect(answer["roles"]?.elements.compactMap { $0["name"]?.text } == ["organization-admin"])
            #expect(answer["roles"]?[0]?["organization_id"]?.text == organization)
            #expect(try await server.get("/users/owner", by: person).status == 200)
            let roles = try await server.get("/users/person/roles", by: owner)
            #expect(roles["organization_roles"]?[organization]?.elements.map(\.text) == ["organization-admin"])
            #expect(roles["roles"] == .array([]))
            for none in [#"{"roles":[]}"#, "{}"] {
                #expect(try await server.put(path, none, by: owner)["roles"] == .array([]), "\(none)")
                #expect(try await server.get("/users/owner", by: person).status == 404)
            }
            // A role in one organization gives nothing in another.
            try server.database.addOrganization(OrganizationTests.second, "beta")
            _ = try await server.send("POST", "/api/v2/organizations/beta/members/owner", token: owner.token)
            _ = try await server.put(path, body, by: owner)
            #expect(try await server.get("/organizations/beta/members", by: person).status == 404)
            let other = try await server.put("/organizations/beta/members/owner/roles", "{}", by: person)
            #expect(other.status == 404)
        }
    }

    @Test("unknown roles, site roles, oneself and strangers", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .owner) { cast, organization in
            let path = "/organizations/coder/members/other/roles"
            let before = try cast.server.database.snapshot()
            for role in ["bogus", "owner", "auditor", "", "Organization-Admin", "organization-admin:\(organization)"] {
                let answer = try await cast.send("PUT", path, "{\"roles\":[\"organization-auditor\",\"\(role)\"]}")
                #expect(answer.status == 400, "\(role)")
                #expect(answer.message?.isEmpty == false)
            }
            for body in ["", "{", #"{"roles":"x"}"#, #"{"roles":[1]}"#] {
                #expect(try await cast.send("PUT", path, body).status == 400, "\(body)")
            }
            for user in ["me", "caller", cast.caller.id] {
                let own = "/organizations/coder/members/\(user)/roles"
                #expect(try await cast.send("PUT", own, #"{"roles":[]}"#).status == 400, "\(user)")
            }
            for path in ["coder/members/nobody", "beta/members/other", "gamma/members/other", "nope/members/other"] {
                let answer = try await cast.send("PUT", "/organizations/\(path)/roles", #"{"roles":[]}"#)
                #expect(answer.status == 404, "\(path): \(answer)")
            }
            #expect(try cast.server.database.snapshot() == before)
            let gone = try await cast.server.create("gone", by: cast.owner)
            #expect(try await cast.send("DELETE", "/users/\(gone)").status == 200)
            let deleted = try await cast.send("PUT", "/organizations/coder/members/\(gone)/roles", #"{"roles":[]}"#)
            #expect(deleted.status == 404, "\(deleted)")
        }
    }

    @Test("who may give the admin's role", arguments: Backend.allCases, Cast.Kind.allCases)
    func rights(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let before = try cast.server.database.snapshot()
            let answer = try await cast.send(
                "PUT", "/organizations/coder/members/other/roles", #"{"roles":["organization-admin"]}"#)
            switch kind {
            case .owner, .organizationAdmin: #expect(answer.status == 200, "\(answer)")
            case .member: #expect(answer.status == 404, "\(answer)")
            // It assigns roles, but not this one.
            case .userAdmin: #expect([400, 403].contains(answer.status), "\(answer)")
            default: #expect(answer.status == 403, "\(answer)")
            }
            if answer.status >= 400 { #expect(try cast.server.database.snapshot() == before) }
        }
    }

    @Test("an organization's user admin makes no admins", arguments: Backend.allCases)
    func userAdmin(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            try cast.server.database.setOrganizationRoles(cast.caller.id, "organization-user-admin")
            let before = try cast.server.database.snapshot()
            let path = "/organizations/coder/members/other/roles"
            let answer = try await cast.send("PUT", path, #"{"roles":["organization-admin"]}"#)
            #expect([400, 403].contains(answer.status), "\(answer)")
            #expect(try cast.server.database.snapshot() == before)
        }
    }
}
