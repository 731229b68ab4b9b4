import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// Starts on a price table that is not as it should be: model-prices.md §3.1, §3.2, cases 57, 58, 62, 66 of §7.
    @Suite(.serialized) struct SeedingFaultTests {
        /// Starts, asks, stops; returns the log lines of level error.
        private static func errors(_ database: TestDatabase, _ arguments: [String]) async throws -> [String] {
            let server = try await RunningServer.start(arguments)
            #expect(try server.send("GET", "/api/v2/users/first").status == 404)
            #expect(try server.send("GET", "/healthz").status == 200)
            #expect(try await server.stop() == 0)
            return server.process.lines.filter { $0.contains(" error ") }
        }

        private static func check(_ errors: [String], cause: String) {
            #expect(errors.count == 1, "\(errors)")
            #expect(
                errors.first?.contains("failed to seed AI Bridge prices; cost tracking may use stale prices") == true)
            #expect(errors.first?.contains(cause) == true, "\(errors)")
        }

        @Test(
            "57: a column of another type: it starts, with one error line and the rows as they were",
            arguments: Backend.allCases)
        func columnType(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                if backend == .sqlite {
                    try database.sql("DROP TABLE ai_model_prices")
                    try database.sql(
                        """
                        CREATE TABLE ai_model_prices (
                            provider TEXT NOT NULL, model TEXT NOT NULL, input_price BLOB, output_price INTEGER,
                            cache_read_price INTEGER, cache_write_price INTEGER, created_at INTEGER NOT NULL,
                            updated_at INTEGER NOT NULL, PRIMARY KEY (provider, model)) STRICT, WITHOUT ROWID
                        """)
                } else {
                    try database.sql("ALTER TABLE ai_model_prices DROP CONSTRAINT ai_model_prices_input_price_check")
                    try database.sql("ALTER TABLE ai_model_prices ALTER COLUMN input_price TYPE bytea USING NULL")
                }
                Self.check(try await Self.errors(database, database.arguments), cause: "input_price")
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
            }
        }

        @Test(
            "57: a price table that only takes what is there: it starts, with one error line",
            arguments: Backend.allCases)
        func constraint(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                if backend == .sqlite {
                    try database.sql(
                        """
                        CREATE TRIGGER only_old BEFORE INSERT ON ai_model_prices WHEN NEW.model = 'gpt-4o'
                        BEGIN SELECT RAISE(ABORT, 'gpt-4o is not welcome'); END
                        """)
                } else {
                    try database.sql(
                        "ALTER TABLE ai_model_prices ADD CONSTRAINT not_welcome CHECK (model <> 'gpt-4o')")
                }
                let cause = backend == .sqlite ? "gpt-4o is not welcome" : "not_welcome"
                Self.check(try await Self.errors(database, database.arguments), cause: cause)
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
            }
        }

        @Test("57: Postgres: a login without the right to update prices: it starts, and the log has the cause")
        func noRight() async throws {
            try await TestDatabase.with(.postgres) { database in
                let name = try #require(try database.sql("SELECT current_database()")[0][0])
                let role = "\(name)_reader"
                for text in [
                    "CREATE ROLE \(role) LOGIN", "GRANT CREATE ON DATABASE \(name) TO \(role)",
                    "GRANT ALL ON SCHEMA usersd TO \(role)",
                    "GRANT ALL ON ALL TABLES IN SCHEMA usersd TO \(role)",
                    "REVOKE INSERT, UPDATE ON ai_model_prices FROM \(role)",
                ] { try database.sql(text) }
                defer {
                    _ = try? database.sql("DROP OWNED BY \(role)")
                    _ = try? database.sql("DROP ROLE \(role)")
                }
                let url = database.location.replacing("user=usersd", with: "user=\(role)")
                #expect(url != database.location)
                Self.check(try await Self.errors(database, ["--postgres-url", url]), cause: "permission denied")
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
            }
        }

        @Test(
            "58, 66: a table that was emptied is full again; rows by hand stay; created_at stays",
            arguments: Backend.allCases)
        func restart(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                try database.sql("DELETE FROM ai_model_prices")
                #expect(try await Self.errors(database, database.arguments) == [])
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["71"]])
                #expect(
                    try await PricesProgram.run("set", "a", "by hand", "1", "null", "0", "2", on: database).status == 0)
                let times = "SELECT created_at, updated_at FROM ai_model_prices ORDER BY provider, model"
                let before = try database.sql(times)
                try database.sql("UPDATE ai_model_prices SET output_price = 1 WHERE provider = 'openai'")

                #expect(try await Self.errors(database, database.arguments) == [])
                let after = try database.sql(times)
                #expect(after.count == 72)
                #expect(after.map { $0[0] } == before.map { $0[0] })
                #expect(zip(before, after).filter { $0[1] != $1[1] }.count == 71)
                #expect(after.first == before.first)
                #expect(try database.priceLines().first == "a by hand 1 - 0 2")
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices WHERE output_price = 1") == [["0"]])
            }
        }

        @Test("62: the prices are there with the first answer", arguments: Backend.allCases)
        func first(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let server = try await RunningServer.start(database.arguments)
                let token = try server.owner()
                let list = try server.send("GET", "/api/experimental/ai/model-prices", token: token)
                #expect(list.json?.elements.count == 71)
                let body =
                    #"{"prices":[{"provider":"openai","model":"gpt-4o","input_price":1,"output_price":1,"#
                    + #""cache_read_price":1,"cache_write_price":1}]}"#
                let set = try server.send("POST", "/api/experimental/ai/model-prices", token: token, body: body)
                #expect(set.status == 400)
                let large = String(repeating: " ", count: 1_048_577)
                let refused = try server.send("POST", "/api/experimental/ai/model-prices", token: token, body: large)
                #expect(refused.status == 413)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
