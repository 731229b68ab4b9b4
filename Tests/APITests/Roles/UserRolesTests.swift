import JSON
import TestSupport
import Testing

/// users.md §13 with decisions.md #1; cases 108–116 of §15, and the last owner.
@Suite struct UserRolesTests {
    private static func roleNames(_ answer: Answer) -> [String] {
        (answer["roles"]?.elements.compactMap { $0["name"]?.text } ?? []).sorted()
    }

    @Test("108: names and organization roles, with every other member of a User beside", arguments: Backend.allCases)
    func shape(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let answer = try await cast.send("GET", "/users/owner/roles")
            #expect(answer.status == 200)
            #expect(answer["roles"]?.elements.map(\.text) == ["owner"])
            let organization = try cast.server.database.defaultOrganization()
            #expect(answer["organization_roles"]?.names == [organization])
            #expect(answer["organization_roles"]?[organization]?.elements.count == 0)
            let user = try await cast.send("GET", "/users/owner")
            for name in user.json?.names ?? [] where name != "roles" {
                #expect(answer[name] == user[name], "\(name)")
            }
            try cast.server.database.setOrganizationRoles(cast.other, "organization-auditor")
            let other = try await cast.send("GET", "/users/OTHER/roles")
            #expect(other["roles"]?.elements.count == 0)
            #expect(other["organization_roles"]?[organization]?.elements.map(\.text) == ["organization-auditor"])
            #expect(!other.body.contains("organization-member"))
        }
    }

    @Test("109, 115: an auditor may not see another's roles, nor change them", arguments: Backend.allCases)
    func auditor(on backend: Backend) async throws {
        try await Cast.with(backend, .auditor) { cast in
            #expect(try await cast.send("GET", "/users/other/roles").body == UsersAPI.notFound)
            let refused = try await cast.send("PUT", "/users/other/roles", #"{"roles":["auditor"]}"#)
            #expect(refused.status == 403)
            #expect(refused.message == "Forbidden.")
            #expect(refused.detail?.isEmpty == false)
            let unknown = try await cast.send("PUT", "/users/other/roles", #"{"roles":["bogus"]}"#)
            #expect(unknown.status == 400)
            #expect(try await cast.send("PUT", "/users/other/roles", "{").status == 400)
            for body in ["{}", #"{"roles":["member"]}"#] {
                let answer = try await cast.send("PUT", "/users/other/roles", body)
                #expect(answer.status == 403, "no change needs the right too: \(body)")
            }
        }
    }

    @Test("110: one's own roles are 400, before the body is read", arguments: Backend.allCases)
    func oneself(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for user in ["me", "caller", "CALLER", cast.caller.id] {
                for body in [#"{"roles":["owner"]}"#, #"{"roles":[]}"#, "{", "", "[]"] {
                    let answer = try await cast.send("PUT", "/users/\(user)/roles", body)
                    #expect(answer.status == 400, "\(user) \(body)")
                    #expect(answer.message != "Request body must be valid JSON.", "\(user) \(body)")
                }
            }
            #expect(Self.roleNames(try await cast.send("GET", "/users/me")) == ["owner"])
        }
    }

    @Test("111: unknown roles are 400 and quoted; nothing is stored", arguments: Backend.allCases)
    func unknown(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let organization = try cast.server.database.defaultOrganization()
            let names = [
                "bogus", "Owner", "OWNER", "", "organization-admin", "organization-admin:\(organization)",
                "organization-member", "agents-access", "owner ", "auditor,owner",
            ]
            for name in names {
                for body in ["{\"roles\":[\"\(name)\"]}", "{\"roles\":[\"auditor\",\"\(name)\"]}"] {
                    let answer = try await cast.send("PUT", "/users/other/roles", body)
                    #expect(answer.status == 400, "\(body)")
                    #expect(answer.message?.contains(name) == true, "\(body): \(answer)")
                    #expect(answer.message?.contains("not a supported role") == true, "\(body): \(answer)")
                }
            }
            let bad = [#"{"roles":"auditor"}"#, #"{"roles":[1]}"#, #"{"roles":{}}"#, "", "[]", "{\"roles\":[\"owner\""]
            for body in bad {
                let answer = try await cast.send("PUT", "/users/other/roles", body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.message == "Request body must be valid JSON.", "\(body)")
            }
            #expect(Self.roleNames(try await cast.send("GET", "/users/other")) == [])
        }
    }

    @Test("112, 113: the complete set: empty, repeated, an explicit member", arguments: Backend.allCases)
    func replacing(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for body in [#"{"roles":[]}"#, "{}", #"{"roles":null}"#, "null"] {
                _ = try await cast.send("PUT", "/users/other/roles", #"{"roles":["auditor","user-admin"]}"#)
                let answer = try await cast.send("PUT", "/users/other/roles", body)
                #expect(answer.status == 200, "\(body)")
                #expect(answer["roles"]?.elements.isEmpty == true, "\(body)")
                #expect(answer.body.contains(#""roles":[]"#), "\(body)")
            }
            let twice = try await cast.send("PUT", "/users/other/roles", #"{"roles":["auditor","auditor"]}"#)
            #expect(Self.roleNames(twice) == ["auditor"])
            #expect(twice["roles"]?[0]?["display_name"]?.text == "Auditor")
            let member = try await cast.send("PUT", "/users/other/roles", #"{"roles":["member"]}"#)
            #expect(member["roles"]?[0]?.names == ["name", "display_name"])
            #expect(member["roles"]?[0]?["display_name"]?.text == "Member")
            let names = try await cast.send("GET", "/users/other/roles")
            #expect(names["roles"]?.elements.map(\.text) == ["member"])
        }
    }

    @Test("114: a user-admin gives and takes only member; a set that is the same passes", arguments: Backend.allCases)
    func userAdmin(on backend: Backend) async throws {
        try await Cast.with(backend, .userAdmin) { cast in
            for role in ["owner", "auditor", "template-admin", "user-admin"] {
                let answer = try await cast.send("PUT", "/users/other/roles", "{\"roles\":[\"\(role)\"]}")
                #expect(answer.status == 400, "\(role)")
                #expect(answer.message?.contains("not authorized to assign") == true, "\(role): \(answer)")
            }
            let kept = try await cast.send("PUT", "/users/rival/roles", #"{"roles":["owner"]}"#)
            #expect(kept.status == 200)
            #expect(Self.roleNames(kept) == ["owner"])
            #expect(try await cast.send("PUT", "/users/rival/roles", #"{"roles":[]}"#).status == 400)
            #expect(try await cast.send("PUT", "/users/rival/roles", #"{"roles":["owner","member"]}"#).status == 200)
            #expect(try await cast.send("PUT", "/users/other/roles", #"{"roles":["member"]}"#).status == 200)
            #expect(try await cast.send("PUT", "/users/other/roles", #"{"roles":[]}"#).status == 200)
        }
    }

    @Test("116: sessions and updated_at stay; the right works on the next request", arguments: Backend.allCases)
    func effect(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let before = try await server.get("/users/me", by: person)
            server.clock.advance(seconds: 60)
            #expect(try await server.get("/users/owner", by: person).status == 404)
            let given = try await server.put("/users/person/roles", #"{"roles":["auditor"]}"#, by: owner)
            #expect(given["updated_at"] == before["updated_at"])
            #expect(try await server.get("/users/owner", by: person).status == 200)
            _ = try await server.put("/users/person/roles", "{}", by: owner)
            #expect(try await server.get("/users/owner", by: person).status == 404)
            #expect(try await server.get("/users/me", by: person).body == before.body)
        }
    }

    @Test("two owners who demote each other at once leave one", arguments: Backend.allCases)
    func lastOwner(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let rival = try await server.person("rival", roles: ["owner"], by: owner)
            for round in 0..<8 {
                let requests: [@Sendable (TestServer) async throws -> Answer] = [
                    { try await $0.put("/users/rival/roles", "{}", by: owner) },
                    { try await $0.put("/users/owner/roles", "{}", by: rival) },
                ]
                let isEven = round.isMultiple(of: 2)
                let statuses = try await server.sendTogether(isEven ? requests : requests.reversed()).map(\.status)
                #expect(statuses.filter { $0 == 200 }.count == 1, "\(statuses)")
                #expect(statuses.filter { (400...404).contains($0) }.count == 1, "\(statuses)")
                let isOwner = try await server.get("/users", by: owner).count == 2
                let (left, gone) = isOwner ? (owner, rival) : (rival, owner)
                let again = try await server.put("/users/\(gone.id)/roles", #"{"roles":["owner"]}"#, by: left)
                #expect(again.status == 200, "\(again)")
            }
        }
    }
}
