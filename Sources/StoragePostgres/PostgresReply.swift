internal import Storage

/// Gathers the results of one call, whose statements stand in the pipeline one behind the other, for whoever waits for
/// them. Used on its loop's thread only.
final class PostgresReply {
    typealias Outcome = Result<Box, StorageError>
    typealias Continuation = UnsafeContinuation<Outcome, Never>

    /// Carries results from the loop to a task of the same loop.
    ///
    /// `@unchecked Sendable`: both ends run on one thread.
    final class Box: @unchecked Sendable {
        let results: [PostgresResult]
        init(_ results: [PostgresResult]) { self.results = results }
    }

    let isAtomic: Bool
    /// Monotonic milliseconds when the call was made.
    let since: UInt64
    private let continuation: Continuation
    private let others: [Continuation]
    private var remaining: Int
    private var results: [PostgresResult] = []
    private var failure: StorageError?

    /// - Parameters:
    ///   - others: who asked the same in the same turn.
    ///   - count: statements of the call.
    ///   - atomic: it has succeeded when its commit has, and not before.
    init(_ continuation: Continuation, others: [Continuation] = [], count: Int, atomic: Bool, now: UInt64) {
        self.continuation = continuation
        self.others = others
        remaining = atomic ? count + 1 : count
        isAtomic = atomic
        since = now
    }

    /// One of what it waits for has come.
    func advance(_ result: PostgresResult?, _ failure: StorageError?) {
        if let result { results.append(result) }
        // The statement that failed says why; those behind it were only not run.
        if let failure, self.failure == nil { self.failure = failure }
        remaining -= 1
        guard remaining == 0 else { return }
        resume(self.failure.map { .failure($0) } ?? .success(Box(results)))
    }

    func fail(_ failure: StorageError) {
        guard remaining > 0 else { return }
        remaining = 0
        resume(.failure(self.failure ?? failure))
    }

    private func resume(_ outcome: Outcome) {
        continuation.resume(returning: outcome)
        for other in others { other.resume(returning: outcome) }
    }
}
