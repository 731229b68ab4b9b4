import Loops
import Storage
import StoragePostgres
import Testing
import TestSupport

/// A Postgres database that Coder made (database.md §0.1, §6). Its shape is imitated: our tables, which are Coder's, in
/// the schema `public`, with `schema_migrations` and `workspaces` beside them.
@Suite struct CodersDatabaseTests {
    private static func with(
        version: Int, dirty: Bool = false, _ body: @escaping @Sendable (TestDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            try database.sql("DROP SCHEMA public CASCADE")
            try database.sql("DROP TABLE usersd.schema_version")
            try database.sql("ALTER SCHEMA usersd RENAME TO public")
            try database.sql(
                "CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
            try database.sql("INSERT INTO public.schema_migrations VALUES (\(version), \(dirty))")
            try database.sql("CREATE TABLE public.workspaces (owner_id uuid NOT NULL, deleted boolean NOT NULL)")
            try await body(database)
            // Never create, alter or drop anything; never write schema_migrations (§6.1).
            #expect(
                try database.sql("SELECT version, dirty FROM public.schema_migrations")
                    == [["\(version)", dirty ? "t" : "f"]])
            #expect(
                try database.sql("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'usersd'") == [
                    ["0"]
                ])
            #expect(
                try database.sql(
                    """
                    SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'
                    """) == [["\(SchemaColumns.tables.count + 2)"]])
        }
    }

    @Test("it is used as it is, from the tested migration on", arguments: [489, 551])
    func used(version: Int) async throws {
        try await Self.with(version: version) { database async throws in
            #expect(try PostgresDatabase(url: database.location).isCoders)
            try await SecondStore.with(database) { second async throws in
                let user = try await second.onLoop { store async throws in
                    let organization = try await store.defaultOrganization().id
                    let user = try await store.create(.sample("anna", organizations: [organization]))
                    #expect(try await store.user(id: user.id) == user)
                    #expect(try await !store.ownsWorkspaces(userID: user.id))
                    return user.id
                }
                try database.sql("INSERT INTO public.workspaces VALUES ('\(user)', true), ('\(UUID.fresh())', false)")
                #expect(try await second.onLoop { try await $0.ownsWorkspaces(userID: user) } == false)
                try database.sql("INSERT INTO public.workspaces VALUES ('\(user)', false)")
                #expect(try await second.onLoop { try await $0.ownsWorkspaces(userID: user) } == true)
            }
            #expect(try database.sql("SELECT username FROM public.users WHERE NOT is_system") == [["anna"]])
        }
    }

    @Test(
        "one that is too old or half migrated is refused, and the cause is named",
        arguments: [(488, false), (489, true)])
    func refused(version: Int, dirty: Bool) async throws {
        try await Self.with(version: version, dirty: dirty) { database async throws in
            let error = #expect(throws: StorageError.self) { _ = try PostgresDatabase(url: database.location) }
            guard case .broken(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains("\(version)"))
            #expect(text.contains(dirty ? "dirty" : "489"))
        }
    }

    @Test("times are UTC there too, whatever the server's zone")
    func zone() async throws {
        try await Self.with(version: 489) { database async throws in
            try await SecondStore.with(database) { second async throws in
                try await second.onLoop { store async throws in
                    let user = try await store.create(.sample("anna", status: .dormant))
                    _ = try await store.activateIfDormant(userID: user.id, at: .sample)
                    #expect(try await store.user(id: user.id).lastSeenAt == .sample)
                }
            }
            #expect(
                try database.sql("SELECT last_seen_at::text FROM public.users WHERE username = 'anna'")
                    == [["2026-11-24 20:00:00.654321"]])
        }
    }

    @Test("a database of a newer usersd is refused")
    func newer() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            try database.sql("UPDATE schema_version SET version = version + 1")
            let error = #expect(throws: StorageError.self) { _ = try PostgresDatabase(url: database.location) }
            guard case .broken(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains("newer"))
        }
    }
}
