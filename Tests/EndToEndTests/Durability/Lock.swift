@testable import StorageSQLite

/// Another process's write lock on a file: one connection that begins and does not end.
///
/// `@unchecked Sendable`: a test's own, used by one task after another.
final class Lock: @unchecked Sendable {
    private let connection: SQLiteConnection

    init(_ path: String) throws {
        connection = try SQLiteConnection(path: path)
        try connection.execute("BEGIN EXCLUSIVE")
    }

    func release() throws { try connection.execute("ROLLBACK") }
}
