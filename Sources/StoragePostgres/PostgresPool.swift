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
    private var waiting: [UnsafeContinuation<PostgresPipeline?, Never>] = []

    /// Connections of one loop.
    private static let size = 2
    private static let waitingLimit = 256

    init(_ loop: EventLoop, _ target: PostgresTarget) {
        self.loop = loop
        self.target = target
    }

    /// Runs `body` between BEGIN and COMMIT.
    /// - Throws: what `body` throws, after a ROLLBACK; `.busy` when too many wait; `.unavailable`.
    func transaction<Value>(
        _ body: (PostgresPipeline) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        loop.preconditionOnLoop()
        let connection = try await take()
        do throws(StorageError) {
            try await connection.waitUntilReady()
            try await connection.command("BEGIN")
        } catch {
            giveBack(connection)
            throw error
        }
        do throws(StorageError) {
            let value = try await body(connection)
            try await connection.command("COMMIT")
            giveBack(connection)
            return value
        } catch {
            // A connection that was lost has rolled back by itself.
            try? await connection.command("ROLLBACK")
            giveBack(connection)
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
        guard let connection = await withUnsafeContinuation({ waiting.append($0) }) else { throw .unavailable }
        return connection
    }

    private func giveBack(_ connection: PostgresPipeline) {
        if waiting.isEmpty { idle.append(connection) } else { waiting.removeFirst().resume(returning: connection) }
    }

    func stop() {
        for connection in idle { connection.stop() }
        idle = []
        for waiter in waiting { waiter.resume(returning: nil) }
        waiting = []
    }
}
