import Storage
import Testing
import TestSupport

/// `UserStore`: reading and creating (database.md §2.1, §4.2, §8.1; decisions.md #17).
@Suite struct UserStoreTests {
    @Test("what create returns is what reading by id returns, to the microsecond", arguments: Backend.allCases)
    func createAndRead(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let organization = try await store.defaultOrganization().id
                let user = NewUser.sample(
                    "Anna-1", email: "Anna.É@usersd.test", name: "Anna \"Ångström\" \\ 日本 🙂",
                    roles: ["owner", "auditor"],
                    status: .suspended, organizations: [organization])
                let created = try await store.create(user)
                let read = try await store.user(id: user.id)
                #expect(read == created)
                #expect(read.username == "Anna-1")
                #expect(read.email == "Anna.É@usersd.test")
                #expect(read.name == "Anna \"Ångström\" \\ 日本 🙂")
                #expect(read.status == .suspended)
                #expect(read.loginType == .password)
                #expect(Set(read.roles) == ["owner", "auditor"])
                #expect(read.memberships == [Membership(organizationID: organization, roles: [])])
                #expect(read.createdAt.microseconds == 1_795_550_400_654_321)
                #expect(read.updatedAt == read.createdAt)
                #expect(read.lastSeenAt == .zero)
                #expect(!read.isDeleted && !read.isSystem && !read.isServiceAccount && !read.hasAISeat)
                #expect(read.avatarURL == "")
            }
            let row = try database.sql("SELECT private_key, public_key FROM gitsshkeys")
            #expect(row == [["-----BEGIN Anna-1-----\n", "ssh-ed25519 AAAAAnna-1\n"]])
            #expect(
                try database.sql(
                    sqlite: "SELECT created_at, updated_at FROM gitsshkeys",
                    postgres: """
                        SELECT (extract(epoch FROM created_at) * 1000000)::bigint,
                               (extract(epoch FROM updated_at) * 1000000)::bigint FROM gitsshkeys
                        """) == [["1795550400654321", "1795550400654321"]])
        }
    }

    @Test("a service account has no e-mail and no password, and there may be many", arguments: Backend.allCases)
    func serviceAccounts(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                for name in ["robot-1", "robot-2"] {
                    let created = try await store.create(.service(name))
                    #expect(created.isServiceAccount)
                    #expect(created.email == "")
                    #expect(created.loginType == .none)
                }
                #expect(try await store.credentials(email: "") == nil)
            }
            // Empty, not null (database.md §6.6).
            #expect(
                try database.sql(
                    """
                    SELECT count(*) FROM users WHERE is_service_account AND hashed_password IS NOT NULL
                    AND length(hashed_password) = 0
                    """) == [["2"]])
        }
    }

    @Test("no user has an unknown id", arguments: Backend.allCases)
    func unknownID(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                #expect(await failure { try await store.user(id: .fresh()) } == .notFound)
                #expect(await failure { try await store.user(id: .zero) } == .notFound)
            }
        }
    }

    @Test(
        "a user is found by name in any case, and by no wildcard",
        arguments: Backend.allCases,
        [
            ("kim", true), ("KIM", true), ("\u{212A}im", true), ("K\u{130}m", true), ("Kım", false), ("k_m", false),
            ("%", false), ("", false), ("kim ", false), ("ſam", false),
        ])
    func findByName(on backend: Backend, _ row: (name: String, isFound: Bool)) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("Kim"))
                _ = try await store.create(.sample("sam"))
                #expect(try await store.findUser(username: row.name)?.id == (row.isFound ? user.id : nil))
            }
        }
    }

    @Test("the system user is readable by id and name, but never counted", arguments: Backend.allCases)
    func systemUser(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let id = try #require(UUID(parsing: "c42fdf75-3097-471c-8c33-fb52454d81c0"))
                let system = try await store.user(id: id)
                #expect(system.isSystem)
                #expect(system.username == "prebuilds")
                #expect(system.status == .active)
                #expect(system.loginType == .none)
                #expect(try await store.findUser(username: "prebuilds")?.id == id)
                #expect(try await store.hasUsers() == false)
                #expect(try await store.users(UserQuery()) == UserPage(users: [], count: 0))
                _ = try await store.create(.sample("anna"))
                #expect(try await store.users(UserQuery()).count == 1)
            }
        }
    }

    @Test(
        "a name or an e-mail that is taken, in any case, is a conflict that says which",
        arguments: Backend.allCases,
        [
            ("anna", "new@usersd.test", Constraint.username), ("ANNA", "new@usersd.test", .username),
            ("new", "anna@usersd.test", .email), ("new", "ANNA@usersd.test", .email),
            // Both at once: the name is reported (database.md §2.1).
            ("anna", "anna@usersd.test", .username), ("aNNa", "aNNa@usersd.test", .username),
            ("prebuilds", "new@usersd.test", .username), ("new", "Prebuilds@System", .email),
        ])
    func conflicts(on backend: Backend, _ row: (username: String, email: String, constraint: Constraint)) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("anna"))
                let error = await failure { try await store.create(.sample(row.username, email: row.email)) }
                #expect(error == .conflict(row.constraint))
                #expect(try await store.users(UserQuery()).count == 1)
            }
        }
    }

    @Test(
        "e-mails are one or two as Postgres folds them",
        arguments: Backend.allCases,
        [
            ("É@x.test", "é@X.test", true), ("\u{130}@x.test", "i@x.test", true), ("\u{212A}@x.test", "k@x.test", true),
            ("ſ@x.test", "s@x.test", false), ("ẞ@x.test", "ß@x.test", true), ("Σ@x.test", "σ@x.test", true),
            ("Σ@x.test", "ς@x.test", false), ("e\u{301}@x.test", "é@x.test", false), ("ı@x.test", "i@x.test", false),
        ])
    func emailFolding(on backend: Backend, _ row: (first: String, second: String, isSame: Bool)) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let first = try await store.create(.sample("first", email: row.first))
                #expect(try await store.isTaken(username: "other", email: row.second) == row.isSame)
                #expect(try await store.credentials(email: row.second)?.userID == (row.isSame ? first.id : nil))
                let error = await failure { try await store.create(.sample("second", email: row.second)) }
                #expect(error == (row.isSame ? .conflict(.email) : nil))
            }
        }
    }

    @Test("a first user is made only while there is none", arguments: Backend.allCases)
    func first(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                #expect(await failure { try await store.createFirst(.sample("prebuilds")) } == .conflict(.username))
                let user = NewUser.sample("anna")
                #expect(try await store.createFirst(user) == store.user(id: user.id))
                #expect(await failure { try await store.createFirst(.sample("bert")) } == .conflict(.firstUser))
                #expect(await failure { try await store.createFirst(.sample("anna")) } == .conflict(.firstUser))
                // A deleted user is none.
                try await store.deleteUser(id: user.id)
                _ = try await store.createFirst(.sample("anna"))
                #expect(try await store.users(UserQuery()).count == 1)
            }
        }
    }

    @Test("a seat is a row in ai_seat_state (decisions.md #7)", arguments: Backend.allCases)
    func seat(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                let id = try await store.create(.sample("anna")).id
                _ = try await store.create(.sample("bert"))
                return id
            }
            let columns = "(user_id, first_used_at, last_used_at, last_event_type, last_event_description, updated_at)"
            try database.sql(
                sqlite: "INSERT INTO ai_seat_state \(columns) VALUES ('\(id)', 0, 0, 'task', '', 0)",
                postgres: "INSERT INTO ai_seat_state \(columns) VALUES ('\(id)', now(), now(), 'task', '', now())")
            try await database.onLoop { store async throws in
                #expect(try await store.user(id: id).hasAISeat)
                #expect(try await store.users(UserQuery()).users.map(\.hasAISeat) == [true, false])
            }
        }
    }
}
