import JSON
import TestSupport
import Testing

/// users.md §4.1, cases 16 and 17 of §15: paging with `after_id`.
@Suite struct UserCursorTests {
    @Test(
        "the cursor may be suspended, deleted, filtered out or the system user (case 16)",
        arguments: Backend.allCases)
    func cursors(on backend: Backend) async throws {
        try await UserPagingTests.with(backend) { api, _, ids in
            let gamma = try #require(ids["Gamma"])
            let hotel = try #require(ids["hotel"])
            try api.server.database.sql("UPDATE users SET status = 'suspended' WHERE username = 'hotel'")
            #expect(try await api.list("after_id=\(hotel)").usernames == Array(UserPagingTests.names[4...]))
            #expect(
                try await api.list("q=status:dormant&after_id=\(hotel)").usernames
                    == ["iota-9", "iota-a", "iota9", "Owl", "Zulu"])
            #expect(try await api.delete(gamma).status == 200)
            let rest = try await api.list("after_id=\(gamma)")
            #expect(rest.usernames == Array(UserPagingTests.names[3...]))
            #expect(rest.count == 7)
            #expect(try await api.list("after_id=\(UsersAPI.systemUser)").usernames == ["Zulu"])
        }
    }

    @Test("paging by cursor visits everybody once (case 17)", arguments: Backend.allCases, 1...4)
    func walk(on backend: Backend, size: Int) async throws {
        try await UserPagingTests.with(backend) { api, _, _ in
            var visited: [String] = []
            var cursor = ""
            for _ in 0..<20 {
                let page = try await api.list("limit=\(size)&after_id=\(cursor)")
                #expect(page.usernames.count <= size)
                guard let last = page["users"]?.elements.last?["id"]?.text else { break }
                #expect(page.count == UserPagingTests.names.count - visited.count)
                visited += page.usernames
                cursor = last
            }
            #expect(visited == UserPagingTests.names)
        }
    }
}
