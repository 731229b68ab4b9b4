import Storage
import Testing
import TestSupport

/// `UserStore` and `RoleStore`: changes of status, profile and roles (database.md §3.1, §4.2; the last table of
/// decisions.md).
@Suite struct UserChangeTests {
    @Test("a status is set with its time; only a change is history", arguments: Backend.allCases)
    func status(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                var expected = try await store.create(.sample("anna"))
                try await store.insert(.sample("key0000000", of: expected.id))
                for (index, status) in [UserStatus.suspended, .suspended, .active, .dormant].enumerated() {
                    expected.status = status
                    expected.updatedAt = Timestamp.sample.adding(seconds: Int64(index + 1))
                    let id = expected.id
                    #expect(try await store.setStatus(status, ofUser: id, at: expected.updatedAt) == expected)
                    #expect(try await store.user(id: id) == expected)
                }
                // Suspension takes no key (§3.1).
                #expect(try await store.session(keyID: "key0000000") != nil)
                return expected.id
            }
            #expect(
                try database.sql(
                    "SELECT new_status FROM user_status_changes WHERE user_id = '\(id)' ORDER BY changed_at")
                    == [["active"], ["suspended"], ["active"], ["dormant"]])
        }
    }

    @Test(
        "a profile is set with its time; the name may change its case, not take another's", arguments: Backend.allCases)
    func profile(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                var expected = try await store.create(.sample("anna", name: "Anna"))
                _ = try await store.create(.sample("bert"))
                let gone = try await store.create(.sample("carl"))
                try await store.deleteUser(id: gone.id)
                for (index, name) in ["ANNA", "anna-2", "carl"].enumerated() {
                    expected.username = name
                    expected.name = index == 1 ? "" : "É\(index)"
                    expected.updatedAt = Timestamp.sample.adding(seconds: Int64(index))
                    let changed = try await store.setProfile(
                        username: name, name: expected.name, ofUser: expected.id, at: expected.updatedAt)
                    #expect(changed == expected)
                    #expect(try await store.user(id: expected.id) == expected)
                }
                let id = expected.id
                for taken in ["bert", "BERT", "prebuilds"] {
                    let error = await failure {
                        try await store.setProfile(
                            username: taken, name: "x", ofUser: id, at: Timestamp.sample.adding(seconds: 99))
                    }
                    #expect(error == .conflict(.username))
                    #expect(try await store.user(id: id) == expected)
                }
            }
        }
    }

    @Test("nothing is changed of an unknown or a deleted user", arguments: Backend.allCases)
    func gone(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                try await store.deleteUser(id: user.id)
                for id in [user.id, .fresh()] {
                    #expect(await failure { try await store.setStatus(.suspended, ofUser: id, at: .zero) } == .notFound)
                    #expect(await failure { try await store.setRoles(["owner"], ofUser: id) } == .notFound)
                    let error = await failure {
                        try await store.setProfile(username: "x", name: "x", ofUser: id, at: .zero)
                    }
                    #expect(error == .notFound)
                }
                var expected = user
                expected.isDeleted = true
                #expect(try await store.user(id: user.id) == expected)
            }
        }
    }

    @Test("roles are replaced, the time stays; the last owner remains one", arguments: Backend.allCases)
    func roles(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna", roles: ["owner"]))
                let bert = try await store.create(.sample("bert", roles: ["auditor"]))
                for roles in [[], ["user-admin", "template-admin"], ["a\"b\\É"]] as [[String]] {
                    var expected = bert
                    expected.roles = roles
                    #expect(try await store.setRoles(roles, ofUser: bert.id) == expected)
                    #expect(try await store.user(id: bert.id) == expected)
                }
                #expect(await failure { try await store.setRoles([], ofUser: anna.id) } == .refused(.lastOwner))
                #expect(
                    await failure { try await store.setRoles(["auditor"], ofUser: anna.id) } == .refused(.lastOwner))
                #expect(try await store.user(id: anna.id) == anna)
                #expect(
                    try await Set(store.setRoles(["auditor", "owner"], ofUser: anna.id).roles) == ["auditor", "owner"])
                _ = try await store.setRoles(["owner"], ofUser: bert.id)
                #expect(try await store.setRoles([], ofUser: anna.id).roles == [])
                #expect(await failure { try await store.deleteUser(id: bert.id) } == .refused(.lastOwner))
            }
        }
    }

    @Test("of the last owners, demoted and deleted all at once, one stays", arguments: Backend.allCases)
    func ownersAtOnce(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await SecondStore.with(database) { second async throws in
                for round in 0..<5 {
                    try database.sql("UPDATE users SET deleted = true WHERE NOT is_system AND deleted = false")
                    var ids: [UUID] = []
                    for index in 0..<4 {
                        ids.append(
                            try await database.onLoop { store async throws in
                                try await store.create(.sample("o\(round)-\(index)", roles: ["owner"])).id
                            })
                    }
                    let errors = try await withThrowingTaskGroup(of: StorageError?.self) { group in
                        for (index, id) in ids.enumerated() {
                            let change: @Sendable (any Storage) async throws -> StorageError? = { store in
                                await failure {
                                    if index < 2 {
                                        _ = try await store.setRoles([], ofUser: id)
                                    } else {
                                        try await store.deleteUser(id: id)
                                    }
                                }
                            }
                            group.addTask {
                                index % 2 == 0 ? try await database.onLoop(change) : try await second.onLoop(change)
                            }
                        }
                        var errors: [StorageError?] = []
                        for try await error in group { errors.append(error) }
                        return errors
                    }
                    #expect(errors.filter { $0 == nil }.count == 3)
                    #expect(errors.filter { $0 == .refused(.lastOwner) }.count == 1)
                    #expect(
                        try database.sql(
                            sqlite: "SELECT count(*) FROM users WHERE deleted = 0 AND rbac_roles = '[\"owner\"]'",
                            postgres: "SELECT count(*) FROM users WHERE NOT deleted AND 'owner' = ANY (rbac_roles)")
                            == [["1"]])
                }
            }
        }
    }

    @Test(
        "custom site roles are those without an organization that are not the system's, by name",
        arguments: Backend.allCases)
    func customSiteRoles(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in #expect(try await store.customSiteRoles().isEmpty) }
            for (name, organization, isSystem) in [
                ("zeta", "NULL", "false"), ("alpha", "NULL", "false"), ("system", "NULL", "true"),
                ("org", "'\(UUID.fresh())'", "false"),
            ] {
                let permissions = #"[{"negate":false,"resource_type":"user","action":"read"}]"#
                try database.sql(
                    sqlite: """
                        INSERT INTO custom_roles (id, name, display_name, site_permissions,
                                                  organization_id, is_system, created_at, updated_at)
                        VALUES ('\(UUID.fresh())', '\(name)', 'É', '\(permissions)', \(organization), \(isSystem), 0, 0)
                        """,
                    postgres: """
                        INSERT INTO custom_roles (name, display_name, site_permissions,
                                                  org_permissions, organization_id, is_system)
                        VALUES ('\(name)', 'É', '\(permissions)', '[]', \(organization), \(isSystem))
                        """)
            }
            try await database.onLoop { store async throws in
                let roles = try await store.customSiteRoles()
                #expect(roles.map(\.name) == ["alpha", "zeta"])
                #expect(roles.map(\.displayName) == ["É", "É"])
                #expect(roles.map(\.userPermissions) == [Array("[]".utf8), Array("[]".utf8)])
                // Postgres orders the members of an object anew.
                #expect(
                    roles.allSatisfy { String(decoding: $0.sitePermissions, as: UTF8.self).contains("resource_type") })
            }
        }
    }
}
