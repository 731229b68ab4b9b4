internal import Glibc
internal import Loops
internal import Storage
internal import StoragePostgres
internal import StorageSQLite

/// The database that the options name, opened and ready.
enum Database: Sendable {
    case sqlite(SQLiteDatabase, path: String)
    case postgres(PostgresDatabase)

    /// - Throws: `.broken` with a text for the operator.
    static func open(_ config: Config) throws(StorageError) -> Database {
        let url = config.text("postgres-url")
        if !url.isEmpty { return .postgres(try PostgresDatabase(url: url)) }
        let path = try sqlitePath(config)
        return .sqlite(try SQLiteDatabase(path: path, options: config.sqlite), path: path)
    }

    /// The file that the options name.
    static func sqlitePath(_ config: Config) throws(StorageError) -> String {
        let chosen = config.text("sqlite-path")
        return chosen.isEmpty ? try standardPath() : chosen
    }

    func storage(on loop: EventLoop) async throws(StorageError) -> any Storage {
        switch self {
        case .sqlite(let database, _): return try database.storage(on: loop)
        case .postgres(let database): return try await database.storage(on: loop)
        }
    }

    /// For the first log line; no address and no password.
    var description: String {
        switch self {
        case .sqlite(_, let path): "SQLite at \(path)"
        case .postgres(let database): database.isCoders ? "Postgres, a database that Coder made" : "Postgres"
        }
    }

    /// Coder seeds its own price book (database.md §6).
    var seedsPrices: Bool {
        switch self {
        case .sqlite: true
        case .postgres(let database): !database.isCoders
        }
    }

    func close() {
        if case .sqlite(let database, _) = self { database.close() }
    }

    /// `usersd/usersd.sqlite` in the user's data folder (XDG Base Directory Specification), made when missing.
    private static func standardPath() throws(StorageError) -> String {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let data = variable("XDG_DATA_HOME") ?? variable("HOME").map({ "\($0)/.local/share" }) else {
            throw .broken("neither XDG_DATA_HOME nor HOME is set: name the file with --sqlite-path")
        }
        let folder = "\(data)/usersd"
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o700) != 0, errno != EEXIST, errno != EACCES, errno != EROFS {
                throw .broken("cannot make \(path): \(String(cString: strerror(errno)))")
            }
        }
        return "\(folder)/usersd.sqlite"
    }
}
