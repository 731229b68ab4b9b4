internal import Loops
internal import Storage

/// A few connections for transactions that decide between their statements; opened when first needed.
///
/// `@unchecked Sendable`: used on its loop's thread only.
final class PostgresPool: @unchecked Sendable {
    private let loop: EventLoop
    private let target: PostgresTarget
    private var idle: [PostgresPipeline] = []
    /// All that were opened, idle or not.
    private var connections: [PostgresPipeline] = []
    private var waiting: [(since: UInt64, continuation: UnsafeContinuation<Turn, Never>)] = []
    private var isWatching = false

    /// What a wait for a connection ends with.
    private enum Turn {
        case connection(PostgresPipeline)
        case failure(StorageError)
    }

    /// Connections of one loop.
    private static let size = 2
    private static let waitingLimit = 256

    init(_ loop: EventLoop, _ target: PostgresTarget) {
        self.loop = loop
        self.target = target
    }

    /// Runs `body` between BEGIN and COMMIT.
    /// - Throws: what `body` throws, after a ROLLBACK; `.busy` when too many wait, or one for too long; `.unavailable`
    ///   when the connection is lost or the transaction takes longer than its deadline.
    func transaction<Value>(
        _ body: (PostgresPipeline) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        loop.preconditionOnLoop()
        let connection = try await take()
        defer { giveBack(connection) }
        try await connection.waitUntilReady()
        connection.beginTransaction()
        defer { connection.endTransaction() }
        try await connection.command("BEGIN")
        do throws(StorageError) {
            let value = try await body(connection)
            try await connection.command("COMMIT")
            return value
        } catch {
            // A connection that was lost has rolled back by itself.
            try? await connection.command("ROLLBACK")
            throw error
        }
    }

    var load: StorageLoad {
        var load = StorageLoad()
        load.busyConnections = connections.count - idle.count
        load.idleConnections = idle.count
        load.waitingTransactions = waiting.count
        load.lostConnections = connections.reduce(0) { $0 + $1.lostCount }
        return load
    }

    private func take() async throws(StorageError) -> PostgresPipeline {
        if let connection = idle.popLast() { return connection }
        if connections.count < Self.size {
            let connection = PostgresPipeline(loop, target)
            connections.append(connection)
            return connection
        }
        guard waiting.count < Self.waitingLimit else { throw .busy }
        watchWaiting()
        switch await withUnsafeContinuation({ waiting.append((loop.now, $0)) }) {
        case .connection(let connection): return connection
        case .failure(let failure): throw failure
        }
    }

    private func giveBack(_ connection: PostgresPipeline) {
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            waiting.removeFirst().continuation.resume(returning: .connection(connection))
        }
    }

    /// Nobody waits for a connection longer than for a statement.
    private func watchWaiting() {
        guard !isWatching else { return }
        isWatching = true
        loop.schedule(after: 1_000) { [weak self] in
            guard let self else { return }
            while let waiter = waiting.first, loop.now - waiter.since > PostgresPipeline.deadlineMilliseconds {
                waiting.removeFirst()
                waiter.continuation.resume(returning: .failure(.busy))
            }
            isWatching = false
            if !waiting.isEmpty { watchWaiting() }
        }
    }

    func stop() {
        for connection in idle { connection.stop() }
        idle = []
        for waiter in waiting { waiter.continuation.resume(returning: .failure(.unavailable)) }
        waiting = []
    }
}
