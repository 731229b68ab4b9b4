import JSON
import TestSupport
import Testing

/// users.md §4.1 and database.md §4.1, §8.1: the same people and the same queries give the same lists on both
/// backends, and the ones that a plain reading of the contract gives.
@Suite struct UserSearchPropertyTests {
    @Test("both backends list the same people in the same order with the same count", arguments: 1...3)
    func backendsAgree(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let people = (0..<120).map { ListedPerson(index: $0, using: &random) }
        let queries = (0..<300).map { _ in ListQuery(over: people, using: &random) }
        var pages: [Backend: [Page]] = [:]
        for backend in Backend.allCases { pages[backend] = try await Self.ask(queries, about: people, on: backend) }
        let sqlite = try #require(pages[.sqlite])
        let postgres = try #require(pages[.postgres])
        var notEmpty = 0
        for (index, query) in queries.enumerated() {
            #expect(sqlite[index] == postgres[index], "seed \(seed): \(query.target)")
            let expected = query.page(of: people)
            #expect(sqlite[index] == expected, "seed \(seed): \(query.target)")
            if !expected.names.isEmpty { notEmpty += 1 }
        }
        // Queries that find nobody prove little.
        #expect(notEmpty > queries.count / 3)
    }

    struct Page: Equatable, Sendable {
        var status = 200
        let names: [String]
        let count: Int
    }

    private static func ask(
        _ queries: [ListQuery], about people: [ListedPerson], on backend: Backend
    ) async throws -> [Page] {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.sql(
                sqlite: """
                    INSERT INTO users (id, email, email_lower, username, hashed_password, created_at, updated_at,
                                       status, rbac_roles, login_type, deleted, last_seen_at, name, github_com_user_id)
                    VALUES \(people.map(\.sqliteRow).joined(separator: ",\n"))
                    """,
                postgres: """
                    INSERT INTO users (id, email, username, hashed_password, created_at, updated_at, status, rbac_roles,
                                       login_type, deleted, last_seen_at, name, github_com_user_id)
                    VALUES \(people.map(\.postgresRow).joined(separator: ",\n"))
                    """)
            var pages: [Page] = []
            for query in queries {
                let answer = try await UsersAPI(server, owner).list(query.target)
                pages.append(Page(status: answer.status, names: answer.usernames, count: answer.count ?? -1))
            }
            return pages
        }
    }
}

/// A row of `users`, made up.
struct ListedPerson: Sendable {
    static let letters = [
        "a", "A", "b", "ä", "Ä", "ß", "é", "É", "Œ", "Σ", "ς", "İ", "ı", "\u{212A}", "k", "Å", "Ж", "日", "🙂",
    ]
    static let statuses = ["active", "dormant", "suspended"]
    static let logins = ["password", "github", "oidc", "none"]
    static let roleNames = ["owner", "auditor", "user-admin", "template-admin"]
    static let never: Int64 = -62_135_596_800

    let id: String
    let username: String
    let name: String
    let email: String
    let status: String
    let login: String
    let roles: [String]
    let isDeleted: Bool
    /// Seconds since 1970.
    let created: Int64
    let seen: Int64
    let gitHub: Int64?

    /// Lower case, scalar by scalar, as database.md §8.1 has it.
    static func folded(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let mapped = scalar.properties.lowercaseMapping.unicodeScalars
            folded.append(mapped.count == 1 ? mapped.first ?? scalar : scalar == "\u{130}" ? "i" : scalar)
        }
        return String(folded)
    }

    var sqliteRow: String {
        """
        ('\(id)', '\(email)', '\(Self.folded(email))', '\(username)', x'', \(created)000000, \(created)000000,
         '\(status)', '[\(roles.map { "\"\($0)\"" }.joined(separator: ","))]', '\(login)', \(isDeleted ? 1 : 0),
         \(seen)000000, '\(name)', \(gitHub.map(String.init) ?? "NULL"))
        """
    }

    var postgresRow: String {
        """
        ('\(id)', '\(email)', '\(username)', '', to_timestamp(\(created)), to_timestamp(\(created)), '\(status)',
         '{\(roles.joined(separator: ","))}', '\(login)', \(isDeleted), to_timestamp(\(seen)) AT TIME ZONE 'UTC',
         '\(name)', \(gitHub.map(String.init) ?? "NULL"))
        """
    }
}

extension ListedPerson {
    /// The owner of every test, who has just been seen.
    static let owner = ListedPerson(
        id: "", username: "owner", name: "", email: "owner@usersd.test", status: "active", login: "password",
        roles: ["owner"], isDeleted: false, created: 1_795_550_400, seen: 1_795_550_400, gitHub: nil)

    init(index: Int, using random: inout SplitMix) {
        func word(_ count: ClosedRange<Int>, _ pool: [String], _ random: inout SplitMix) -> String {
            (0..<Int.random(in: count, using: &random)).map { _ in pool.randomElement(using: &random) ?? "" }.joined()
        }
        let digits = String(index)
        id = "00000000-0000-4000-8000-\(String(repeating: "0", count: 12 - digits.count))\(digits)"
        username = word(1...4, ["a", "B", "c", "X", "7", "o-w", "Z-9"], &random) + "-\(index)"
        name = word(0...5, Self.letters + [" ", "%", "_", "\\"], &random)
        email = "\(word(1...3, Self.letters + ["_", "%", "-"], &random)).\(index)@Usersd.test"
        status = Self.statuses.randomElement(using: &random) ?? ""
        login = Self.logins.randomElement(using: &random) ?? ""
        roles = Self.roleNames.filter { _ in Int.random(in: 0..<5, using: &random) == 0 }
        isDeleted = Int.random(in: 0..<8, using: &random) == 0
        created = 1_700_000_000 + Int64.random(in: 0...20, using: &random) * 3600
        let hour = Int64.random(in: 0...20, using: &random)
        seen = Bool.random(using: &random) ? Self.never : 1_700_000_000 + hour * 3600
        gitHub = Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 1...3, using: &random) : nil
    }
}
