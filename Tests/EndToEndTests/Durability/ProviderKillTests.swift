import Glibc
import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// The program is killed in the middle of a sign-in at a provider: the account is made, linked and signed in, or
    /// nothing of it. A trigger lets the transaction rest where the user is there already and the link is not.
    @Suite(.serialized) struct ProviderKillTests {
        private static let claims = #"{"email":"ana@usersd.test","email_verified":true,"preferred_username":"ana"}"#

        private static func rest(_ database: TestDatabase) throws {
            guard database.backend == .postgres else {
                // Counts for ever.
                try database.sql(
                    """
                    CREATE TRIGGER rest BEFORE INSERT ON user_links BEGIN
                        SELECT count(*) FROM (
                            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0)
                            SELECT i FROM n);
                    END
                    """)
                return
            }
            try database.sql(
                "CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$"
            )
            try database.sql("CREATE TRIGGER rest BEFORE INSERT ON user_links FOR EACH ROW EXECUTE FUNCTION rest()")
        }

        /// Whether the transaction has come to the trigger.
        private static func isResting(_ database: TestDatabase) throws -> Bool {
            switch database.backend {
            // Whoever cannot write finds it at work.
            case .sqlite: (try? database.sql("BEGIN IMMEDIATE")) == nil
            case .postgres: try !sessions(database, "AND wait_event = 'PgSleep'").isEmpty
            }
        }

        private static func sessions(_ database: TestDatabase, _ more: String) throws -> [[String?]] {
            try database.sql(
                """
                SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND query ILIKE '%INSERT INTO user_links%' \(more)
                """)
        }

        @Test(
            "kill -9 between the user and the link: no half account, and the next sign-in makes a whole one",
            arguments: Backend.allCases)
        func killed(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                try await PythonProvider.with("mock_provider.py") { provider in
                    let set = try provider.send("PUT", "/users/ana", json: Self.claims)
                    #expect(200...299 ~= set.status, "\(set)")
                    var server = try await RunningServer.start(
                        database, issuer: provider.issuer, ["--oidc-client-secret", "any"])
                    _ = try server.owner()
                    let before = try database.accountRows()
                    try Self.rest(database)
                    let victim = server
                    let way = Task { try? await Person(name: "ana").signIn(at: victim) }
                    _ = try await eventually("the sign-in rests; it says \(victim.process.log)") {
                        try Self.isResting(database) ? true : nil
                    }
                    victim.process.signal(SIGKILL)
                    #expect(try await victim.process.exit() == -SIGKILL)
                    #expect(await way.value?.session == nil)
                    _ = try await eventually("the database server notices") {
                        try backend == .sqlite || Self.sessions(database, "AND state <> 'idle'").isEmpty ? true : nil
                    }
                    #expect(try database.accountRows() == before)
                    try database.sql(sqlite: "DROP TRIGGER rest", postgres: "DROP TRIGGER rest ON user_links")

                    let ground = Ground(backend: backend, location: database.location)
                    try ground.expectWhole("after the kill")
                    server = try await RunningServer.start(
                        database, issuer: provider.issuer, ["--oidc-client-secret", "any"])
                    let again = try await Person(name: "ana").signIn(at: server)
                    #expect(try server.me(again).json?["username"]?.text == "ana", "\(again)")
                    #expect(try await server.stop() == 0)
                    #expect(try database.emails() == ["ana@usersd.test", "owner@usersd.test"])
                    try ground.expectWhole("after the second sign-in")
                }
            }
        }
    }
}
