import JSON
import TestSupport
import Testing

/// users.md §4.1 (order, cursor) as the Terraform provider pages (clients.md §3); cases 14 and 17 with many rows.
@Suite struct ManyUsersTests {
    private static let total = 2_000

    private static func name(_ index: Int) -> String {
        let text = "\(index * 7_919 % 10_007)-\(index)"
        return index.isMultiple(of: 3) ? "User\(text)" : index.isMultiple(of: 5) ? "USER\(text)" : "user\(text)"
    }

    private static func insert(into database: TestDatabase) throws {
        for start in stride(from: 0, to: total, by: 500) {
            let rows = (start..<start + 500).map { index -> (id: String, name: String) in
                let tail = String(index, radix: 16)
                let zeros = String(repeating: "0", count: 12 - tail.count)
                return ("5f0c1d5e-8a9b-4c3d-9e2f-\(zeros)\(tail)", name(index))
            }
            let columns = "id, email, username, hashed_password, created_at, updated_at, rbac_roles"
            let sqlite = rows.map { row in
                let email = "\(row.name)@many.test"
                return "('\(row.id)', '\(email)', '\(row.name)', x'', 0, 0, '[]', '\(email.lowercased())')"
            }
            let postgres = rows.map { row in
                "('\(row.id)', '\(row.name)@many.test', '\(row.name)', '', 'epoch', 'epoch', '{}')"
            }
            try database.sql(
                sqlite: "INSERT INTO users (\(columns), email_lower) VALUES \(sqlite.joined(separator: ","))",
                postgres: "INSERT INTO users (\(columns)) VALUES \(postgres.joined(separator: ","))")
        }
    }

    /// Byte order of the lower-cased names: the same on both backends.
    private static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.lowercased().utf8.lexicographicallyPrecedes($1.lowercased().utf8) }
    }

    @Test("after_id visits everybody once, in one order on both backends", arguments: Backend.allCases)
    func everybody(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try Self.insert(into: server.database)
            let names = Self.sorted((0..<Self.total).map(Self.name) + ["owner"])
            for (query, size, expected) in [
                ("", 97, names), ("q=many.test&", 500, names.filter { $0 != "owner" }),
                ("q=status:dormant+search:7&", 41, names.filter { $0.contains("7") }),
            ] {
                var (seen, cursor) = ([String](), "")
                while seen.count <= Self.total + 1 {
                    let page = try await server.get("/users?\(query)limit=\(size)&after_id=\(cursor)", by: owner)
                    #expect(page.status == 200)
                    #expect(page.count == (page.usernames.isEmpty ? 0 : expected.count - seen.count), "\(query)")
                    seen += page.usernames
                    guard page.usernames.count == size else { break }
                    cursor = page["users"]?.elements.last?["id"]?.text ?? ""
                }
                #expect(seen == expected, "\(query)")
            }
            let tail = try await server.get("/users?offset=1990", by: owner)
            #expect(tail.usernames == Array(names.dropFirst(1_990)))
            #expect(tail.count == Self.total + 1)
        }
    }
}
