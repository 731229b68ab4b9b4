internal import Storage

/// Brings a file up to the schema of this binary. The number of the last migration is the file's `user_version`.
enum SQLiteMigrations {
    /// "usrd": tells our files from other programs' (`PRAGMA application_id`).
    private static let applicationID: Int64 = 0x7573_7264

    /// Before anything is set or written: another program's file stays as it is, to the byte.
    static func checkOwner(of connection: SQLiteConnection) throws(StorageError) {
        // Of one moment: another usersd may be making the tables right now.
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let tables = try number(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        let owner = try number(connection, "PRAGMA application_id")
        guard owner == applicationID || tables == 0 && owner == 0 else {
            throw .broken("the file is a database of another program")
        }
    }

    static func apply(to connection: SQLiteConnection) throws(StorageError) {
        let migrations: [String]
        do throws(SQLText.Fault) {
            migrations = try SQLText.migrations(PackageResources.migrations_sql)
        } catch {
            throw .broken("the migrations of this binary: \(error)")
        }
        // Two processes may start at once: the second waits here and finds nothing to do.
        try connection.execute("BEGIN IMMEDIATE")
        do throws(StorageError) {
            try upgrade(connection, migrations)
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    private static func upgrade(_ connection: SQLiteConnection, _ migrations: [String]) throws(StorageError) {
        let version = try number(connection, "PRAGMA user_version")
        guard version <= migrations.count else {
            throw .broken(
                "the file's schema is version \(version), this usersd knows \(migrations.count): start the newer usersd"
            )
        }
        guard version < migrations.count else { return }
        for migration in migrations[Int(version)...] { try connection.execute(migration) }
        try connection.execute("PRAGMA user_version = \(migrations.count); PRAGMA application_id = \(applicationID)")
    }

    private static func number(_ connection: SQLiteConnection, _ text: String) throws(StorageError) -> Int64 {
        try connection.composed(text, []) { $0.integer(0) }.first ?? 0
    }
}
