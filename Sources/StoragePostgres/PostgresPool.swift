internal import Loops
internal import Storage

/// A few connections for transactions that decide between their statements; opened when first needed.
///
/// `@unchecked Sendable`: used on its loop's thread only.
final class PostgresPool: @unchecked Sendable {
    private let loop: EventLoop
    private let target: PostgresTarget
    private var idle: [PostgresPipeline] = []
    private var open = 0
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

    private func take() async throws(StorageError) -> PostgresPipeline {
        if let connection = idle.popLast() { return connection }
        if open < Self.size {
            open += 1
            return PostgresPipeline(loop, target)
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
