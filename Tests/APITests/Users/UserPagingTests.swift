import JSON
import TestSupport
import Testing

/// users.md §1.3 and §4.1, cases 1–15, 18, 19 and 40–43 of §15: whom `GET /users` lists, in which order and
/// on which page.
@Suite struct UserPagingTests {
    /// Ten people; lower-cased they are in the order of the alphabet.
    static let names = ["Alpha", "beta", "Gamma", "hotel", "iota-9", "iota-a", "iota9", "Owl", "owner", "Zulu"]

    static func with(
        _ backend: Backend, _ body: @Sendable (UsersAPI, TestServer.Person, [String: String]) async throws -> Void
    ) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var ids = ["owner": owner.id]
            for name in names.reversed() where name != "owner" { ids[name] = try await server.create(name, by: owner) }
            try await body(UsersAPI(server, owner), owner, ids)
        }
    }

    @Test("somebody never seen has the zero time (case 1); names are in lower-case order", arguments: Backend.allCases)
    func everybody(on backend: Backend) async throws {
        try await Self.with(backend) { api, _, _ in
            let answer = try await api.list()
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
            #expect(answer.usernames == Self.names)
            #expect(answer.count == 10)
            #expect(answer["users"]?[0]?["last_seen_at"]?.text == "0001-01-01T00:00:00Z")
            #expect(answer["users"]?[8]?["last_seen_at"]?.text == "2026-11-24T20:00:00.654321Z")
        }
    }

    @Test("a member sees itself alone (case 2), whatever the page", arguments: Backend.allCases)
    func member(on backend: Backend) async throws {
        try await Self.with(backend) { api, owner, ids in
            let member = try await api.server.person("mia", by: owner)
            let own = UsersAPI(api.server, member)
            for query in ["", "limit=5", "q=", "q=role:member", "q=mia", "q=status:active"] {
                let answer = try await own.list(query)
                #expect(answer.usernames == ["mia"], "\(query)")
                #expect(answer.count == 1, "\(query)")
            }
            let zulu = try #require(ids["Zulu"])
            for query in ["q=owner", "q=role:owner", "offset=1", "after_id=\(member.id)", "after_id=\(zulu)"] {
                let answer = try await own.list(query)
                #expect(answer.body == "{\"users\":[],\"count\":0}\n", "\(query)")
            }
        }
    }

    @Test("without a session there is no list (case 3)", arguments: Backend.allCases)
    func noSession(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for target in ["/api/v2/users", "/api/v2/users/", "/api/v2/users?limit=-1"] {
                let answer = try await server.send("GET", target)
                #expect(answer.status == 401, "\(target)")
            }
        }
    }

    @Test("limit, offset and after_id cut the page; count ignores all but the cursor", arguments: Backend.allCases)
    func pages(on backend: Backend) async throws {
        try await Self.with(backend) { api, _, ids in
            let sixth = try #require(ids["iota-a"])
            let all = Self.names
            let pages: [(query: String, names: [String], count: Int)] = [
                ("limit=1", ["Alpha"], 10),  // case 4
                ("offset=1", Array(all[1...]), 10),  // case 5
                ("offset=9", ["Zulu"], 10), ("offset=10", [], 0),
                ("offset=11", [], 0),  // case 6
                ("limit=0", all, 10), ("limit=", all, 10), ("offset=", all, 10), ("offset=0", all, 10),  // case 7
                ("limit=2147483647", all, 10),  // case 10
                ("offset=2147483647", [], 0),
                ("limit=2147483647&offset=2147483647", [], 0),
                ("limit=&limit=2", all, 10),  // case 11
                ("offset=&offset=nope", all, 10),
                ("after_id=00000000-0000-0000-0000-000000000000", all, 10), ("after_id=", all, 10),  // case 12
                ("after_id=\(sixth)", Array(all[6...]), 4),  // case 14
                ("after_id=\(UsersAPI.noUser)", [], 0),  // case 15
                ("after_id=\(sixth)&offset=1", Array(all[7...]), 4),  // case 18
                ("after_id=\(sixth)&limit=2", ["iota9", "Owl"], 4),
                ("after_id=\(sixth)&limit=2&offset=3", ["Zulu"], 4),
                ("after_id=\(sixth)&offset=4", [], 0),
                ("foo=bar", all, 10), ("foo=bar&limit=2&Limit=nope", ["Alpha", "beta"], 10),  // case 19
                ("q=iota&limit=1&offset=1", ["iota-a"], 3),  // case 41
                ("q=iota&after_id=\(try #require(ids["beta"]))&limit=1", ["iota-9"], 3),
                ("q=iota&q=status:nonsense", ["iota-9", "iota-a", "iota9"], 3), ("q=&q=status:nonsense", all, 10),
                ("after_id=%7B\(sixth)%7D", Array(all[6...]), 4),
                ("after_id=URN:UUID:\(sixth.uppercased())", Array(all[6...]), 4),
                ("after_id=\(sixth.filter { $0 != "-" })", Array(all[6...]), 4),
            ]
            for page in pages {
                let answer = try await api.list(page.query)
                #expect(answer.status == 200, "\(page.query)")
                #expect(answer.usernames == page.names, "\(page.query)")
                #expect(answer.count == page.count, "\(page.query)")
            }
        }
    }

    @Test("bad paging is refused field by field (cases 8–13), after a bad q (case 40)", arguments: Backend.allCases)
    func badPages(on backend: Backend) async throws {
        let bad: [(query: String, fields: Set<String>)] = [
            ("limit=-1", ["limit"]), ("offset=abc", ["offset"]), ("offset=-1", ["offset"]), ("limit=1.5", ["limit"]),
            ("limit=2147483648", ["limit"]), ("offset=2147483648", ["offset"]), ("limit=%201", ["limit"]),
            ("limit=99999999999999999999", ["limit"]), ("limit=1&limit=2", ["limit"]), ("limit=1&limit=", ["limit"]),
            ("after_id=nope", ["after_id"]), ("limit=x&after_id=y", ["limit", "after_id"]),
            ("limit=x&after_id=y&offset=z", ["limit", "after_id", "offset"]),
        ]
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            for (query, fields) in bad {
                let answer = try await api.list(query)
                #expect(answer.status == 400, "\(query)")
                #expect(answer.message == "Query parameters have invalid values.", "\(query)")
                #expect(Set(answer.fields) == fields && answer.fields.count == fields.count, "\(query): \(answer)")
            }
            let twice = try await api.list("limit=1&limit=2")
            #expect(twice.detail(of: "limit")?.contains("provided more than once") == true)
            let both = try await api.list("q=status:nonsense&limit=-1")
            #expect(both.message == "Invalid user search query.")
            #expect(both.fields == ["status"])
        }
    }

    @Test("deleted users and the system user never appear (case 42)", arguments: Backend.allCases)
    func absent(on backend: Backend) async throws {
        try await Self.with(backend) { api, _, ids in
            #expect(try await api.delete(try #require(ids["beta"])).status == 200)
            for query in ["", "q=prebuilds", "q=beta", "q=login_type:none", "q=role:member", "q=search:@"] {
                let answer = try await api.list(query)
                #expect(!answer.usernames.contains("prebuilds") && !answer.usernames.contains("beta"), "\(query)")
                #expect(answer.count == answer.usernames.count, "\(query)")
            }
            #expect(try await api.list().count == 9)
        }
    }

    @Test("somebody without an organization has an empty list of them (case 43)", arguments: Backend.allCases)
    func homeless(on backend: Backend) async throws {
        try await Self.with(backend) { api, _, ids in
            let beta = try #require(ids["beta"])
            try api.server.database.sql("DELETE FROM organization_members WHERE user_id = '\(beta)'")
            let listed = try await api.list("q=beta")
            #expect(listed.body.contains(#""organization_ids":[],"roles":[]"#), "\(listed)")
            #expect(try await api.get(beta).body.contains(#""organization_ids":[],"roles":[]"#))
        }
    }

    @Test("somebody in two organizations is listed once, with both", arguments: Backend.allCases)
    func twice(on backend: Backend) async throws {
        try await Self.with(backend) { api, _, ids in
            let database = api.server.database
            let second = "99999999-9999-4999-8999-999999999999"
            try database.addOrganization(second, "second")
            let beta = try #require(ids["beta"])
            try database.sql(
                """
                INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
                SELECT user_id, '\(second)', created_at, updated_at FROM organization_members WHERE user_id = '\(beta)'
                """)
            let answer = try await api.list("limit=2")
            #expect(answer.usernames == ["Alpha", "beta"])
            #expect(answer.count == 10)
            let organizations = answer["users"]?[1]?["organization_ids"]?.elements.compactMap(\.text) ?? []
            #expect(Set(organizations) == [second, try database.defaultOrganization()] && organizations.count == 2)
        }
    }
}
