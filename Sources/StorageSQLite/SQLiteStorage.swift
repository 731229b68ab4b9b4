internal import Glibc
public import Loops
public import Storage

/// A SQLite file and everything opened on it: one writer, and a read connection for each loop.
public final class SQLiteDatabase: Sendable {
    let writer: SQLiteWriter
    private let path: String
    private let statements: [String]

    public struct Options: Sendable {
        /// `PRAGMA synchronous`: a commit is on the disk when it is answered (`full`), or survives a crash of the
        /// process but not of the machine (`normal`).
        public enum Synchronous: String, Sendable, CaseIterable { case full, normal }

        public var synchronous = Synchronous.full

        public init() {}
    }

    /// Opens or creates the file, mode 0600, and brings its schema up to date. Nothing runs on another thread yet.
    /// - Parameter path: a file, or `:memory:`.
    /// - Throws: `.broken`, with a text for the operator, when the file cannot be opened, is no database of ours, or
    ///   was made by a newer usersd.
    public init(path: String, options: Options = Options()) throws(StorageError) {
        let connection: SQLiteConnection
        do throws(SQLText.Fault) {
            statements = try SQLText.catalogue(Self.statementFiles).statements
        } catch {
            throw .broken("the SQL of this binary: \(error)")
        }
        if path == ":memory:" {
            // A database that every connection of this process can open, and no other process.
            self.path = "file:/usersd-\(getpid())-\(Self.serial())?vfs=memdb"
        } else {
            try Self.createFile(path)
            self.path = path
        }
        do throws(StorageError) {
            connection = try Self.openPatiently(self.path, options)
            try SQLiteMigrations.apply(to: connection)
            try connection.prepare(statements)
        } catch {
            switch error {
            case .broken(let cause): throw .broken("\(path): \(cause)")
            case .busy: throw .broken("\(path): another process holds its lock")
            default: throw error
            }
        }
        try connection.execute(
            "PRAGMA cache_size = -\(Self.writerCacheKiB); PRAGMA wal_autocheckpoint = 0")
        let path = self.path
        writer = SQLiteWriter(connection) { () throws(StorageError) in try Self.open(path, options) }
    }

    private static var statementFiles: [[UInt8]] {
        [
            PackageResources.users_sql, PackageResources.keys_sql, PackageResources.identity_sql,
            PackageResources.organizations_sql, PackageResources.prices_sql, PackageResources.site_sql,
            PackageResources.roles_sql, PackageResources.settings_sql, PackageResources.sshkeys_sql,
            PackageResources.audit_sql,
        ]
    }

    private static func serial() -> UInt64 {
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number) { Syscall.fillRandom($0) }
        return number
    }

    /// Of two first starts on one file, which both turn it into a WAL file, SQLite refuses one at once, whatever its
    /// patience, because waiting would be a deadlock: that one begins again.
    private static func openPatiently(_ path: String, _ options: Options) throws(StorageError) -> SQLiteConnection {
        let end = EventLoop.monotonicMilliseconds() + SQLiteConnection.patienceMilliseconds
        while true {
            do throws(StorageError) { return try open(path, options, checked: true) } catch {
                guard case .busy = error, EventLoop.monotonicMilliseconds() < end else { throw error }
                usleep(10_000)
            }
        }
    }

    /// - Parameter checked: look for damage before anything is set or written.
    private static func open(
        _ path: String, _ options: Options, checked: Bool = false
    ) throws(StorageError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        try SQLiteMigrations.checkOwner(of: connection)
        if checked { try checkPages(of: path, on: connection) }
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(options.synchronous == .full ? "FULL" : "NORMAL");
            PRAGMA foreign_keys = ON;
            """)
        return connection
    }

    /// Pages that the writer changes in one transaction and the next: written early and read again, they would cost more
    /// than the change. Memory that a server without writes never takes.
    private static let writerCacheKiB = 8 << 10

    /// Bytes up to which a start reads every page; it takes a tenth of a second. `usersd backup` checks any size.
    private static let checkedSize = 16 << 20

    /// A damaged page is found before the start writes beside it, not when somebody asks for what it held.
    private static func checkPages(of path: String, on connection: SQLiteConnection) throws(StorageError) {
        guard fileSize(path) <= checkedSize else { return }
        let answer = try connection.texts("PRAGMA quick_check(1)")
        guard answer == [["ok"]] else {
            let lines = answer.first?.first.map { $0 ?? "" }?.split(separator: "\n") ?? []
            throw .broken("the file is damaged, restore a copy: \(lines.joined(separator: " "))")
        }
    }

    /// The file holds password hashes: nobody else may read it. SQLite gives its companions the same mode.
    private static func createFile(_ path: String) throws(StorageError) {
        let new = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        // An umask may have taken more away than was asked for.
        if new >= 0 { fchmod(new, 0o600) }
        let descriptor = new >= 0 ? new : Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .broken("cannot open \(path): \(String(cString: strerror(errno)))") }
        _ = Glibc.close(descriptor)
        // SQLite would throw the journal away, and whoever comes first would be the owner of a new database.
        if fileSize(path) == 0, fileSize("\(path)-wal") > 0 {
            throw .broken("\(path) is empty, but its journal \(path)-wal is not: the file was lost, restore a copy")
        }
    }

    /// Bytes; 0 when there is no such file.
    private static func fileSize(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The storage of one loop: it reads on a connection of its own and writes through the writer.
    public func storage(on loop: EventLoop) throws(StorageError) -> SQLiteStorage {
        let connection = try Self.open(path, Options())
        try connection.prepare(statements)
        try connection.execute("PRAGMA query_only = ON")
        return SQLiteStorage(connection, writer, loop)
    }

    /// Finishes the changes that wait. Call it when no loop uses the storage any more.
    public func close() { writer.stop() }
}

/// `Storage` of one loop on SQLite.
///
/// `@unchecked Sendable`: the read connection and the cache are reached behind `reader`, which demands the loop's
/// thread.
public final class SQLiteStorage: Storage, @unchecked Sendable {
    private let connection: SQLiteConnection
    private let loop: EventLoop
    /// Of callers; loop's thread only, as `reader` is.
    var sessions = MomentCache<SQLiteMoment, String, SessionRecord>(limit: 2_048)
    /// Pages that were asked for, and how many users there are; loop's thread only.
    var pages = MomentCache<SQLiteMoment, UserQuery, UserPage>(limit: 64)
    var counts = MomentCache<SQLiteMoment, UserQuery, Int>(limit: 64)
    /// Longer pages are read anew each time.
    static let keptPageLength = 200
    let writer: SQLiteWriter

    init(_ connection: SQLiteConnection, _ writer: SQLiteWriter, _ loop: EventLoop) {
        self.connection = connection
        self.writer = writer
        self.loop = loop
    }

    public var load: StorageLoad {
        var load = StorageLoad()
        load.waitingWrites = writer.waitingCount
        return load
    }

    var reader: SQLiteConnection {
        loop.preconditionOnLoop()
        return connection
    }
}
