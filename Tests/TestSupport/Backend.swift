internal import Glibc
public import Loops
public import Storage
@testable internal import StoragePostgres
@testable internal import StorageSQLite
internal import Synchronization

/// Both backends, always. A Postgres that is missing fails the suite; it is never skipped.
public enum Backend: String, CaseIterable, Sendable {
    case sqlite, postgres
}

public struct SupportFault: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// A fresh database of one backend, with a loop and its storage.
public final class TestDatabase: Sendable {
    public let backend: Backend
    public let loop: EventLoop
    public let store: any Storage
    /// A file's path, or a libpq URL: to start the binary on, or to open again.
    public let location: String
    private let sqlite: SQLiteDatabase?

    /// Gives `body` a database that nobody else uses, and removes it afterwards.
    public static func with<Value: Sendable>(
        _ backend: Backend, _ body: @Sendable (TestDatabase) async throws -> Value
    ) async throws -> Value {
        await Slots.take()
        defer { Slots.giveBack() }
        switch backend {
        case .sqlite:
            let folder = try temporaryFolder()
            defer { removeFolder(folder) }
            let database = try SQLiteDatabase(path: "\(folder)/test.sqlite", options: .quick)
            let loop = try started()
            let store = try await on(loop) { try database.storage(on: loop) as any Storage }
            let result: Result<Value, any Error> = await Self.result(
                TestDatabase(.sqlite, loop, store, "\(folder)/test.sqlite", database), body)
            database.close()
            loop.stop()
            return try result.get()
        case .postgres: return try await withPostgres(body)
        }
    }

    /// - Parameter shape: runs after the migrations and before the store is opened; it may make the database Coder's.
    private static func withPostgres<Value: Sendable>(
        shape: (String) throws -> Void = { _ in }, _ body: @Sendable (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let (name, url) = try PostgresServer.create()
        defer { PostgresServer.drop(name) }
        try shape(url)
        let database = try PostgresDatabase(url: url)
        let loop = try started()
        let store = try await on(loop) { try await database.storage(on: loop) }
        let result: Result<Value, any Error> = await Self.result(
            TestDatabase(.postgres, loop, store, url, nil), body)
        try await on(loop) { store.close() }
        loop.stop()
        return try result.get()
    }

    /// A database that Coder made, opened as one. Its shape is imitated: our tables, which are Coder's, in the schema
    /// `public`, with `schema_migrations` and the columns of workspaces that we read beside them.
    public static func withCoders<Value: Sendable>(
        _ body: @Sendable (TestDatabase) async throws -> Value
    ) async throws -> Value {
        await Slots.take()
        defer { Slots.giveBack() }
        return try await withPostgres(
            shape: { url in
                for text in CodersShape.commands { _ = try PostgresServer.run(text, url, own: false) }
            }, body)
    }

    private static func result<Value>(
        _ database: TestDatabase, _ body: @Sendable (TestDatabase) async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await body(database)) } catch { return .failure(error) }
    }

    private init(
        _ backend: Backend, _ loop: EventLoop, _ store: any Storage, _ location: String, _ sqlite: SQLiteDatabase?
    ) {
        self.backend = backend
        self.loop = loop
        self.store = store
        self.location = location
        self.sqlite = sqlite
    }

    private static func started() throws -> EventLoop {
        let loop = try EventLoop(index: 0)
        loop.start()
        return loop
    }

    /// Runs `body` on the loop, where the store may be used.
    public func onLoop<Value: Sendable>(_ body: @escaping @Sendable (any Storage) async throws -> Value) async throws
        -> Value
    {
        let store = store
        return try await Self.on(loop) { try await body(store) }
    }

    private static func on<Value: Sendable>(
        _ loop: EventLoop, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await Task(executorPreference: loop) { try await body() }.value
    }

    /// Runs SQL behind the server's back, in the dialect of the backend.
    /// - Returns: the rows; values as text, nil for NULL.
    @discardableResult
    public func sql(sqlite: String, postgres: String) throws -> [[String?]] {
        switch backend {
        case .sqlite: try SQLiteConnection(path: location).texts(sqlite)
        case .postgres: try PostgresServer.run(postgres, location, own: true)
        }
    }

    /// SQL that is the same in both dialects.
    @discardableResult
    public func sql(_ text: String) throws -> [[String?]] { try sql(sqlite: text, postgres: text) }
}

private enum CodersShape {
    static let commands = [
        "DROP SCHEMA public CASCADE", "DROP TABLE usersd.schema_version", "ALTER SCHEMA usersd RENAME TO public",
        "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
        "INSERT INTO schema_migrations VALUES (551, false)",
        "CREATE TYPE workspace_transition AS ENUM ('start', 'stop', 'delete')",
        """
        CREATE TABLE workspaces (
            id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES users (id), template_id uuid NOT NULL,
            deleted boolean NOT NULL DEFAULT false)
        """,
        """
        CREATE TABLE workspace_builds (
            id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspaces (id),
            template_version_id uuid NOT NULL, transition workspace_transition NOT NULL,
            created_at timestamptz NOT NULL)
        """,
        """
        CREATE TABLE workspace_build_parameters (
            workspace_build_id uuid NOT NULL REFERENCES workspace_builds (id), name text NOT NULL, value text NOT NULL)
        """,
        """
        CREATE TABLE template_version_parameters (
            template_version_id uuid NOT NULL, name text NOT NULL, ephemeral boolean NOT NULL DEFAULT false)
        """,
    ]
}

extension SQLiteDatabase.Options {
    /// Tests need no disk.
    fileprivate static var quick: SQLiteDatabase.Options {
        var options = SQLiteDatabase.Options()
        options.synchronous = .normal
        return options
    }
}

/// So many databases at once, however many tests the runner starts.
private enum Slots {
    private struct State {
        var free = 4
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let state = Mutex(State())

    static func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    static func giveBack() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

public func temporaryFolder() throws -> String {
    var template = Array("/tmp/usersd-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SupportFault("no temporary folder") }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

public func removeFolder(_ path: String) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    rmdir(path)
}
