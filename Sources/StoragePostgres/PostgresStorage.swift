public import Loops
public import Storage

/// A Postgres database that is ready for use: reached, migrated or checked, every statement prepared once.
public final class PostgresDatabase: Sendable {
    /// Coder made the database: usersd leaves its schema and its background work alone (database.md §6).
    public let isCoders: Bool
    private let target: PostgresTarget

    /// Blocks for as long as the server takes, five seconds at the most to connect.
    /// - Parameter url: a libpq URI or keyword string.
    /// - Throws: `.broken`, with a text for the operator that holds no password.
    public init(url: String) throws(StorageError) {
        let statements: [String]
        do throws(SQLText.Fault) {
            statements = try SQLText.catalogue([
                PackageResources.users_sql, PackageResources.keys_sql, PackageResources.identity_sql,
                PackageResources.organizations_sql, PackageResources.prices_sql, PackageResources.site_sql,
                PackageResources.roles_sql, PackageResources.settings_sql, PackageResources.sshkeys_sql,
                PackageResources.audit_sql,
            ]).statements
        } catch {
            throw .broken("the SQL of this binary: \(error)")
        }
        let setup = try PostgresSetup(url: url)
        let prepared = try setup.prepare(statements: statements)
        isCoders = prepared.isCoders
        target = PostgresTarget(url: url, sessionCommands: prepared.commands, statements: statements)
    }

    /// The storage of one loop, connected. Call it on that loop.
    /// - Throws: `.unavailable` when the server has gone meanwhile.
    public func storage(on loop: EventLoop) async throws(StorageError) -> PostgresStorage {
        let storage = PostgresStorage(loop, target, ownsWorkspaces: isCoders)
        try await storage.pipeline.waitUntilReady()
        return storage
    }
}

/// `Storage` of one loop on Postgres.
///
/// `@unchecked Sendable`: the pipeline and the pool demand the loop's thread at every entry.
public final class PostgresStorage: Storage, @unchecked Sendable {
    let pipeline: PostgresPipeline
    let pool: PostgresPool
    let isCoders: Bool
    /// What was read at the last moment that is known, and whether to ask for the moment; loop's thread only.
    var sessions = MomentCache<String, String, SessionRecord>(limit: 2_048)
    var pages = MomentCache<String, UserQuery, UserPage>(limit: 64)
    var counts = MomentCache<String, UserQuery, Int>(limit: 64)
    var curiosity = Curiosity()
    /// Longer pages are read anew each time.
    static let keptPageLength = 200

    init(_ loop: EventLoop, _ target: PostgresTarget, ownsWorkspaces: Bool) {
        pipeline = PostgresPipeline(loop, target)
        pool = PostgresPool(loop, target)
        isCoders = ownsWorkspaces
    }

    public var load: StorageLoad {
        var load = pool.load
        load.statementsInFlight = pipeline.statementsInFlight
        load.lostConnections += pipeline.lostCount
        return load
    }

    /// Closes every connection. Call it on the loop, when nothing is in flight.
    public func close() {
        pipeline.stop()
        pool.stop()
    }
}
