internal import Glibc

/// The pool's queue is full: the caller should try again later.
public struct Overloaded: Error, Sendable {}

/// A small bounded pool of threads for what burns CPU (password hashing), never for I/O.
/// Its tasks come back to the loop they left, because a continuation resumes on its task's executor.
public final class Offload: Sendable {
    private let queue: BlockingQueue<@Sendable () -> Void>
    private let threads: [WorkerThread]

    private static let niceness: Int32 = 10

    /// - Parameter queueLimit: pieces of work that may wait; beyond it `run` throws.
    public init(threadCount: Int, queueLimit: Int) {
        let queue = BlockingQueue<@Sendable () -> Void>(limit: queueLimit)
        self.queue = queue
        threads = (0..<threadCount).map { _ in
            WorkerThread {
                // The loops' threads go first: a request that needs no hash does not wait for one.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
                while let work = queue.take(atMost: 1).first { work() }
            }
        }
    }

    /// Pieces of work that wait for a thread.
    public var waitingCount: Int { queue.count }

    /// Runs `work` on a thread of the pool.
    /// - Throws: `Overloaded` if the queue is full or the pool has stopped.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(Overloaded) -> Value {
        let value: Value? = await withUnsafeContinuation { continuation in
            if !queue.add({ continuation.resume(returning: work()) }) { continuation.resume(returning: nil) }
        }
        guard let value else { throw Overloaded() }
        return value
    }

    /// Lets what waits finish, then ends the threads.
    public func stop() {
        queue.stop()
        for thread in threads { thread.join() }
    }
}
