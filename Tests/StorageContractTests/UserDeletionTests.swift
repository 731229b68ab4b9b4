import Storage
import Testing
import TestSupport

/// Deleting and waking users, and what triggers do about it (database.md §3, §3.1, §4.2).
@Suite struct UserDeletionTests {
    @Test("a deleted user leaves lists, counts and names, not the id", arguments: Backend.allCases)
    func deleted(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna", organizations: [store.defaultOrganization().id]))
                _ = try await store.create(.sample("bert"))
                try await store.deleteUser(id: user.id)
                var expected = user
                expected.isDeleted = true
                // Everything else stays, `updated_at` and the memberships too (§3.1).
                #expect(try await store.user(id: user.id) == expected)
                #expect(try await store.findUser(username: "anna") == nil)
                #expect(try await store.users(UserQuery()).count == 1)
                #expect(try await store.users(UserQuery()).users.map(\.username) == ["bert"])
                #expect(try await store.users(UserQuery()).count == 1)
                #expect(try await store.credentials(email: "anna@usersd.test") == nil)
                #expect(try await !store.isTaken(username: "anna", email: "anna@usersd.test"))
                // Name and e-mail are free again.
                let second = try await store.create(.sample("ANNA", email: "ANNA@usersd.test"))
                #expect(try await store.findUser(username: "anna")?.id == second.id)
                return user.id
            }
            #expect(try database.sql("SELECT count(*) FROM gitsshkeys WHERE user_id = '\(id)'") == [["1"]])
        }
    }

    @Test("a second deletion, an unknown id: not found", arguments: Backend.allCases)
    func notFound(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                #expect(await failure { try await store.deleteUser(id: .fresh()) } == .notFound)
                try await store.deleteUser(id: user.id)
                #expect(await failure { try await store.deleteUser(id: user.id) } == .notFound)
                return user.id
            }
            #expect(try database.sql("SELECT count(*) FROM user_deleted WHERE user_id = '\(id)'") == [["1"]])
        }
    }

    @Test("keys and links go, configs and other people's rows stay", arguments: Backend.allCases)
    func resources(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let (anna, bert) = try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                for (index, user) in [anna, bert].enumerated() {
                    try await store.insert(.sample("session00\(index)", of: user))
                    try await store.insert(.sample("token0000\(index)", of: user, loginType: .token, tokenName: "t"))
                }
                return (anna, bert)
            }
            for user in [anna, bert] {
                try database.sql(
                    "INSERT INTO user_links (user_id, login_type, linked_id) VALUES ('\(user)', 'github', 'L\(user)')")
                try database.sql(
                    "INSERT INTO user_configs (user_id, key, value) VALUES ('\(user)', 'theme_preference', 'dark')")
            }
            try await database.onLoop { store async throws in
                try await store.deleteUser(id: anna)
                #expect(try await store.session(keyID: "session000") == nil)
                #expect(try await store.session(keyID: "token00000") == nil)
                #expect(try await store.session(keyID: "session001")?.user.id == bert)
                #expect(try await store.session(keyID: "token00001")?.user.id == bert)
            }
            let rows = [
                "api_keys": ["0", "2"], "user_links": ["0", "1"], "user_configs": ["1", "1"], "gitsshkeys": ["1", "1"],
                "user_deleted": ["1", "0"], "user_status_changes": ["1", "1"],
            ]
            for (table, counts) in rows {
                let found = try [anna, bert].map { user in
                    try database.sql("SELECT count(*) FROM \(table) WHERE user_id = '\(user)'")
                }
                #expect(found == counts.map { [[$0]] }, "\(table)")
            }
        }
    }

    @Test("user_deleted holds the user's updated_at, once", arguments: Backend.allCases)
    func deletedAt(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                try await store.deleteUser(id: user.id)
                return user.id
            }
            let text =
                "SELECT count(*) FROM user_deleted d JOIN users u ON u.id = d.user_id AND u.updated_at = d.deleted_at"
            #expect(try database.sql(text) == [["1"]])
            // A later change of a deleted user is no second deletion.
            try database.sql(
                sqlite: "UPDATE users SET deleted = 1 WHERE id = '\(id)'",
                postgres: "UPDATE users SET deleted = true WHERE id = '\(id)'")
            #expect(try database.sql("SELECT count(*) FROM user_deleted") == [["1"]])
        }
    }

    @Test("nothing new may belong to a deleted user", arguments: Backend.allCases)
    func nothingNew(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                let id = try await store.create(.sample("anna")).id
                try await store.deleteUser(id: id)
                #expect(
                    await failure { try await store.insert(.sample("key0000001", of: id)) } == .refused(.deletedUser))
                #expect(try await store.session(keyID: "key0000001") == nil)
                return id
            }
            let error = #expect(throws: StorageError.self) {
                try database.sql("INSERT INTO user_links (user_id, login_type, linked_id) VALUES ('\(id)', 'oidc', '')")
            }
            #expect(
                "\(String(describing: error))".contains("deletedUser")
                    || "\(String(describing: error))".contains("Cannot create user_link for deleted user"))
            #expect(try database.sql("SELECT count(*) FROM user_links") == [["0"]])
        }
    }

    @Test("the last owner stays; a deleted or a system owner does not count as another", arguments: Backend.allCases)
    func lastOwner(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let owner = try await database.onLoop { store async throws in
                let owner = try await store.create(.sample("anna", roles: ["auditor", "owner"])).id
                // No owner, whatever the name looks like.
                _ = try await store.create(.sample("owner", name: "owner", roles: ["user-admin"]))
                #expect(await failure { try await store.deleteUser(id: owner) } == .refused(.lastOwner))
                let second = try await store.create(.sample("bert", roles: ["owner"])).id
                try await store.deleteUser(id: second)
                #expect(await failure { try await store.deleteUser(id: owner) } == .refused(.lastOwner))
                return owner
            }
            try database.sql(
                sqlite: "UPDATE users SET rbac_roles = '[\"owner\"]' WHERE username = 'prebuilds'",
                postgres: "UPDATE users SET rbac_roles = '{owner}' WHERE username = 'prebuilds'")
            try await database.onLoop { store async throws in
                #expect(await failure { try await store.deleteUser(id: owner) } == .refused(.lastOwner))
                #expect(try await !store.user(id: owner).isDeleted)
                _ = try await store.create(.sample("carl", roles: ["owner"]))
                try await store.deleteUser(id: owner)
                #expect(try await store.user(id: owner).isDeleted)
            }
        }
    }

    @Test("the history has a row for the birth and for each change of status", arguments: Backend.allCases)
    func history(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store in try await store.create(.sample("anna", status: .dormant)).id }
            let later = Timestamp.sample.adding(seconds: 90)
            try await database.onLoop { store async throws in
                #expect(try await store.activateIfDormant(userID: id, at: later) == .active)
                #expect(try await store.activateIfDormant(userID: id, at: later.adding(seconds: 1)) == .active)
            }
            // No change of status, no row.
            try database.sql("UPDATE users SET status = 'active', name = 'Anna' WHERE id = '\(id)'")
            try database.sql(
                sqlite:
                    "UPDATE users SET status = 'suspended', updated_at = \(later.microseconds + 1) WHERE id = '\(id)'",
                postgres: """
                    UPDATE users SET status = 'suspended', updated_at = '2026-11-24 20:01:30.654322+00'
                    WHERE id = '\(id)'
                    """)
            #expect(
                try database.sql(
                    sqlite:
                        "SELECT new_status, changed_at FROM user_status_changes WHERE user_id = '\(id)' ORDER BY 2",
                    postgres: """
                        SELECT new_status, (extract(epoch FROM changed_at) * 1000000)::bigint FROM user_status_changes
                        WHERE user_id = '\(id)' ORDER BY changed_at
                        """) == [
                        ["dormant", "1795550400654321"], ["active", "1795550490654321"],
                        ["suspended", "1795550490654322"],
                    ])
        }
    }

    @Test("only a dormant, living user wakes", arguments: Backend.allCases)
    func wake(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let later = Timestamp.sample.adding(seconds: 5)
                for status in UserStatus.allCases {
                    let user = try await store.create(.sample("\(status)", status: status))
                    let after = try await store.activateIfDormant(userID: user.id, at: later)
                    var expected = user
                    if status == .dormant {
                        expected.status = .active
                        expected.updatedAt = later
                        expected.lastSeenAt = later
                    }
                    #expect(after == expected.status)
                    #expect(try await store.user(id: user.id) == expected)
                }
                let gone = try await store.create(.sample("gone", status: .dormant))
                try await store.deleteUser(id: gone.id)
                #expect(try await store.activateIfDormant(userID: gone.id, at: later) == .dormant)
                #expect(try await store.user(id: gone.id).updatedAt == gone.updatedAt)
                #expect(await failure { try await store.activateIfDormant(userID: .fresh(), at: later) } == .notFound)
            }
        }
    }
}
