import Storage
import StorageSQLite
import Testing
import TestSupport

/// The list's count, which SQLite does not count: it is the number of users whoever changed them, and however.
@Suite struct UserTotalTests {
    private static func total(_ database: TestDatabase) async throws -> Int {
        try await database.onLoop { store async throws in try await store.users(UserQuery()).count }
    }

    private static func rows(_ database: TestDatabase) throws -> Int? {
        try database.sql(
            sqlite: "SELECT count(*) FROM users WHERE deleted = 0 AND is_system = 0",
            postgres: "SELECT count(*) FROM users WHERE NOT deleted AND NOT is_system")[0][0].flatMap { Int($0) }
    }

    @Test("it follows every change, by the server and by hand", arguments: Backend.allCases)
    func changes(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            for name in ["ana", "ben", "cleo", "dora", "emil"] {
                try await database.onLoop { store async throws in _ = try await store.create(.sample(name)) }
            }
            let steps: [(total: Int, sql: String)] = [
                (5, "UPDATE users SET name = 'x'"),
                (4, "UPDATE users SET deleted = true WHERE username = 'ana'"),
                (4, "UPDATE users SET deleted = true WHERE username = 'ana'"),
                (3, "UPDATE users SET is_system = true WHERE username = 'ben'"),
                (3, "UPDATE users SET deleted = true WHERE username = 'ben'"),
                (3, "UPDATE users SET is_system = false WHERE username = 'ben'"),
                (4, "UPDATE users SET deleted = false WHERE username = 'ben'"),
                (5, "UPDATE users SET deleted = false"),
                (0, "UPDATE users SET deleted = true WHERE is_system = false"),
                (5, "UPDATE users SET deleted = false"),
            ]
            for step in steps {
                try database.sql(step.sql)
                #expect(try await Self.total(database) == step.total, "\(step.sql)")
                #expect(try Self.rows(database) == step.total, "\(step.sql)")
            }
        }
    }

    @Test("rows that are removed for good, and changes that are taken back, leave it right")
    func removals() async throws {
        try await TestDatabase.with(.sqlite) { database async throws in
            for name in ["ana", "ben"] {
                try await database.onLoop { store async throws in _ = try await store.create(.sample(name)) }
            }
            // The user's row is written before the membership in an organization that is not there.
            let refusal = await failure {
                try await database.onLoop { store async throws in
                    _ = try await store.create(.sample("cleo", organizations: [.fresh()]))
                }
            }
            #expect(refusal != nil)
            #expect(try await Self.total(database) == 2)
            try database.sql("DELETE FROM users WHERE username = 'ben'")
            #expect(try await Self.total(database) == 1)
            #expect(try Self.rows(database) == 1)
        }
    }

    @Test("a file from before it was kept gets it at the start")
    func upgrade() async throws {
        try await TestDatabase.with(.sqlite) { database async throws in
            for name in ["ana", "ben", "cleo"] {
                try await database.onLoop { store async throws in _ = try await store.create(.sample(name)) }
            }
            // What the third migration did is undone.
            for statement in [
                "DROP TRIGGER usersd_user_count_insert", "DROP TRIGGER usersd_user_count_delete",
                "DROP TRIGGER usersd_user_count_update", "DROP TABLE usersd_user_count",
                "CREATE INDEX idx_api_keys_last_used ON api_keys (last_used DESC)",
                "CREATE INDEX idx_audit_log_organization_id ON audit_logs (organization_id)",
                "UPDATE users SET deleted = 1 WHERE username = 'ben'", "PRAGMA user_version = 2",
            ] { try database.sql(statement) }
            try SQLiteDatabase(path: database.location).close()
            #expect(try database.sql("SELECT count FROM usersd_user_count") == [["2"]])
            #expect(try await Self.total(database) == 2)
        }
    }
}
