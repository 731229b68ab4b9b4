import Storage
import Testing
import TestSupport

/// The schema is Coder's, so that Coder can adopt the data (database.md §1, §1.1, §2, §7, §8).
@Suite struct SchemaTests {
    @Test("Postgres: each table has Coder's columns in Coder's order", arguments: SchemaColumns.tables.keys.sorted())
    func columns(table: String) async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let rows = try database.sql(
                """
                SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                           || CASE WHEN a.attnotnull THEN '' ELSE '?' END,
                       c.is_nullable, c.ordinal_position
                FROM   pg_attribute a
                JOIN   information_schema.columns c
                  ON   c.table_schema = 'usersd' AND c.table_name = '\(table)' AND c.column_name = a.attname
                WHERE  a.attrelid = 'usersd.\(table)'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                ORDER  BY a.attnum
                """)
            #expect(rows.map { $0[0] ?? "" } == SchemaColumns.tables[table])
            #expect(rows.map { $0[1] == "YES" } == SchemaColumns.tables[table]?.map { $0.hasSuffix("?") })
        }
    }

    @Test("Postgres: nothing of ours stands outside the schema usersd")
    func ownSchema() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let rows = try database.sql(
                """
                SELECT table_schema || '.' || table_name FROM information_schema.tables
                WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
                """)
            let expected = (SchemaColumns.tables.keys + ["schema_version"]).sorted().map { ["usersd.\($0)"] }
            #expect(rows == expected)
        }
    }

    @Test("SQLite: each table has the same columns; users has one more", arguments: SchemaColumns.tables.keys.sorted())
    func sqliteColumns(table: String) async throws {
        try await TestDatabase.with(.sqlite) { database async throws in
            let rows = try database.sql("SELECT name, \"notnull\" FROM pragma_table_info('\(table)') ORDER BY cid")
            var expected = (SchemaColumns.tables[table] ?? []).map { column in
                [column.split(separator: " ").first.map(String.init), column.hasSuffix("?") ? "0" : "1"]
            }
            if table == "users" { expected.append(["email_lower", "1"]) }
            #expect(rows == expected)
            #expect(
                try database.sql("SELECT strict FROM pragma_table_list('\(table)') WHERE schema = 'main'") == [["1"]])
        }
    }

    @Test(
        "Postgres: enums have Coder's labels in Coder's order",
        arguments: [
            ("user_status", "active,suspended,dormant"),
            ("login_type", "password,github,oidc,token,none,oauth2_provider_app"),
            ("ai_seat_usage_reason", "aibridge,task"), ("shareable_workspace_owners", "none,everyone,service_accounts"),
            ("crypto_key_feature", "workspace_apps_token,workspace_apps_api_key,oidc_convert,tailnet_resume"),
            (
                "audit_action",
                "create,write,delete,start,stop,login,logout,register,request_password_reset,connect,disconnect,open,"
                    + "close"
            ),
            (
                "resource_type",
                "organization,template,template_version,user,workspace,git_ssh_key,api_key,group,workspace_build,"
                    + "license,workspace_proxy,convert_login,health_settings,oauth2_provider_app,"
                    + "oauth2_provider_app_secret,custom_role,organization_member,notifications_settings,"
                    + "notification_template,idp_sync_settings_organization,idp_sync_settings_group,"
                    + "idp_sync_settings_role,workspace_agent,workspace_app,prebuilds_settings,task,ai_seat,chat,"
                    + "user_secret"
            ),
        ])
    func enums(type: String, labels: String) async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            #expect(
                try database.sql(
                    """
                    SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
                    FROM pg_enum WHERE enumtypid = 'usersd.\(type)'::regtype
                    """) == [[labels]])
        }
    }

    /// database.md §1.1.
    private static let scopes = """
        ai_model_price read update · ai_seat create read · aibridge_interception create read update · \
        api_key create delete read update · assign_org_role assign create delete read unassign update · \
        assign_role assign read unassign · audit_log create read · boundary_usage delete read update · \
        chat create delete read update · connection_log read update · crypto_key create delete read update · \
        debug_info read · deployment_config read update · deployment_stats read · file create read · \
        group create delete read update · group_member read · idpsync_settings read update · \
        inbox_notification create read update · license create delete read · \
        notification_message create delete read update · notification_preference read update · \
        notification_template read update · oauth2_app create delete read update · \
        oauth2_app_code_token create delete read · oauth2_app_secret create delete read update · \
        organization create delete read update · organization_member create delete read update · \
        prebuilt_workspace delete update · provisioner_daemon create delete read update · \
        provisioner_jobs create read update · replicas read · system create delete read update · \
        tailnet_coordinator create delete read update · task create delete read update · \
        template create delete read update use view_insights · usage_event create read update · \
        user create delete read read_personal update update_personal · user_secret create delete read update · \
        webpush_subscription create delete read · \
        workspace application_connect create create_agent delete delete_agent read share ssh start stop \
        update update_agent · \
        workspace_agent_devcontainers create · workspace_agent_resource_monitor create read update · \
        workspace_dormant application_connect create create_agent delete delete_agent read share ssh start stop \
        update update_agent · \
        workspace_proxy create delete read update
        """
    private static let composite = [
        "all", "application_connect", "workspaces.create", "workspaces.operate", "workspaces.delete",
        "workspaces.access",
        "templates.build", "templates.author", "apikeys.manage_self",
    ]

    @Test("Postgres: a key may have each of the 211 scopes, and no other")
    func scopeNames() async throws {
        var names = Set(Self.composite.map { "coder:\($0)" })
        for resource in Self.scopes.split(separator: "·") {
            let words = resource.split(separator: " ")
            for action in words.dropFirst() + ["*"] { names.insert("\(words[0]):\(action)") }
        }
        #expect(names.count == 211)
        let expected = names
        try await TestDatabase.with(.postgres) { database async throws in
            let rows = try database.sql(
                "SELECT enumlabel FROM pg_enum WHERE enumtypid = 'usersd.api_key_scope'::regtype")
            let found = Set(rows.compactMap { $0[0] })
            #expect(found.subtracting(expected).sorted() == [])
            #expect(expected.subtracting(found).sorted() == [])
        }
    }

    /// Constraints and unique indexes that the contract names, by table.
    static let names: [(table: String, names: [String])] = [
        (
            "users",
            [
                "users_pkey", "one_time_passcode_set", "users_chat_spend_limit_micros_check", "users_email_not_empty",
                "users_service_account_login_type", "users_username_min_length", "idx_users_username",
                "users_username_lower_idx", "idx_users_email", "users_email_lower_idx",
            ]
        ),
        ("api_keys", ["api_keys_allow_list_not_empty", "idx_api_key_name"]),
        ("user_configs", ["user_configs_pkey"]),
        ("organizations", ["idx_organization_name_lower", "organizations_single_default_org"]),
        ("custom_roles", ["organization_id_not_zero"]),
        ("site_configs", ["site_configs_key_key"]),
        (
            "ai_model_prices",
            [
                "ai_model_prices_pkey", "ai_model_prices_input_price_check", "ai_model_prices_output_price_check",
                "ai_model_prices_cache_read_price_check", "ai_model_prices_cache_write_price_check",
            ]
        ),
    ]

    @Test("Postgres: constraints and unique indexes have Coder's names", arguments: names)
    func constraintNames(_ row: (table: String, names: [String])) async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let rows = try database.sql(
                """
                SELECT conname FROM pg_constraint WHERE conrelid = 'usersd.\(row.table)'::regclass
                UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = 'usersd.\(row.table)'::regclass AND i.indisunique
                """)
            #expect(Set(row.names).subtracting(rows.compactMap { $0[0] }) == [])
        }
    }

    /// `(name, organization_id)` is unique beside the folded name (database.md §2.9).
    @Test(
        "no two custom roles of one name in one organization, in any case; in two they may", arguments: Backend.allCases
    )
    func customRoles(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            func insert(_ name: String, _ organization: String) throws {
                try database.sql(
                    sqlite: """
                        INSERT INTO custom_roles (id, name, display_name, organization_id, created_at, updated_at)
                        VALUES ('\(UUID.fresh())', '\(name)', '', \(organization), 0, 0)
                        """,
                    postgres: """
                        INSERT INTO custom_roles (name, display_name, organization_id, org_permissions)
                        VALUES ('\(name)', '', \(organization), '[]')
                        """)
            }
            let (one, two) = ("'\(UUID.fresh())'", "'\(UUID.fresh())'")
            try insert("extra", one)
            try insert("extra", two)
            try insert("extra", "NULL")
            for organization in [one, two, "NULL"] {
                #expect(throws: StorageError.self) { try insert("extra", organization) }
                #expect(throws: StorageError.self) { try insert("EXTRA", organization) }
            }
            #expect(throws: StorageError.self) { try insert("new", "'00000000-0000-0000-0000-000000000000'") }
        }
    }

    @Test("values that no row may hold are refused by the schema itself", arguments: Backend.allCases)
    func checks(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store in _ = try await store.create(.sample("anna")) }
            for change in [
                "status = 'gone'", "login_type = 'magic'", "email = ''", "is_service_account = true", "username = ''",
                "hashed_one_time_passcode = 'x'", "chat_spend_limit_micros = 0", "chat_spend_limit_micros = -1",
                "name = NULL", "hashed_password = NULL", "email = NULL", "last_seen_at = NULL",
            ] {
                #expect(throws: StorageError.self, "\(change)") {
                    try database.sql("UPDATE users SET \(change) WHERE username = 'anna'")
                }
            }
            for change in ["value = NULL", "key = '\(String(repeating: "k", count: 257))'"] {
                try database.sql("DELETE FROM site_configs")
                try database.sql(
                    "INSERT INTO site_configs (key, value) VALUES ('\(String(repeating: "É", count: 256))', '')")
                #expect(throws: StorageError.self, "\(change)") {
                    try database.sql("UPDATE site_configs SET \(change)")
                }
            }
        }
    }
}
