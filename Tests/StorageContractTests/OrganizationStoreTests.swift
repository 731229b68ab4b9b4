import Storage
import Testing
import TestSupport

/// `OrganizationStore` (database.md §2.7, §2.9, §3).
@Suite struct OrganizationStoreTests {
    @Test("a fresh database has the built-in default organization", arguments: Backend.allCases)
    func builtIn(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let found = try await database.onLoop { store async throws in
                let found = try await store.defaultOrganization()
                #expect(try await store.findOrganization(id: found.id) == found)
                return found
            }
            #expect(found.name == "coder")
            #expect(found.displayName == "Coder")
            #expect(found.description == "Builtin default organization.")
            #expect(found.icon == "")
            #expect(found.isDefault && !found.isDeleted)
            #expect(found.id != .zero)
            #expect(found.createdAt > .sample.adding(seconds: -100 * 365 * 86_400))
            #expect(try database.sql("SELECT count(*) FROM organizations") == [["1"]])
            #expect(try database.sql("SELECT shareable_workspace_owners FROM organizations") == [["everyone"]])
            // The system user is its only member; two empty system roles are its own (§2.7).
            #expect(
                try database.sql("SELECT user_id FROM organization_members")
                    == [["c42fdf75-3097-471c-8c33-fb52454d81c0"]])
            #expect(
                try database.sql(
                    """
                    SELECT name FROM custom_roles WHERE organization_id = '\(found.id)' AND is_system ORDER BY name
                    """) == [["organization-member"], ["organization-service-account"]])
            #expect(try database.sql("SELECT count(*) FROM custom_roles WHERE org_permissions = '[]'") == [["2"]])
            #expect(try database.sql("SELECT new_status FROM user_status_changes") == [["active"]])
            #expect(try database.sql("SELECT count(*) FROM site_configs") == [["0"]])
        }
    }

    @Test("unknown: nil. Deleted: found. No default: not found", arguments: Backend.allCases)
    func missing(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let id = try await database.onLoop { store async throws in
                #expect(try await store.findOrganization(id: .fresh()) == nil)
                #expect(try await store.findOrganization(id: .zero) == nil)
                return try await store.defaultOrganization().id
            }
            try database.sql(
                "UPDATE organizations SET is_default = false, deleted = true, icon = 'É', display_name = ''")
            try await database.onLoop { store async throws in
                let found = try #require(try await store.findOrganization(id: id))
                #expect(found.isDeleted && !found.isDefault)
                #expect(found.icon == "É")
                #expect(found.displayName == "")
                #expect(await failure { try await store.defaultOrganization() } == .notFound)
            }
        }
    }

    @Test("an organization with two living members cannot be deleted", arguments: Backend.allCases)
    func protected(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let user = try await database.onLoop { store async throws in
                try await store.create(.sample("anna", organizations: [store.defaultOrganization().id])).id
            }
            #expect(throws: StorageError.self) { try database.sql("UPDATE organizations SET deleted = true") }
            try await database.onLoop { store async throws in
                #expect(try await !store.defaultOrganization().isDeleted)
                try await store.deleteUser(id: user)
            }
            try database.sql("UPDATE organizations SET deleted = true")
            #expect(try database.sql("SELECT count(*) FROM organizations WHERE deleted = true") == [["1"]])
        }
    }

    @Test("a deleted custom role is taken from its holders, in its organization", arguments: Backend.allCases)
    func customRole(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let (user, organization) = try await database.onLoop { store async throws in
                let organization = try await store.defaultOrganization().id
                return (try await store.create(.sample("anna", organizations: [organization])).id, organization)
            }
            let id = UUID.fresh()
            try database.sql(
                sqlite: """
                    INSERT INTO custom_roles (id, name, display_name, organization_id, created_at, updated_at)
                    VALUES ('\(id)', 'extra', '', '\(organization)', 0, 0)
                    """,
                postgres: """
                    INSERT INTO custom_roles (name, display_name, organization_id, org_permissions)
                    VALUES ('extra', '', '\(organization)', '[]')
                    """)
            try database.sql(
                sqlite: """
                    UPDATE organization_members SET roles = '["a","extra","extra-2"]' WHERE user_id = '\(user)'
                    """,
                postgres: "UPDATE organization_members SET roles = '{a,extra,extra-2}' WHERE user_id = '\(user)'")
            try database.sql("DELETE FROM custom_roles WHERE name = 'extra'")
            try await database.onLoop { store async throws in
                #expect(
                    try await store.user(id: user).memberships == [
                        Membership(organizationID: organization, roles: ["a", "extra-2"])
                    ])
            }
        }
    }
}
