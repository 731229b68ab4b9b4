internal import Logging
internal import Loops
internal import Storage

/// Deletes keys some time after they expired (keys-and-shell.md §0.7): every ten minutes, a bounded number at once.
/// Any number of processes may do it on one database.
struct KeyPurge: Sendable {
    let store: any KeyStore
    let loop: EventLoop
    /// Seconds after expiry; 0: never.
    let retention: Int64
    let log: Logger

    private static let pauseMilliseconds: UInt64 = 600_000
    private static let limit = 10_000

    func start() {
        guard retention > 0 else { return }
        Task(executorPreference: loop) { await run() }
    }

    private func run() async {
        do throws(StorageError) {
            let time = World.now().adding(seconds: -retention)
            let count = try await store.purgeKeys(expiredBefore: time, limit: Self.limit)
            if count > 0 { log.info("deleted \(count) keys that expired long ago") }
        } catch {
            log.warning("expired keys could not be deleted; trying again in ten minutes: \(error)")
        }
        loop.schedule(after: Self.pauseMilliseconds) { start() }
    }
}
