import JSON
import TestSupport
import Testing

/// `GET /organizations`, `/organizations/{organization}` (clients.md §4) and a user's organizations (users.md §11,
/// §3.3; cases 102 and 103 of §15).
@Suite struct OrganizationTests {
    static let second = "5f0c1d5e-8a9b-4c3d-9e2f-0000000000b2"
    static let deleted = "5f0c1d5e-8a9b-4c3d-9e2f-0000000000b3"

    /// With an organization `beta` and a deleted one `gamma`, of which nobody is a member.
    static func with(
        _ backend: Backend, _ kind: Cast.Kind, _ body: @Sendable (Cast, _ first: String) async throws -> Void
    ) async throws {
        try await Cast.with(backend, kind) { cast in
            try cast.server.database.addOrganization(second, "beta")
            try cast.server.database.addOrganization(deleted, "gamma", isDeleted: true)
            try await body(cast, try cast.server.database.defaultOrganization())
        }
    }

    @Test(
        "those one may read are listed by name, deleted ones never", arguments: Backend.allCases, Cast.Kind.allCases)
    func listing(on backend: Backend, kind: Cast.Kind) async throws {
        try await Self.with(backend, kind) { cast, _ in
            let readsAll = kind != .member && kind != .organizationAdmin
            for path in ["/organizations", "/organizations/"] {
                let answer = try await cast.send("GET", path)
                #expect(answer.status == 200)
                let names = answer.json?.elements.compactMap { $0["name"]?.text }
                #expect(names == (readsAll ? ["beta", "coder"] : ["coder"]), "\(answer)")
            }
            for name in ["beta", "BETA", Self.second] {
                let answer = try await cast.send("GET", "/organizations/\(name)")
                #expect(answer.status == (readsAll ? 200 : 404), "\(name)")
                if !readsAll { #expect(answer.body == UsersAPI.notFound) }
            }
            for path in ["/users/me/organizations", "/users/me/organizations/"] {
                let own = try await cast.send("GET", path)
                #expect(own.json?.elements.compactMap { $0["name"]?.text } == ["coder"])
            }
        }
    }

    @Test("by id, by name, or as the default, with every member in order", arguments: Backend.allCases)
    func one(on backend: Backend) async throws {
        try await Self.with(backend, .member) { cast, first in
            let answer = try await cast.send("GET", "/organizations/\(first)")
            #expect(answer.status == 200)
            #expect(
                answer.json?.names == [
                    "id", "name", "display_name", "icon", "description", "created_at", "updated_at", "is_default",
                ])
            #expect(answer["id"]?.text == first)
            #expect(answer["is_default"]?.flag == true)
            for name in ["default", "coder", "Coder", first.uppercased(), "\(first)/"] {
                #expect(try await cast.send("GET", "/organizations/\(name)").body == answer.body, "\(name)")
            }
            let list = try await cast.send("GET", "/organizations")
            #expect(list.json?[0] == answer.json)
            #expect(try await cast.send("GET", "/users/me/organizations").body == list.body)
        }
    }

    @Test("what is not there, or deleted, is the generic 404, for an owner too", arguments: Backend.allCases)
    func missing(on backend: Backend) async throws {
        try await Self.with(backend, .owner) { cast, _ in
            let zero = "00000000-0000-0000-0000-000000000000"
            for name in ["gamma", Self.deleted, "nope", UsersAPI.noUser, "a%00b", zero] {
                let answer = try await cast.send("GET", "/organizations/\(name)")
                #expect(answer.status == 404, "\(name)")
                #expect(answer.body == UsersAPI.notFound, "\(name)")
                #expect(try await cast.send("GET", "/organizations/\(name)/members").status == 404, "\(name)")
            }
            #expect(try await cast.send("GET", "/organizations/coder/nope").message == "Route not found.")
            #expect(try await cast.server.send("GET", "/api/v2/organizations").status == 401)
            #expect(try await cast.server.send("GET", "/api/v2/organizations/coder").status == 401)
        }
    }

    @Test("102, 103: a user's organization is found by name alone, member or not", arguments: Backend.allCases)
    func ofUser(on backend: Backend) async throws {
        try await Self.with(backend, .owner) { cast, first in
            let answer = try await cast.send("GET", "/users/me/organizations/CODER")
            #expect(answer.status == 200)
            #expect(answer["id"]?.text == first)
            for name in [first, "default", "gamma", Self.deleted, "nope", "a%00b"] {
                let answer = try await cast.send("GET", "/users/me/organizations/\(name)")
                #expect(answer.body == UsersAPI.notFound, "\(name)")
            }
            #expect(try await cast.send("GET", "/users/other/organizations/beta")["id"]?.text == Self.second)
            #expect(try await cast.send("GET", "/users/nobody/organizations/beta").body == UsersAPI.notFound)
            try cast.server.database.addOrganization("5f0c1d5e-8a9b-4c3d-9e2f-0000000000b9", "default")
            #expect(try await cast.send("GET", "/users/me/organizations/default").status == 200)
            #expect(try await cast.send("GET", "/organizations/default")["id"]?.text == first)
        }
    }

    @Test("a membership in a deleted organization is not listed; none at all is []", arguments: Backend.allCases)
    func memberships(on backend: Backend) async throws {
        try await Self.with(backend, .owner) { cast, _ in
            try cast.server.database.sql(
                "UPDATE organization_members SET organization_id = '\(Self.deleted)' WHERE user_id = '\(cast.other)'")
            #expect(try await cast.send("GET", "/users/other/organizations").body == "[]\n")
            try cast.server.database.sql("DELETE FROM organization_members WHERE user_id = '\(cast.other)'")
            #expect(try await cast.send("GET", "/users/other/organizations").body == "[]\n")
            #expect(try await cast.send("GET", "/users/other").body.contains(#""organization_ids":[]"#))
        }
    }
}
