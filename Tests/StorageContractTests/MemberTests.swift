import Storage
import Testing
import TestSupport

/// `OrganizationStore`: organizations by name and by user, and their members (database.md §2.7, §2.8, §4.5).
@Suite struct MemberTests {
    private static func insert(_ name: String, _ database: TestDatabase, deleted: Bool = false) throws -> UUID {
        let id = UUID.fresh()
        try database.sql(
            sqlite: """
                INSERT INTO organizations (id, name, description, created_at, updated_at, display_name, deleted)
                VALUES ('\(id)', '\(name)', '', 0, 0, '', \(deleted))
                """,
            postgres: """
                INSERT INTO organizations (id, name, description, created_at, updated_at, display_name, deleted)
                VALUES ('\(id)', '\(name)', '', now(), now(), '', \(deleted))
                """)
        return id
    }

    @Test(
        "living organizations by name, in any case, and in the order of their folded names", arguments: Backend.allCases
    )
    func organizations(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let beta = try Self.insert("Beta", database)
            let alpha = try Self.insert("alpha", database)
            let gone = try Self.insert("gone", database, deleted: true)
            try await database.onLoop { store async throws in
                #expect(try await store.organizations().map(\.name) == ["alpha", "Beta", "coder"])
                #expect(try await store.findOrganization(name: "BETA")?.id == beta)
                #expect(try await store.findOrganization(name: "alpha")?.id == alpha)
                for name in ["gone", "", "%", "alph_"] { #expect(try await store.findOrganization(name: name) == nil) }
                let user = try await store.create(.sample("anna", organizations: [beta, alpha, gone])).id
                #expect(try await store.organizations(ofUser: user).map(\.name) == ["alpha", "Beta"])
                #expect(try await store.organizations(ofUser: .fresh()).isEmpty)
            }
        }
    }

    @Test("joining and leaving; twice, never, nobody and nowhere are told apart", arguments: Backend.allCases)
    func joining(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let beta = try Self.insert("beta", database)
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                let later = Timestamp.sample.adding(seconds: 3)
                #expect(try await store.findMember(user, of: beta) == nil)
                try await store.addMember(user, to: beta, at: later)
                let member = try #require(try await store.findMember(user, of: beta))
                #expect(member.createdAt == later)
                #expect(member.updatedAt == later)
                #expect(member.roles == [])
                #expect(member.organizationID == beta)
                #expect(try await member.user == store.user(id: user))
                #expect(member.user.memberships == [Membership(organizationID: beta, roles: [])])
                #expect(
                    await failure { try await store.addMember(user, to: beta, at: later) } == .conflict(.membership))
                for (someone, somewhere) in [(UUID.fresh(), beta), (user, UUID.fresh())] {
                    guard
                        case .refused = await failure({ try await store.addMember(someone, to: somewhere, at: later) })
                    else {
                        Issue.record("a membership of nobody or nowhere was taken")
                        return
                    }
                    #expect(await failure { try await store.removeMember(someone, from: somewhere) } == .notFound)
                    #expect(
                        await failure { try await store.setRoles(["x"], ofMember: someone, in: somewhere) } == .notFound
                    )
                    #expect(try await store.findMember(someone, of: somewhere) == nil)
                }
                try await store.setRoles(["organization-admin", "a\"É"], ofMember: user, in: beta)
                let changed = try #require(try await store.findMember(user, of: beta))
                #expect(changed.roles == ["organization-admin", "a\"É"])
                // `updated_at` stays (§4.5).
                #expect(changed.updatedAt == later)
                try await store.removeMember(user, from: beta)
                #expect(await failure { try await store.removeMember(user, from: beta) } == .notFound)
                #expect(try await store.user(id: user).memberships == [])
            }
        }
    }

    @Test(
        "members are listed like users: living people, by folded name, counted, by pages", arguments: Backend.allCases)
    func members(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let beta = try Self.insert("beta", database)
            let other = try Self.insert("other", database)
            try await database.onLoop { store async throws in
                let coder = try await store.defaultOrganization().id
                for (index, name) in ["zoe", "Anna", "a-b", "carl", "outsider"].enumerated() {
                    // All but the last are in several: the cursor must still work (§4.5).
                    let all = name == "outsider" ? [coder] : [coder, beta, other]
                    let user = try await store.create(
                        .sample(name, roles: index < 2 ? ["auditor"] : [], organizations: all))
                    if name == "carl" { try await store.deleteUser(id: user.id) }
                    if name == "zoe" { try await store.setRoles(["organization-admin"], ofMember: user.id, in: beta) }
                }
                var query = UserQuery()
                let page = try await store.members(of: beta, query)
                #expect(page.members.map(\.user.username) == ["a-b", "Anna", "zoe"])
                #expect(page.members.map(\.roles) == [[], [], ["organization-admin"]])
                #expect(page.members.allSatisfy { $0.organizationID == beta && $0.createdAt == .sample })
                #expect(page.count == 3)
                query.limit = 1
                var met: [String] = []
                while true {
                    let page = try await store.members(of: beta, query)
                    #expect(page.count == 3 - met.count)
                    guard let last = page.members.last else { break }
                    met.append(last.user.username)
                    query.afterID = last.user.id
                }
                #expect(met == ["a-b", "Anna", "zoe"])
                query = UserQuery()
                query.roles = ["auditor"]
                #expect(try await store.members(of: beta, query).members.map(\.user.username) == ["Anna", "zoe"])
                #expect(
                    try await store.members(of: coder, UserQuery()).members.map(\.user.username)
                        == ["a-b", "Anna", "outsider", "zoe"])
                #expect(try await store.members(of: .fresh(), UserQuery()).members == [])
                query.organizationID = beta
                #expect(try await store.users(query).users.map(\.username) == ["Anna", "zoe"])
            }
        }
    }
}
