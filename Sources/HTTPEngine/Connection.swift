internal import CLinux
internal import Glibc
internal import HTTP
internal import Loops

/// One client's socket, and the one long task that serves it on its loop. A connection that has been idle for a while
/// rests: it has no task and no buffers until its client speaks again, because a task keeps the memory of its deepest
/// call.
///
/// `@unchecked Sendable`: created, used and dropped on its loop's thread; its task prefers that loop, and
/// `ready`, `flush` and `expire` are called by the loop.
final class Connection: DescriptorHandler, @unchecked Sendable {
    /// What the connection waits for, which says how long it may and what happens then.
    enum Phase { case idle, head, body, handler, write, linger }

    private enum Wake { case bytes, ended, expired, rest }

    let server: LoopServer
    let peer: PeerAddress
    /// Position among the server's connections.
    var position = 0
    /// Monotonic milliseconds; `UInt64.max` while a handler runs.
    private(set) var deadline: UInt64

    /// Between two requests, or before the first.
    var isIdle: Bool { phase == .idle }

    private let descriptor: Int32
    private var registration: EventLoop.Registration?
    private var interest: Interest = .read
    private var phase = Phase.idle
    private var waiter: UnsafeContinuation<Wake, Never>?
    private var writeWaiter: UnsafeContinuation<Bool, Never>?

    private var input: [UInt8] = []
    private var start = 0
    private var end = 0
    /// Bytes of `input` that were ever used, to be wiped.
    private var used = 0
    private var output: [UInt8] = []
    private var sent = 0
    private var isQueuedForFlush = false
    private var isClosed = false
    private var isResting = true
    private var answered = 0

    /// How long it waits for the next request before it rests, milliseconds.
    private static let restless: UInt64 = 1_000

    init(_ descriptor: Int32, peer: PeerAddress, server: LoopServer) {
        self.descriptor = descriptor
        self.peer = peer
        self.server = server
        deadline = server.loop.now + server.limits.idleMilliseconds
    }

    func open() throws(SystemError) {
        registration = try server.loop.watch(descriptor, interest, self)
    }

    /// - Returns: whether it has gone to rest now.
    func restIfIdle(at now: UInt64) -> Bool {
        guard phase == .idle, start == end, now + server.limits.idleMilliseconds >= deadline + Self.restless,
            let waiter
        else { return false }
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

    // MARK: The task

    private func serve() async {
        var parser = RequestParser(limits: server.limits)
        // Whether the client may still be sending when we close.
        var lingers = false
        loop: while !isClosed {
            let parsed = input.withUnsafeBufferPointer {
                parser.parse(UnsafeBufferPointer(rebasing: $0[..<end]), from: start)
            }
            switch consume parsed {
            case .needMore:
                dropEmptyLines()
                if start == end, server.isDraining {
                    lingers = answered > 0
                    break loop
                }
                enter(start == end ? .idle : .head)
                switch await moreBytes() {
                case .bytes: continue
                case .rest: return
                case .ended: break loop
                case .expired:
                    if start < end {
                        refuse(.requestTimeout)
                        lingers = true
                    }
                    break loop
                }
            case .reject(let status):
                refuse(status)
                lingers = true
                break loop
            case .head(let head, let consumed):
                // The head's offsets count from the buffer's beginning, and reading a body moves or gives back the
                // buffer: a request with a body takes its head out first.
                var bytes = head.framing == .none ? input : Array(input[..<consumed])
                start = consumed
                var body: [UInt8] = []
                if head.framing != .none {
                    switch await read(head, into: &body) {
                    case .done: break
                    case .ended: break loop
                    case .refused(let status):
                        refuse(status)
                        lingers = true
                        break loop
                    }
                }
                let goesOn = await answer(head, bytes, body)
                if head.framing != .none {
                    Wipe.bytes(&bytes, count: bytes.count)
                    Wipe.bytes(&body, count: body.count)
                }
                guard goesOn else {
                    lingers = true
                    break loop
                }
                // Who sent many requests at once is not served to the last of them while others wait.
                if start < end, server.loop.hasUsedItsShare { await server.loop.nextTurn() }
            }
        }
        await finish(lingering: lingers)
    }

    /// Answers one request. False when the connection ends with it.
    private func answer(_ head: RequestHead, _ bytes: [UInt8], _ body: [UInt8]) async -> Bool {
        enter(.handler)
        let eventually = server.handler.respond(
            Request(
                method: head.method, path: head.path, query: head.query, fields: head.fields, bytes: bytes, body: body,
                peer: peer))
        let response =
            switch eventually {
            case .ready(let response): response
            case .waiting(let rest): await rest()
            }
        answered += 1
        let closing = !head.keepsAlive || server.isDraining || answered >= server.limits.requestsPerConnection
        server.write(response, to: head, closing: closing, into: &output)
        queueFlush()
        if output.count - sent > server.limits.unsentBytes { await drainOutput() }
        return !closing && !isClosed
    }

    private enum BodyEnd { case done, ended, refused(Status) }

    private func read(_ head: RequestHead, into body: inout [UInt8]) async -> BodyEnd {
        var decoder = ChunkedDecoder(limits: server.limits)
        if case .length(let length) = head.framing, length > server.limits.bodyBytes {
            return .refused(.contentTooLarge)
        }
        var continueIsDue = head.expectsContinue
        enter(.body)
        while true {
            switch head.framing {
            case .none: return .done
            case .length(let length):
                let count = min(length - body.count, end - start)
                body.append(contentsOf: input[start..<start + count])
                start += count
                if body.count == length { return .done }
            case .chunked:
                var consumed = 0
                let progress = input.withUnsafeBufferPointer {
                    decoder.decode(
                        UnsafeBufferPointer(rebasing: $0[..<end]), from: start, into: &body, consumed: &consumed)
                }
                start += consumed
                switch progress {
                case .needMore: break
                case .done: return .done
                case .reject(let status): return .refused(status)
                }
            }
            if continueIsDue {
                continueIsDue = false
                ResponseWriter.interim(into: &output)
                queueFlush()
            }
            switch await moreBytes() {
            case .bytes: continue
            case .ended, .rest: return .ended
            case .expired: return .refused(.requestTimeout)
            }
        }
    }

    private func refuse(_ status: Status) {
        server.refuse(status, of: peer, into: &output)
        queueFlush()
    }

    /// An empty line behind a request is nothing (RFC 9112 §2.2): it starts no clock.
    private func dropEmptyLines() {
        while end - start >= 2, input[start] == 13, input[start + 1] == 10 { start += 2 }
    }

    /// Sends what is left, and goes on reading for a moment when it was we who ended the conversation: closing with
    /// unread bytes would reset the connection and take the answer with it (RFC 9112 §9.6).
    private func finish(lingering: Bool) async {
        start = end
        makeRoom()
        if !isClosed, output.count > sent { await drainOutput() }
        if lingering, !isClosed {
            shutdown(descriptor, Int32(SHUT_WR))
            enter(.linger)
            var discarded = 0
            while !isClosed, discarded < server.limits.bodyBytes {
                guard case .bytes = await moreBytes() else { break }
                discarded += end - start
                start = end
            }
        }
        close()
    }

    // MARK: Waiting

    private func enter(_ phase: Phase) {
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

    private func moreBytes() async -> Wake {
        // Before the answer goes out: who has it may take the request to be forgotten.
        makeRoom()
        if output.count > sent {
            // No further request is read while replies are unsent.
            flush()
            if output.count > sent {
                let phase = self.phase
                await drainOutput()
                enter(phase)
                // The server may have begun to stop while the client was slow.
                if server.isDraining, phase == .idle { return .ended }
            }
        }
        if isClosed { return .ended }
        watch(.read)
        return await withUnsafeContinuation { waiter = $0 }
    }

    /// Room for the next bytes; an idle connection holds no buffer.
    private func makeRoom() {
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

    private func watch(_ interest: Interest) {
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
        self.waiter = nil
        waiter.resume(returning: hasMore ? .bytes : .ended)
    }

    private func readAtRest() {
        guard let hasMore = read() else { return giveBackInput() }
        if hasMore { wakeUp() } else { close() }
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

    private func queueFlush() {
        guard !isQueuedForFlush else { return }
        isQueuedForFlush = true
        server.flushAtTurnEnd(self)
    }

    func flushAtTurnEnd() {
        isQueuedForFlush = false
        flush()
    }

    private func flush() {
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

    /// Waits until every byte of the output is with the kernel, or the client has gone.
    private func drainOutput() async {
        flush()
        guard !isClosed, sent < output.count else { return }
        enter(.write)
        watch(.write)
        _ = await withUnsafeContinuation { writeWaiter = $0 }
    }

    private func close() {
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
