internal import CLinux
internal import Glibc
internal import Synchronization

/// Somebody who owns a descriptor that a loop watches. Called on the loop's thread only.
public protocol DescriptorHandler: AnyObject {
    func ready(_ readiness: Readiness)
}

/// Somebody with work to batch: called on the loop's thread when a turn's events and jobs are done.
public protocol TurnEnd: AnyObject {
    func turnEnded()
}

/// One thread, one epoll set, one task executor: a task that prefers this loop runs where its bytes are.
///
/// A job enqueued from the loop's own thread goes to a plain array (no lock, no wake-up); a job from elsewhere
/// goes through a lock and an eventfd.
///
/// `@unchecked Sendable`: `inbox` is behind a lock; every other property is read and written by the loop's
/// thread alone, which `preconditionOnLoop` checks at each entry.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// 0 for the first loop of a process.
    public let index: Int

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var stopping = false
    }

    private struct Slot {
        var handler: (any DescriptorHandler)?
        var generation: UInt32 = 0
    }

    private let inbox = Mutex(Inbox())
    private let wake: Descriptor
    private let epoll: Epoll
    private var thread: WorkerThread?
    /// The thread, for anybody to compare with; 0 until it runs.
    private let owner = Atomic<pthread_t>(0)
    private var jobs: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var turnEnds: [any TurnEnd] = []
    /// Tasks that have had their share of a turn, in the order in which they get the next.
    private var later: [UnsafeContinuation<Void, Never>] = []
    /// Nanoseconds on the monotonic clock when the present share of work began.
    private var shareBegan: UInt64 = 0
    private var timers = Timers()
    /// Milliseconds on the monotonic clock when this turn began.
    public private(set) var now: UInt64 = 0

    /// Room for a JSON document of the deepest nesting; only pages that were used are ever backed by memory.
    private static let stackBytes = 64 << 20
    private static let wakeToken = UInt64.max
    /// How long a turn may work on what it has before the sockets are asked again, nanoseconds.
    private static let share: UInt64 = 1_000_000

    public init(index: Int) throws(SystemError) {
        self.index = index
        epoll = try Epoll()
        wake = Descriptor(
            try Syscall.checked("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) })
        try epoll.add(wake.number, .read, token: Self.wakeToken)
        now = Self.monotonicMilliseconds()
    }

    // MARK: Life

    /// Starts the thread; every callback and job runs on it from here on.
    public func start() {
        thread = WorkerThread(stackBytes: Self.stackBytes) { [self] in run() }
    }

    /// Ends the thread after its current turn and waits for it. Call it from outside, once nothing is in flight.
    public func stop() {
        inbox.withLock { $0.stopping = true }
        wakeUp()
        thread?.join()
    }

    public var isCurrent: Bool { owner.load(ordering: .relaxed) == pthread_self() }

    public func preconditionOnLoop() {
        precondition(isCurrent, "state of an event loop was touched from another thread")
    }

    private func run() {
        owner.store(pthread_self(), ordering: .relaxed)
        var wasBusy = false
        while true {
            let isIdle = jobs.isEmpty && later.isEmpty
            var count = 0
            // Before it sleeps it lets whoever waits for the processor have it, and looks once more: what came
            // meanwhile is served as one batch, and nobody has to wake the thread for it.
            if isIdle, wasBusy {
                sched_yield()
                count = epoll.wait(0)
            }
            if count == 0 { count = epoll.wait(isIdle ? timers.wait(from: Self.monotonicMilliseconds()) : 0) }
            wasBusy = count > 0
            now = Self.monotonicMilliseconds()
            shareBegan = Self.monotonicNanoseconds()
            for index in 0..<count {
                let event = epoll.event(index)
                if event.token == Self.wakeToken { takeInbox() } else { dispatch(event.token, event.readiness) }
                // At once: a request is answered while its bytes are in the cache, and its client goes to work
                // while the next one is read.
                runJobs()
            }
            for action in timers.due(at: now) { action() }
            runJobs()
            if !later.isEmpty { runLater() }
            for end in turnEnds { end.turnEnded() }
            if inbox.withLock({ $0.stopping }) { return }
        }
    }

    // MARK: Executor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
        } else {
            let first = inbox.withLock {
                $0.jobs.append(job)
                return $0.jobs.count == 1
            }
            if first { wakeUp() }
        }
    }

    private func runJobs() {
        // Bounded, so that tasks that wake each other without end cannot starve the sockets.
        var rounds = 0
        while !jobs.isEmpty, rounds < 16 {
            swap(&jobs, &running)
            let executor = asUnownedTaskExecutor()
            for job in running { job.runSynchronously(on: executor) }
            running.removeAll(keepingCapacity: true)
            rounds += 1
        }
    }

    private func takeInbox() {
        var count: eventfd_t = 0
        _ = eventfd_read(wake.number, &count)
        let taken = inbox.withLock { inbox in
            let taken = inbox.jobs
            inbox.jobs.removeAll(keepingCapacity: true)
            return taken
        }
        jobs.append(contentsOf: taken)
    }

    private func wakeUp() { _ = eventfd_write(wake.number, 1) }

    // MARK: Descriptors

    /// A descriptor's place in the loop. The generation in its token lets an event for a descriptor that was
    /// closed and reused within one batch be dropped.
    public struct Registration: Sendable {
        let slot: Int
        let descriptor: Int32
        let token: UInt64
    }

    public func watch(
        _ descriptor: Int32, _ interest: Interest, _ handler: any DescriptorHandler
    ) throws(SystemError) -> Registration {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].generation &+= 1
        let token = UInt64(slots[slot].generation) << 32 | UInt64(slot)
        do {
            try epoll.add(descriptor, interest, token: token)
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[slot].handler = handler
        return Registration(slot: slot, descriptor: descriptor, token: token)
    }

    public func change(_ registration: Registration, to interest: Interest) {
        // Only a descriptor we do not own could fail here; its owner learns of it by its next read.
        try? epoll.change(registration.descriptor, interest, token: registration.token)
    }

    /// Stops watching. Call it before the descriptor is closed.
    public func unwatch(_ registration: Registration) {
        epoll.remove(registration.descriptor)
        slots[registration.slot].handler = nil
        slots[registration.slot].generation &+= 1
        freeSlots.append(registration.slot)
    }

    private func dispatch(_ token: UInt64, _ readiness: Readiness) {
        let slot = Int(token & 0xffff_ffff)
        guard slots[slot].generation == UInt32(token >> 32), let handler = slots[slot].handler else { return }
        handler.ready(readiness)
    }

    // MARK: Turns and timers

    /// Whether this turn has worked for so long that others should have theirs first. Call it on the loop.
    public var hasUsedItsShare: Bool { Self.monotonicNanoseconds() - shareBegan > Self.share }

    /// Goes on in a later turn, when the sockets have been asked again and those who waited before have had theirs:
    /// whoever has much to do leaves the loop to whoever has little. Call it on the loop.
    public func nextTurn() async { await withUnsafeContinuation { later.append($0) } }

    /// Lets at least one go on, and more for as long as a share is. Who comes back meanwhile stands behind the rest.
    private func runLater() {
        shareBegan = Self.monotonicNanoseconds()
        let waiting = later.count
        var resumed = 0
        repeat {
            later[resumed].resume()
            resumed += 1
            runJobs()
        } while resumed < waiting && !hasUsedItsShare
        later.removeFirst(resumed)
    }

    public func atTurnEnd(_ end: any TurnEnd) { turnEnds.append(end) }

    public func removeTurnEnd(_ end: any TurnEnd) { turnEnds.removeAll { $0 === end } }

    /// Runs `action` once on this loop, `milliseconds` from now. Call it on the loop.
    public func schedule(after milliseconds: UInt64, _ action: @escaping () -> Void) {
        timers.add(at: Self.monotonicMilliseconds() + milliseconds, action)
    }

    private static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    public static func monotonicMilliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
