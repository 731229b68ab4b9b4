internal import CPostgres
internal import Storage

/// What happens once at the start, before anything is served: connect, migrate or check, prepare.
/// It blocks, on a connection of its own.
struct PostgresSetup: ~Copyable {
    private let connection: OpaquePointer

    /// Coder's migration that made the last table we need (database.md §0.1).
    private static let oldestCoderMigration: Int64 = 489
    private static let ownSchema = "usersd"
    /// Advisory lock of our migrations; Coder uses 1–9 and one of its own.
    private static let migrationLock: Int64 = 0x7573_6572_7364

    /// The server ends by itself what usersd has given up, and its locks with it, unless it has limits of its own:
    /// a statement a little before our deadline, so that the connection is kept; a transaction whose client the
    /// network has swallowed a little after it.
    private static let timeouts = """
        SELECT set_config(name, value, false)
        FROM   (VALUES ('statement_timeout', '9s'), ('idle_in_transaction_session_timeout', '15s')) AS ours (name, value)
        WHERE  current_setting(name) = '0'
        """

    init(url: String) throws(StorageError) {
        if let fault = PostgresTarget.libraryFault { throw .broken("Postgres needs libpq: \(fault)") }
        // libpq would quote what it cannot read, password and all.
        guard let parsed = PQconninfoParse(url, nil) else {
            throw .broken("the Postgres URL is neither a libpq URI nor a keyword string")
        }
        PQconninfoFree(parsed)
        guard let connection = PostgresTarget.connect(url) else { throw .broken("out of memory") }
        guard PQstatus(connection) == CONNECTION_OK else {
            let cause = String(cString: PQerrorMessage(connection)).split(separator: "\n").first.map(String.init)
            PQfinish(connection)
            throw .broken(cause ?? "the server cannot be reached")
        }
        self.connection = connection
    }

    deinit { PQfinish(connection) }

    /// - Returns: whether Coder made the database, and the commands each session starts with.
    func prepare(statements: [String]) throws(StorageError) -> (isCoders: Bool, commands: [String]) {
        var commands = ["SET TIME ZONE 'UTC'", "SET client_min_messages = warning", Self.timeouts]
        try run("SET client_min_messages = warning")
        let isCoders =
            try value("SELECT to_regclass('schema_migrations') IS NOT NULL AND to_regclass('users') IS NOT NULL") == "t"
        if isCoders {
            try checkCodersSchema()
        } else {
            commands.append("SET search_path = \(Self.ownSchema)")
            try migrate()
        }
        for command in commands { try run(command) }
        for (name, text) in zip(StatementName.allCases, statements) where name.isPrepared {
            let result = PQprepare(connection, name.name, text, 0, nil)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK, let result else {
                throw .broken("the database lacks what statement \(name.name) needs: \(lastError)")
            }
            _ = result
        }
        return (isCoders, commands)
    }

    /// Coder owns its schema: we change nothing, and say what is missing (database.md §6).
    private func checkCodersSchema() throws(StorageError) {
        let version = try value("SELECT version FROM schema_migrations") ?? ""
        guard try value("SELECT dirty FROM schema_migrations") == "f" else {
            throw .broken(
                "a migration of Coder's failed half-way (schema_migrations is dirty at \(version)): repair it first")
        }
        guard let number = Int64(version), number >= Self.oldestCoderMigration else {
            throw .broken(
                "Coder's schema is at migration \(version); usersd needs \(Self.oldestCoderMigration) or later: start a newer Coder on it first"
            )
        }
    }

    private func migrate() throws(StorageError) {
        let migrations: [String]
        do throws(SQLText.Fault) {
            migrations = try SQLText.migrations(PackageResources.migrations_sql)
        } catch {
            throw .broken("the migrations of this binary: \(error)")
        }
        try run("BEGIN")
        // Two processes may start at once: the second waits here and finds nothing to do.
        try run("SELECT pg_advisory_xact_lock(\(Self.migrationLock))")
        try run("CREATE SCHEMA IF NOT EXISTS \(Self.ownSchema)")
        try run("SET LOCAL search_path = \(Self.ownSchema)")
        try run("CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)")
        let version = Int(try value("SELECT coalesce(max(version), 0) FROM schema_version") ?? "") ?? 0
        guard version <= migrations.count else {
            throw .broken(
                "the database's schema is version \(version), this usersd knows \(migrations.count): start the newer usersd"
            )
        }
        if version < migrations.count {
            for migration in migrations[version...] { try run(migration) }
            try run("DELETE FROM schema_version")
            try run("INSERT INTO schema_version VALUES (\(migrations.count))")
        }
        try run("COMMIT")
    }

    private var lastError: String {
        String(cString: PQerrorMessage(connection)).split(separator: "\n").first.map(String.init) ?? "unknown"
    }

    private func run(_ text: String) throws(StorageError) { _ = try texts(text) }

    /// The first column of the first row.
    private func value(_ text: String) throws(StorageError) -> String? { try texts(text).first?.first ?? nil }

    /// Every value of every row as text; nil for NULL.
    func texts(_ text: String) throws(StorageError) -> [[String?]] {
        let result = PQexec(connection, text)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK:
            return (0..<PQntuples(result)).map { row in
                (0..<PQnfields(result)).map { column in
                    PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
                }
            }
        default: throw .broken(lastError)
        }
    }
}
