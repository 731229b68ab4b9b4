import Storage
import StorageSQLite
import Testing
import TestSupport

/// The fourth migration of a SQLite file: keys and audit entries as rows with a number.
@Suite struct KeyMigrationTests {
    /// The tables as the first three migrations left them.
    private static let before = [
        """
        CREATE TABLE api_keys (
            id TEXT NOT NULL PRIMARY KEY, hashed_secret BLOB NOT NULL,
            user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, last_used INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            login_type TEXT NOT NULL
                CHECK (login_type IN ('password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app')),
            lifetime_seconds INTEGER NOT NULL DEFAULT 86400, ip_address TEXT NOT NULL DEFAULT '0.0.0.0',
            token_name TEXT NOT NULL DEFAULT '', scopes TEXT NOT NULL CHECK (json_array_length(scopes) >= 1),
            allow_list TEXT NOT NULL,
            CONSTRAINT api_keys_allow_list_not_empty CHECK (json_array_length(allow_list) >= 1)
        ) STRICT, WITHOUT ROWID
        """,
        "INSERT INTO api_keys SELECT * FROM new_keys",
        "CREATE UNIQUE INDEX idx_api_key_name ON api_keys (user_id, token_name) WHERE login_type = 'token'",
        "CREATE INDEX idx_api_keys_user ON api_keys (user_id)",
        """
        CREATE TABLE audit_logs (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36), time INTEGER NOT NULL, user_id TEXT NOT NULL,
            organization_id TEXT NOT NULL, ip TEXT, user_agent TEXT CHECK (length(user_agent) <= 256),
            resource_type TEXT NOT NULL, resource_id TEXT NOT NULL, resource_target TEXT NOT NULL, action TEXT NOT NULL,
            diff TEXT NOT NULL CHECK (json_valid(diff)), status_code INTEGER NOT NULL,
            additional_fields TEXT NOT NULL CHECK (json_valid(additional_fields)), request_id TEXT NOT NULL,
            resource_icon TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        "INSERT INTO audit_logs SELECT * FROM new_entries",
        "CREATE INDEX idx_audit_log_resource_id ON audit_logs (resource_id)",
        "CREATE INDEX idx_audit_log_user_id ON audit_logs (user_id)",
        "CREATE INDEX idx_audit_logs_time_desc ON audit_logs (time DESC)",
    ]

    private static func rows(_ database: TestDatabase) throws -> [[[String?]]] {
        try ["api_keys", "audit_logs"].map { try database.sql("SELECT * FROM \($0) ORDER BY id") }
    }

    @Test("a file from before it keeps every row, and the rules of keys")
    func upgrade() async throws {
        try await TestDatabase.with(.sqlite) { database async throws in
            let anna = try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                for index in 0..<300 {
                    let type = LoginType.allCases[index % LoginType.allCases.count]
                    let name = type == .token ? "t\(index)" : ""
                    try await store.insert(
                        .sample(
                            "key\(9_999_999 - index)", of: index < 150 ? anna : bert, loginType: type,
                            tokenName: name, scopes: ["coder:all", "user:read"]))
                }
                return anna
            }
            let rows = try Self.rows(database)
            let schema = try database.sql("SELECT name, sql FROM sqlite_schema ORDER BY name")
            for statement in [
                "CREATE TABLE new_keys AS SELECT * FROM api_keys", "DROP TABLE api_keys",
                "CREATE TABLE new_entries AS SELECT * FROM audit_logs", "DROP TABLE audit_logs",
            ] + Self.before + ["DROP TABLE new_keys", "DROP TABLE new_entries", "PRAGMA user_version = 3"] {
                try database.sql(statement)
            }
            try SQLiteDatabase(path: database.location).close()
            #expect(try Self.rows(database) == rows)
            #expect(rows.map(\.count) == [300, 300])
            #expect(try database.sql("SELECT name, sql FROM sqlite_schema ORDER BY name") == schema)
            #expect(try database.sql("PRAGMA integrity_check") == [["ok"]])
            #expect(try database.sql("PRAGMA foreign_key_check") == [])
            try await database.onLoop { store async throws in
                let name = try #require(try await store.tokens(ofUser: anna, validAt: nil).first).key.tokenName
                let twin = KeyRecord.sample("key0000000", of: anna, loginType: .token, tokenName: name)
                #expect(await failure { try await store.insert(twin) } == .conflict(.tokenName))
                try await store.deleteUser(id: anna)
                #expect(await failure { try await store.insert(.sample("key0000000", of: anna)) } != nil)
            }
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["150"]])
        }
    }
}
