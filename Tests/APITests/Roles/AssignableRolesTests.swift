import JSON
import TestSupport
import Testing

/// `GET /users/roles`: users.md §3.5, §4.2; cases 122 and 123 of §15.
@Suite struct AssignableRolesTests {
    private static let names = ["auditor", "owner", "template-admin", "user-admin"]

    @Test(
        "122, 123: the four site roles; assignable for an owner, for nobody else", arguments: Backend.allCases,
        Cast.Kind.allCases)
    func builtIn(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            for path in ["/users/roles", "/users/roles/"] {
                let answer = try await cast.send("GET", path)
                #expect(answer.status == 200)
                let roles = answer.json?.elements ?? []
                #expect(roles.compactMap { $0["name"]?.text }.sorted() == Self.names)
                for role in roles {
                    #expect(role["assignable"]?.flag == (kind == .owner))
                    #expect(role["built_in"]?.flag == true)
                    #expect(role["organization_id"] == nil)
                }
            }
        }
    }

    @Test("123: a role has all its members in order, lists are lists", arguments: Backend.allCases)
    func shape(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let lists = ["site_permissions", "user_permissions", "organization_permissions"]
            let members = "organization_member_permissions"
            for role in try await cast.send("GET", "/users/roles").json?.elements ?? [] {
                #expect(role.names == ["name", "display_name"] + lists + [members, "assignable", "built_in"])
                #expect(role[members] == .array([]))
                #expect(role["display_name"]?.text?.isEmpty == false)
                for list in lists {
                    guard case .array(let permissions)? = role[list] else {
                        Issue.record("\(list) is no list")
                        continue
                    }
                    for permission in permissions {
                        #expect(permission.names == ["negate", "resource_type", "action"])
                    }
                }
                #expect(role["site_permissions"]?.elements.isEmpty == false)
            }
        }
    }

    @Test("custom site roles come after the built-in; roles of organizations do not", arguments: Backend.allCases)
    func custom(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let organization = try cast.server.database.defaultOrganization()
            for (name, place) in [("helpdesk", "NULL"), ("local", "'\(organization)'")] {
                let columns = "name, display_name, site_permissions, organization_id, id, created_at, updated_at"
                let id = "00000000-0000-4000-8000-0000000000\(name == "local" ? "f1" : "f2")"
                let values = "'\(name)', 'Help', '[{\"negate\":false,\"resource_type\":\"user\",\"action\":\"read\"}]'"
                try cast.server.database.sql(
                    sqlite: "INSERT INTO custom_roles (\(columns)) VALUES (\(values), \(place), '\(id)', 0, 0)",
                    postgres: """
                        INSERT INTO custom_roles (\(columns), org_permissions)
                        VALUES (\(values), \(place), '\(id)', 'epoch', 'epoch', '[]')
                        """)
            }
            let roles = try await cast.send("GET", "/users/roles").json?.elements ?? []
            #expect(roles.count == 5)
            #expect(roles.last?["name"]?.text == "helpdesk")
            #expect(roles.last?["built_in"]?.flag == false)
            #expect(roles.last?["display_name"]?.text == "Help")
            #expect(roles.last?["site_permissions"]?[0]?["resource_type"]?.text == "user")
            #expect(roles.last?["organization_member_permissions"] == .array([]))
        }
    }
}
