import JSON
import TestSupport
import Testing

/// Members of an organization: list, add, remove (clients.md §2, §4).
@Suite struct MemberTests {
    private static let second = OrganizationTests.second

    @Test("the list has each member once, without the deleted and the system user", arguments: Backend.allCases)
    func listing(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .owner) { cast, first in
            let gone = try await cast.server.create("gone", by: cast.owner)
            #expect(try await cast.send("DELETE", "/users/\(gone)").status == 200)
            try cast.server.database.setOrganizationRoles(cast.other, "organization-auditor")
            let plain = try await cast.send("GET", "/organizations/\(first)/members")
            #expect(plain.status == 200)
            let members = plain.json?.elements ?? []
            #expect(members.compactMap { $0["username"]?.text }.sorted() == ["caller", "other", "owner", "rival"])
            for path in ["\(first)/members/", "coder/members", "default/members", "CODER/members/"] {
                #expect(try await cast.send("GET", "/organizations/\(path)").body == plain.body, "\(path)")
            }
            let other = try #require(members.first { $0["username"]?.text == "other" })
            let names = [
                "user_id", "organization_id", "created_at", "updated_at", "roles", "username", "email", "global_roles",
            ]
            for name in names { #expect(other[name] != nil, "\(name)") }
            #expect(other["user_id"]?.text == cast.other)
            #expect(other["organization_id"]?.text == first)
            #expect(other["email"]?.text == "other@usersd.test")
            #expect(other["roles"]?[0]?["name"]?.text == "organization-auditor")
            #expect(other["global_roles"] == .array([]))
            let rival = try #require(members.first { $0["username"]?.text == "rival" })
            #expect(rival["global_roles"]?[0]?["name"]?.text == "owner")
            #expect(rival["roles"] == .array([]))
            #expect(try await cast.send("GET", "/organizations/beta/members").body == "[]\n")
        }
    }

    @Test("adding: organization_ids and the right to see the organization follow at once", arguments: Backend.allCases)
    func adding(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            try server.database.addOrganization(Self.second, "beta")
            let path = "/api/v2/organizations/beta/members/person"
            #expect(try await server.get("/organizations/beta", by: person).status == 404)
            let added = try await server.send("POST", path, token: owner.token)
            #expect(added.status == 200, "\(added)")
            #expect(added["user_id"]?.text == person.id)
            #expect(added["organization_id"]?.text == Self.second)
            #expect(added["roles"] == .array([]))
            #expect(try await server.get("/organizations/beta", by: person).status == 200)
            let ids = try await server.get("/users/me", by: person)["organization_ids"]?.elements.compactMap(\.text)
            #expect(ids?.count == 2)
            #expect(ids?.contains(Self.second) == true)
            let again = try await server.send("POST", path, token: owner.token)
            #expect(again.status == 409, "\(again)")
            #expect(again.message?.isEmpty == false)
            let removed = try await server.send("DELETE", path, token: owner.token)
            #expect(removed.status == 204, "\(removed)")
            #expect(removed.body.isEmpty)
            #expect(try await server.get("/organizations/beta", by: person).status == 404)
            #expect(try await server.get("/users/me", by: person)["organization_ids"]?.elements.count == 1)
            let missing = try await server.send("DELETE", path, token: owner.token)
            #expect(missing.status == 404, "\(missing)")
            #expect(try await server.send("POST", path, token: owner.token).status == 200)
        }
    }

    @Test(
        "who is unknown, deleted or the system's is not added; nor is anybody to what is not there",
        arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .owner) { cast, _ in
            let gone = try await cast.server.create("gone", by: cast.owner)
            #expect(try await cast.send("DELETE", "/users/\(gone)").status == 200)
            let before = try cast.server.database.snapshot()
            for user in ["nobody", UsersAPI.noUser, gone, "gone", "a%00b"] {
                #expect(try await cast.send("POST", "/organizations/beta/members/\(user)").status == 404, "\(user)")
                #expect(try await cast.send("DELETE", "/organizations/beta/members/\(user)").status == 404, "\(user)")
            }
            #expect(try await cast.send("DELETE", "/organizations/coder/members/\(gone)").status == 404)
            for organization in ["gamma", OrganizationTests.deleted, "nope"] {
                let path = "/organizations/\(organization)/members/other"
                #expect(try await cast.send("POST", path).status == 404, "\(organization)")
                #expect(try await cast.send("DELETE", path).status == 404, "\(organization)")
            }
            #expect(try cast.server.database.snapshot() == before)
        }
    }

    @Test("of two additions at once one wins, the other is 409", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .owner) { cast, _ in
            let requests: [@Sendable (TestServer) async throws -> Answer] = (0..<4).map { _ in
                { _ in try await cast.send("POST", "/organizations/beta/members/other") }
            }
            let statuses = try await cast.server.sendTogether(requests).map(\.status).sorted()
            #expect(statuses == [200, 409, 409, 409])
        }
    }

    @Test("who may add and remove", arguments: Backend.allCases, Cast.Kind.allCases)
    func rights(on backend: Backend, kind: Cast.Kind) async throws {
        try await OrganizationTests.with(backend, kind) { cast, first in
            let isSite = kind == .owner || kind == .userAdmin
            let (inFirst, inSecond) =
                switch kind {
                case .owner, .userAdmin: (204, 200)
                // An admin of one organization does not see the others.
                case .organizationAdmin: (204, 404)
                case .member: (404, 404)
                default: (403, 403)
                }
            let before = try cast.server.database.snapshot()
            let added = try await cast.send("POST", "/organizations/beta/members/other")
            #expect(added.status == inSecond, "\(added)")
            let removed = try await cast.send("DELETE", "/organizations/coder/members/other")
            #expect(removed.status == inFirst, "\(removed)")
            if inFirst >= 400 {
                #expect(try cast.server.database.snapshot() == before)
            } else {
                let back = try await cast.send("POST", "/organizations/\(first)/members/\(cast.other)")
                #expect(back.status == 200, "\(back)")
            }
            if !isSite { #expect(try await cast.send("POST", "/organizations/beta/members/me").status >= 400) }
            let roles = try await cast.send("PUT", "/organizations/beta/members/me/roles", #"{"roles":[]}"#)
            #expect(roles.status >= 400, "\(roles)")
        }
    }

    @Test("a plain member's list shows itself, and nobody whom it may not read", arguments: Backend.allCases)
    func plainMember(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .member) { cast, first in
            for path in ["members", "paginated-members"] {
                let answer = try await cast.send("GET", "/organizations/\(first)/\(path)")
                #expect(answer.status == 200, "\(path)")
                #expect(answer.body.contains("caller@usersd.test"), "\(path)")
                #expect(!answer.body.contains("other@usersd.test"), "\(path)")
            }
        }
    }
}
