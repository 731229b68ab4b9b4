import Loops

/// Runs every job on a thread of its own: what blocks there keeps no thread of Swift's pool from the tasks that
/// it waits for. A task is used, not a bare thread, because expectations find their test by a task-local value.
private final class ThreadPerJob: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        _ = WorkerThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Task(executorPreference: ThreadPerJob()) { try work() }.value
}

func blocking(_ work: @escaping @Sendable () -> Void) async {
    await Task(executorPreference: ThreadPerJob()) { work() }.value
}
