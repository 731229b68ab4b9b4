internal import Glibc

/// A bounded queue that threads wait at.
///
/// `@unchecked Sendable`: `waiting` and `isStopped` are touched only with `mutex` held.
public final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    // On the heap: the address of a lock must not change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let limit: Int
    private var waiting: [Element] = []
    private var isStopped = false

    /// - Parameter limit: elements that may wait.
    public init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Elements that wait.
    public var count: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return waiting.count
    }

    /// False when the queue is full or has been stopped.
    public func add(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard waiting.count < limit, !isStopped else { return false }
        waiting.append(element)
        pthread_cond_signal(changed)
        return true
    }

    /// Waits for the next elements, at most `count` of them; empty once the queue is stopped and drained.
    public func take(atMost count: Int) -> [Element] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isStopped { return [] }
            pthread_cond_wait(changed, mutex)
        }
        let taken = Array(waiting.prefix(count))
        waiting.removeFirst(taken.count)
        return taken
    }

    /// Takes nothing more; what waits is still handed out.
    public func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}

/// A thread that runs one closure.
public struct WorkerThread: Sendable {
    private let thread: pthread_t

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
    }

    /// - Parameter stackBytes: address space for the stack; only pages that were used are backed by memory.
    public init(stackBytes: Int = 8 << 20, _ run: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, Self.main, Unmanaged.passRetained(Body(run)).toOpaque())
        precondition(code == 0, "no thread")
        self.thread = thread
    }

    public func join() { pthread_join(thread, nil) }
}
