internal import CLinux
internal import Glibc
internal import HTTP
internal import Loops

/// One loop's share of the engine: its listener, its connections, its buffers.
///
/// `@unchecked Sendable`: touched on its loop's thread only; `Engine` reaches it through tasks that prefer the loop.
final class LoopServer: DescriptorHandler, TurnEnd, @unchecked Sendable {
    let loop: EventLoop
    let limits: Limits
    let handler: Engine.Handler
    private let refused: Engine.RefusalObserver
    private(set) var counts = Engine.Counts()
    private(set) var isDraining = false

    private let admission: Admission
    private var listener: Int32?
    private var registration: EventLoop.Registration?
    private var isPaused = false
    private var connections: [Connection] = []
    private var flushes: [Connection] = []
    private var flushing: [Connection] = []
    private var buffers: [[UInt8]] = []
    private let clock = DateCache()
    private var sweeps = false
    /// Connections since the last time that free memory went back to the kernel.
    private var wentToRest = 0
    private var nextTrim: UInt64 = 0

    private static let sweepMilliseconds: UInt64 = 250
    private static let pooledBuffers = 64
    private static let restingCrowd = 1_000
    private static let trimMilliseconds: UInt64 = 10_000
    /// Room for the empty lines that the parser passes over in front of a head.
    private static let emptyLineBytes = 16

    init(
        loop: EventLoop, limits: Limits, admission: Admission, handler: Engine.Handler,
        refused: @escaping Engine.RefusalObserver
    ) {
        self.loop = loop
        self.limits = limits
        self.admission = admission
        self.handler = handler
        self.refused = refused
    }

    /// Appends a whole message.
    func write(
        _ response: borrowing Response, to head: borrowing RequestHead, closing: Bool, into out: inout [UInt8]
    ) {
        clock.refresh()
        ResponseWriter.write(response, to: head, closing: closing, date: clock, into: &out)
    }

    /// Counts a refusal, and appends its message.
    func refuse(_ status: Status, of peer: PeerAddress, into out: inout [UInt8]) {
        counts.refusals[status.rawValue, default: 0] += 1
        refused(status, peer)
        clock.refresh()
        ResponseWriter.refusal(status, date: clock, into: &out)
    }

    // MARK: Listening

    func listen(on descriptor: Int32) throws(SystemError) {
        listener = descriptor
        registration = try loop.watch(descriptor, .read, self)
        loop.atTurnEnd(self)
    }

    func ready(_ readiness: Readiness) {
        guard let listener else { return }
        // Bounded, so that a burst of connections cannot starve the open ones.
        for _ in 0..<64 {
            // At the limit newcomers wait with the kernel until somebody leaves.
            guard admission.hasRoom else { return pauseForRoom() }
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            switch Syscall.nonBlocking({ Int(linux_accept(listener, &address, &length)) }) {
            case .done(let descriptor): accept(Int32(descriptor), SocketAddress.peer(address))
            case .wouldBlock: return
            case .failed(let code):
                // Out of descriptors or memory: what waits stays with the kernel until something closes.
                if code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM { pause() }
                return
            }
            if isPaused { return }
        }
    }

    private func accept(_ descriptor: Int32, _ peer: PeerAddress) {
        switch admission.admit(peer) {
        case .refused:
            counts.turnedAway += 1
            close(descriptor)
            return
        case .last: pauseForRoom()
        case .admitted: break
        }
        counts.accepted += 1
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let connection = Connection(descriptor, peer: peer, server: self)
        connection.position = connections.count
        connections.append(connection)
        do throws(SystemError) {
            try connection.open()
        } catch {
            close(descriptor)
            closed(connection)
        }
        startSweeping()
    }

    /// Stops accepting for a moment; other loops may close what makes room, so it is tried again by time.
    private func pause() {
        guard !isPaused, let registration else { return }
        isPaused = true
        loop.change(registration, to: [])
        loop.schedule(after: Self.sweepMilliseconds) { [self] in resume() }
    }

    private func resume() {
        guard isPaused, let registration else { return }
        isPaused = false
        guard admission.hasRoom else { return pauseForRoom() }
        loop.change(registration, to: .read)
    }

    /// Whoever does nothing makes room for whoever comes: those of this loop that have been idle longest are closed,
    /// a hundredth of the limit at a time. The pause ends as the first of them goes.
    private func pauseForRoom() {
        pause()
        let since = loop.now + limits.idleMilliseconds - min(limits.crowdedIdleMilliseconds, limits.idleMilliseconds)
        let idle = connections.filter { $0.isIdle && $0.deadline <= since }.sorted { $0.deadline < $1.deadline }
        for connection in idle.prefix(max(1, limits.connections / 100)) { connection.expire() }
    }

    // MARK: Connections

    func closed(_ connection: Connection) {
        let last = connections.removeLast()
        if last !== connection {
            last.position = connection.position
            connections[connection.position] = last
        }
        admission.leave(connection.peer)
        if isPaused { resume() }
    }

    /// One pass over all connections instead of a timer each: a deadline moves with every request.
    private func startSweeping() {
        guard !sweeps else { return }
        sweeps = true
        loop.schedule(after: Self.sweepMilliseconds) { [self] in
            sweeps = false
            let now = loop.now
            for connection in connections where connection.deadline <= now { connection.expire() }
            for connection in connections where connection.restIfIdle(at: now) { wentToRest += 1 }
            giveBackMemory()
            if !connections.isEmpty { startSweeping() }
        }
    }

    /// What thousands of tasks have held lies between what lives on: the allocator keeps it unless it is told. It takes
    /// milliseconds, so clients who come and go by the thousand do not make it happen at every sweep.
    private func giveBackMemory() {
        guard wentToRest >= Self.restingCrowd, loop.now >= nextTrim else { return }
        wentToRest = 0
        nextTrim = loop.now + Self.trimMilliseconds
        malloc_trim(0)
    }

    func stopListening() {
        isDraining = true
        if let registration { loop.unwatch(registration) }
        if let listener { close(listener) }
        registration = nil
        listener = nil
        for connection in connections { connection.drain() }
    }

    // MARK: Batches and buffers

    func flushAtTurnEnd(_ connection: Connection) { flushes.append(connection) }

    func turnEnded() {
        swap(&flushes, &flushing)
        for connection in flushing { connection.flushAtTurnEnd() }
        flushing.removeAll(keepingCapacity: true)
    }

    func takeBuffer() -> [UInt8] {
        buffers.popLast() ?? [UInt8](repeating: 0, count: limits.headBytes + Self.emptyLineBytes)
    }

    func giveBack(_ buffer: inout [UInt8]) {
        if buffers.count < Self.pooledBuffers { buffers.append(buffer) }
        buffer = []
    }
}
