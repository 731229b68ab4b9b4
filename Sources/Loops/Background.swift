/// Work that goes on behind an answer, on the loop of its request: bounded, and waited for when the server stops.
///
/// `@unchecked Sendable`: `running` and `waiting` are touched on the loop's thread only; every entry goes there.
public final class Background: @unchecked Sendable {
    private let loop: EventLoop
    private let limit: Int
    private var running = 0
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    /// - Parameter limit: pieces of work that may be under way at once.
    public init(_ loop: EventLoop, limit: Int = 1_024) {
        self.loop = loop
        self.limit = limit
    }

    /// Call it on the loop.
    /// - Returns: false when too much is under way; `work` is dropped.
    public func add(_ work: @escaping @Sendable () async -> Void) -> Bool {
        loop.preconditionOnLoop()
        guard running < limit else { return false }
        running += 1
        Task(executorPreference: loop) { [self] in
            await work()
            running -= 1
            guard running == 0 else { return }
            for waiter in waiting { waiter.resume() }
            waiting = []
        }
        return true
    }

    /// Waits until nothing is under way.
    public func settle() async {
        await Task(executorPreference: loop) { [self] in
            guard running > 0 else { return }
            await withUnsafeContinuation { waiting.append($0) }
        }.value
    }
}
