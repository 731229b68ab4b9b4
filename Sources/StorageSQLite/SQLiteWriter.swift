internal import Loops
internal import Storage

/// The one writer of a file. What waits together is changed in one transaction, each request in a savepoint of its
/// own, committed once and only then answered (design.md §3.2): a durable write costs a share of one fsync, and a
/// failed change undoes only itself.
final class SQLiteWriter: Sendable {
    /// A change that waits, without the type of its result.
    private struct Change: Sendable {
        /// Makes the change. What it returns answers the caller: with the result, or with the error of the commit.
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

    /// - Parameter connection: the writer's own; nobody else touches it afterwards.
    init(_ connection: sending SQLiteConnection) {
        let queue = queue
        let box = Box(connection)
        thread = WorkerThread {
            while true {
                let batch = queue.take(atMost: Self.batchLimit)
                if batch.isEmpty { return Self.tidy(box.connection) }
                Self.commit(batch, on: box.connection)
            }
        }
    }

    /// Carries the connection into the writer's thread.
    ///
    /// `@unchecked Sendable`: made by `init` from a `sending` value and read by that thread alone.
    private final class Box: @unchecked Sendable {
        let connection: SQLiteConnection
        init(_ connection: SQLiteConnection) { self.connection = connection }
    }

    /// Runs `body` in a savepoint and returns once it is committed.
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
            for change in batch {
                try connection.command("SAVEPOINT change")
                let outcome = change.apply(connection)
                applied.append(outcome)
                // A full disk ends the whole transaction, not the savepoint.
                guard connection.isInTransaction else { throw StorageError.broken("the transaction was lost") }
                if !outcome.succeeded { try connection.command("ROLLBACK TO change") }
                try connection.command("RELEASE change")
            }
            try connection.command("COMMIT")
            for outcome in applied { outcome.answer(nil) }
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            for outcome in applied { outcome.answer(error) }
            for change in batch.dropFirst(applied.count) { change.refuse(error) }
        }
    }
}
