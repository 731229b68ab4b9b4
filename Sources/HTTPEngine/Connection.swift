internal import CLinux
internal import Glibc
internal import HTTP
internal import Loops

/// One client's socket. What can be answered at once is answered as its bytes come; a task takes over where something
/// has to be waited for. After it the connection keeps its task for a while, then it rests: it has no task and no buffers
/// until it needs them again, because a task keeps the memory of its deepest call.
///
/// `@unchecked Sendable`: created, used and dropped on its loop's thread; its task prefers that loop, and
/// `ready`, `flush` and `expire` are called by the loop.
final class Connection: DescriptorHandler, @unchecked Sendable {
    /// What the connection waits for, which says how long it may and what happens then.
    enum Phase { case idle, head, body, handler, write, linger }

    enum Wake { case bytes, ended, expired, rest }

    let server: LoopServer
    let peer: PeerAddress
    /// Position among the server's connections.
    var position = 0
    /// Monotonic milliseconds; `UInt64.max` while a handler runs.
    private(set) var deadline: UInt64

    /// Between two requests, or before the first.
    var isIdle: Bool { phase == .idle }

    let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var interest: Interest = .read
    var phase = Phase.idle
    var waiter: UnsafeContinuation<Wake, Never>?
    var writeWaiter: UnsafeContinuation<Bool, Never>?

    var input: [UInt8] = []
    var start = 0
    var end = 0
    /// Bytes of `input` that were ever used, to be wiped.
    private var used = 0
    var output: [UInt8] = []
    var sent = 0
    private var isQueuedForFlush = false
    var isClosed = false
    private var isResting = true
    var answered = 0
    private var parser: RequestParser
    /// What the task has to begin with.
    var next: Step?

    /// How long it waits for the next request before it rests, milliseconds.
    private static let restless: UInt64 = 1_000

    init(_ descriptor: Int32, peer: PeerAddress, server: LoopServer) {
        self.descriptor = descriptor
        self.peer = peer
        self.server = server
        parser = RequestParser(limits: server.limits)
        deadline = server.loop.now + server.limits.idleMilliseconds
    }

    func open() throws(SystemError) {
        registration = try server.loop.watch(descriptor, interest, self)
    }

    /// - Returns: whether it has gone to rest now.
    func restIfIdle(at now: UInt64) -> Bool {
        guard phase == .idle, start == end, now + server.limits.idleMilliseconds >= deadline + Self.restless else {
            return false
        }
        if isResting {
            // What was answered without a task has left its buffer.
            guard output.capacity > 0 else { return false }
            output = []
            return true
        }
        guard let waiter else { return false }
        self.waiter = nil
        isResting = true
        output = []
        waiter.resume(returning: .rest)
        return true
    }

    private func wakeUp() {
        isResting = false
        Task(executorPreference: server.loop) { await self.serve() }
    }

    // MARK: At once

    /// What comes next, where it has to be waited for.
    enum Step {
        /// Everything that has come is answered.
        case moreBytes
        case wait(RequestHead, @Sendable () async -> Response)
        case body(RequestHead)
        /// The client is slow to take its answers.
        case drain
        /// Others have waited for long enough.
        case nextTurn
        case refuse(Status)
        /// That was the last answer.
        case end
    }

    /// Answers request after request until something has to be waited for.
    func advance() -> Step {
        while !isClosed {
            let parsed = input.withUnsafeBufferPointer {
                parser.parse(UnsafeBufferPointer(rebasing: $0[..<end]), from: start)
            }
            switch consume parsed {
            case .needMore:
                dropEmptyLines()
                return .moreBytes
            case .reject(let status): return .refuse(status)
            case .head(let head, let consumed):
                start = consumed
                guard head.framing == .none else { return .body(head) }
                enter(.handler)
                switch respond(head, input, []) {
                case .waiting(let rest): return .wait(head, rest)
                case .ready(let response): if let step = answer(head, with: response) { return step }
                }
            }
        }
        return .end
    }

    /// Answers what has come, without a task where none is needed.
    /// - Returns: false when a task has to go on, with `next`.
    private func answerAtOnce() -> Bool {
        let step = advance()
        if case .moreBytes = step, start == end, !server.isDraining {
            // Before the answers go out: who has them may take the requests to be forgotten.
            makeRoom()
            flush()
            if isClosed { return true }
            if output.isEmpty {
                enter(.idle)
                return true
            }
        }
        next = step
        return false
    }

    /// An empty line behind a request is nothing (RFC 9112 §2.2): it starts no clock.
    private func dropEmptyLines() {
        while end - start >= 2, input[start] == 13, input[start + 1] == 10 { start += 2 }
    }

    func respond(_ head: RequestHead, _ bytes: [UInt8], _ body: [UInt8]) -> EventualResponse {
        server.handler.respond(
            Request(
                method: head.method, path: head.path, query: head.query, fields: head.fields, bytes: bytes, body: body,
                peer: peer))
    }

    /// Appends an answer to what goes out.
    /// - Returns: what has to be done before the next request.
    func answer(_ head: borrowing RequestHead, with response: borrowing Response) -> Step? {
        answered += 1
        let closing = !head.keepsAlive || server.isDraining || answered >= server.limits.requestsPerConnection
        server.write(response, to: head, closing: closing, into: &output)
        if closing || isClosed { return .end }
        if output.count - sent > server.limits.unsentBytes { return .drain }
        // Who sent many requests at once is not served to the last of them while others wait.
        return start < end && server.loop.hasUsedItsShare ? .nextTurn : nil
    }

    // MARK: Waiting

    func enter(_ phase: Phase) {
        // The clock of a phase starts with it and is not wound up by the bytes that come.
        if phase == self.phase, phase != .handler, phase != .write { return }
        self.phase = phase
        let limits = server.limits
        switch phase {
        case .idle: deadline = server.loop.now + limits.idleMilliseconds
        case .head: deadline = server.loop.now + limits.headMilliseconds
        case .body: deadline = server.loop.now + limits.bodyMilliseconds
        case .write: deadline = server.loop.now + limits.writeMilliseconds
        case .linger: deadline = server.loop.now + limits.lingerMilliseconds
        case .handler: deadline = .max
        }
    }

    /// Room for the next bytes; an idle connection holds no buffer.
    func makeRoom() {
        if start == end {
            start = 0
            end = 0
            giveBackInput()
        } else if end == input.count {
            input.withUnsafeMutableBufferPointer { buffer in
                _ = memmove(buffer.baseAddress!, buffer.baseAddress! + start, end - start)
            }
            end -= start
            start = 0
        }
    }

    /// Tokens and passwords stand in requests: the next connection gets the buffer without them.
    private func giveBackInput() {
        guard !input.isEmpty else { return }
        Wipe.bytes(&input, count: used)
        used = 0
        server.giveBack(&input)
    }

    func watch(_ interest: Interest) {
        guard interest != self.interest, let registration else { return }
        self.interest = interest
        server.loop.change(registration, to: interest)
    }

    // MARK: Called by the loop

    func ready(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.failed, .hungUp]), writeWaiter == nil, waiter == nil, !isResting {
            // Nobody waits: the handler's reply has no reader any more.
            close()
            return
        }
        if readiness.contains(.writable) || writeWaiter != nil { flush() }
        if isResting { return readAtRest() }
        guard let waiter else {
            // More came while a handler runs: leave it in the kernel until it is wanted.
            if writeWaiter == nil { watch(interest.subtracting(.read)) }
            return
        }
        guard let hasMore = read() else { return }
        if hasMore, phase == .idle || phase == .head, answerAtOnce() { return }
        self.waiter = nil
        waiter.resume(returning: hasMore ? .bytes : .ended)
    }

    private func readAtRest() {
        guard let hasMore = read() else { return giveBackInput() }
        if !hasMore { close() } else if !answerAtOnce() { wakeUp() }
    }

    /// Takes what the kernel has.
    /// - Returns: whether bytes came; false when none will; nil when none are there yet.
    private func read() -> Bool? {
        if input.isEmpty { input = server.takeBuffer() }
        let outcome = Syscall.nonBlocking {
            input.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + end, $0.count - end, 0) }
        }
        switch outcome {
        case .wouldBlock: return nil
        case .done(let count) where count > 0:
            end += count
            used = max(used, end)
            return true
        case .done, .failed: return false
        }
    }

    /// Called by the server's sweep when the deadline has passed.
    func expire() {
        // When bytes came in this same turn nobody waits: the deadline stands, and the next sweep finds it.
        if let waiter {
            self.waiter = nil
            waiter.resume(returning: .expired)
        } else if writeWaiter != nil || isResting {
            close()
        }
    }

    /// Ends an idle connection when the server drains; any other finishes its request first.
    func drain() {
        guard phase == .idle else { return }
        if isResting { return close() }
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: .ended)
    }

    // MARK: Output

    func queueFlush() {
        guard !isQueuedForFlush, output.count > sent else { return }
        isQueuedForFlush = true
        server.flushAtTurnEnd(self)
    }

    func flushAtTurnEnd() {
        isQueuedForFlush = false
        flush()
    }

    func flush() {
        while !isClosed, sent < output.count {
            let outcome = Syscall.nonBlocking {
                output.withUnsafeBytes {
                    send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
                }
            }
            switch outcome {
            case .done(let count):
                sent += count
                if phase == .write { deadline = server.loop.now + server.limits.writeMilliseconds }
            case .wouldBlock:
                watch(writeWaiter == nil ? interest.union(.write) : .write)
                return
            case .failed:
                close()
                return
            }
        }
        sent = 0
        Wipe.bytes(&output, count: output.count)
        if output.capacity > server.limits.unsentBytes { output = [] } else { output.removeAll(keepingCapacity: true) }
        if interest.contains(.write) { watch(waiter == nil ? [] : .read) }
        if let waiter = writeWaiter {
            writeWaiter = nil
            waiter.resume(returning: true)
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let registration { server.loop.unwatch(registration) }
        registration = nil
        _ = Glibc.close(descriptor)
        output = []
        sent = 0
        giveBackInput()
        server.closed(self)
        if let waiter {
            self.waiter = nil
            waiter.resume(returning: .ended)
        }
        if let waiter = writeWaiter {
            writeWaiter = nil
            waiter.resume(returning: false)
        }
    }
}
