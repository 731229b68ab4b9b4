internal import Loops
internal import Storage

/// The one writer of a file. What waits together is changed in one transaction, committed once and only then answered
/// (design.md §3.2): a durable write costs a share of one fsync. A failed change undoes only itself; a batch in which one
/// fails half done is begun again, each change in a savepoint of its own.
final class SQLiteWriter: Sendable {
    /// A change that waits, without the type of its result.
    private struct Change: Sendable {
        /// Makes the change; called again where the transaction is begun again. What it returns answers the caller:
        /// with the result, or with the error of the commit.
        let apply: @Sendable (SQLiteConnection) -> Applied
        /// Answers the caller without a change.
        let refuse: @Sendable (StorageError) -> Void
    }

    private struct Applied {
        let succeeded: Bool
        let answer: (StorageError?) -> Void
    }

    private let queue = BlockingQueue<Change>(limit: SQLiteWriter.queueLimit)
    private let thread: WorkerThread

    /// Changes that may wait; beyond it callers are told `.busy`.
    private static let queueLimit = 4_096
    private static let batchLimit = 256

    /// - Parameters:
    ///   - connection: the writer's own; nobody else touches it afterwards. It leaves the journal alone.
    ///   - another: makes one more connection to the file.
    init(
        _ connection: sending SQLiteConnection, another: @escaping @Sendable () throws(StorageError) -> SQLiteConnection
    ) {
        let queue = queue
        let box = Box(connection)
        thread = WorkerThread {
            var checkpointer = SQLiteCheckpointer(another)
            while true {
                let batch = queue.take(atMost: Self.batchLimit)
                if batch.isEmpty { break }
                Self.commit(batch, on: box.connection)
                checkpointer.shortenJournal(of: box.connection)
            }
            checkpointer.stop()
            Self.tidy(box.connection)
        }
    }

    /// Carries the connection into the writer's thread.
    ///
    /// `@unchecked Sendable`: made by `init` from a `sending` value and read by that thread alone.
    private final class Box: @unchecked Sendable {
        let connection: SQLiteConnection
        init(_ connection: SQLiteConnection) { self.connection = connection }
    }

    /// Runs `body`, which changes all or nothing, and returns once it is committed.
    /// - Parameter body: runs again when another change of its transaction fails half done.
    /// - Throws: what `body` throws; `.busy` when too many changes wait; what the commit failed with.
    @discardableResult
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = await withUnsafeContinuation { continuation in
            let refuse: @Sendable (StorageError) -> Void = { continuation.resume(returning: .failure($0)) }
            let apply: @Sendable (SQLiteConnection) -> Applied = { connection in
                do throws(StorageError) {
                    let value = try body(connection)
                    return Applied(succeeded: true) { failure in
                        continuation.resume(returning: failure.map(Result.failure) ?? .success(value))
                    }
                } catch {
                    return Applied(succeeded: false) { _ in refuse(error) }
                }
            }
            if !queue.add(Change(apply: apply, refuse: refuse)) { refuse(.busy) }
        }
        return try result.get()
    }

    /// Changes that wait for the writer.
    var waitingCount: Int { queue.count }

    /// Finishes what waits, then ends the thread.
    func stop() {
        queue.stop()
        thread.join()
    }

    /// Moves the journal into the file, so that whoever copies a file that is not in use copies everything. Another
    /// process that uses it keeps us waiting for half a second at most, and does it when it ends.
    private static func tidy(_ connection: SQLiteConnection) {
        try? connection.execute("PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private static func commit(_ batch: [Change], on connection: SQLiteConnection) {
        var applied: [Applied] = []
        do throws(StorageError) {
            try connection.command("BEGIN IMMEDIATE")
            if try !apply(batch, on: connection, &applied) {
                applied = []
                try connection.command("ROLLBACK")
                try connection.command("BEGIN IMMEDIATE")
                try applyInSavepoints(batch, on: connection, &applied)
            }
            try connection.command("COMMIT")
            for outcome in applied { outcome.answer(nil) }
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            for outcome in applied { outcome.answer(error) }
            for change in batch.dropFirst(applied.count) { change.refuse(error) }
        }
    }

    /// Without savepoints, for each of which SQLite copies every page before it changes: a change that fails has mostly
    /// changed nothing, for SQLite undoes what the failed statement itself did.
    /// - Returns: false when a change failed half done.
    private static func apply(
        _ batch: [Change], on connection: SQLiteConnection, _ applied: inout [Applied]
    ) throws(StorageError) -> Bool {
        for change in batch {
            let before = connection.changedRows
            let outcome = try apply(change, on: connection, &applied)
            if !outcome.succeeded, connection.changedRows != before { return false }
        }
        return true
    }

    private static func applyInSavepoints(
        _ batch: [Change], on connection: SQLiteConnection, _ applied: inout [Applied]
    ) throws(StorageError) {
        for change in batch {
            try connection.command("SAVEPOINT change")
            let outcome = try apply(change, on: connection, &applied)
            if !outcome.succeeded { try connection.command("ROLLBACK TO change") }
            try connection.command("RELEASE change")
        }
    }

    private static func apply(
        _ change: Change, on connection: SQLiteConnection, _ applied: inout [Applied]
    ) throws(StorageError) -> Applied {
        let outcome = change.apply(connection)
        applied.append(outcome)
        // A full disk ends the whole transaction, not the statement.
        guard connection.isInTransaction else { throw StorageError.broken("the transaction was lost") }
        return outcome
    }
}
