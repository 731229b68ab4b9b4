import JSON
import TestSupport
import Testing

/// `GET /organizations/{organization}/paginated-members`: pages and searches as `GET /users` has them (users.md §1.3,
/// §4.1; database.md §4.5: the cursor works for users of several organizations).
@Suite struct MemberPagesTests {
    private static let people = ["ada", "Bob", "cyd", "Dee", "eve"]
    private static let everybody = ["ada", "Bob", "cyd", "Dee", "eve", "owner"]

    private static func with(
        _ backend: Backend,
        _ body:
            @Sendable (
                _ page: @Sendable (String) async throws -> Answer, _ ids: [String: String]
            ) async throws -> Void
    ) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.addOrganization(OrganizationTests.second, "beta")
            var ids: [String: String] = [:]
            for name in people {
                ids[name] = try await server.create(name, by: owner)
                // Everybody is in two organizations.
                let path = "/api/v2/organizations/beta/members/\(name)"
                #expect(try await server.send("POST", path, token: owner.token).status == 200)
            }
            try await body(
                { query in try await server.get("/organizations/default/paginated-members\(query)", by: owner) }, ids)
        }
    }

    private static func names(_ answer: Answer) -> [String] {
        answer["members"]?.elements.compactMap { $0["username"]?.text } ?? []
    }

    @Test("limit and offset cut; count tells how many there are", arguments: Backend.allCases)
    func paging(on backend: Backend) async throws {
        try await Self.with(backend) { page, _ in
            let rows: [(query: String, names: [String], count: Int)] = [
                ("", Self.everybody, 6), ("?limit=2", ["ada", "Bob"], 6), ("?limit=2&offset=2", ["cyd", "Dee"], 6),
                ("?offset=5", ["owner"], 6), ("?limit=0", Self.everybody, 6), ("?limit=&offset=", Self.everybody, 6),
                ("?q=", Self.everybody, 6), ("?q=search:bo", ["Bob"], 1), ("?q=e@usersd", ["Dee", "eve"], 2),
                ("?q=e@usersd&limit=1", ["Dee"], 2), ("?q=status:suspended", [], 0),
                ("?q=role:owner", ["owner"], 1),
            ]
            for row in rows {
                let answer = try await page(row.query)
                #expect(answer.status == 200, "\(row.query)")
                #expect(answer.json?.names == ["members", "count"])
                #expect(Self.names(answer) == row.names, "\(row.query)")
                #expect(answer.count == row.count, "\(row.query)")
            }
            #expect(try await page("?q=status:suspended").body == #"{"members":[],"count":0}"# + "\n")
        }
    }

    @Test("after_id continues behind a member, of two organizations or one", arguments: Backend.allCases)
    func cursor(on backend: Backend) async throws {
        try await Self.with(backend) { page, ids in
            var (seen, query) = ([String](), "?limit=2")
            for _ in 0..<4 {
                let answer = try await page(query)
                #expect(answer.status == 200, "\(query): \(answer)")
                seen += Self.names(answer)
                guard let last = answer["members"]?.elements.last?["user_id"]?.text else { break }
                query = "?limit=2&after_id=\(last)"
            }
            #expect(seen == Self.everybody)
            #expect(Self.names(try await page("?after_id=\(ids["Dee"] ?? "")")) == ["eve", "owner"])
            #expect(Self.names(try await page("?after_id=\(UsersAPI.noUser)")) == [])
            #expect(Self.names(try await page("?after_id=00000000-0000-0000-0000-000000000000")) == Self.everybody)
        }
    }

    @Test("bad parameters are 400 and named", arguments: Backend.allCases)
    func bad(on backend: Backend) async throws {
        try await Self.with(backend) { page, _ in
            let rows: [(query: String, fields: [String])] = [
                ("?limit=-1", ["limit"]), ("?limit=x", ["limit"]), ("?offset=1.5", ["offset"]),
                ("?limit=2147483648", ["limit"]), ("?after_id=x", ["after_id"]), ("?limit=1&limit=2", ["limit"]),
                ("?q=status:bogus", ["status"]), ("?q=foo:bar", ["foo"]),
            ]
            for row in rows {
                let answer = try await page(row.query)
                #expect(answer.status == 400, "\(row.query)")
                #expect(answer.fields == row.fields, "\(row.query): \(answer)")
            }
        }
    }
}
