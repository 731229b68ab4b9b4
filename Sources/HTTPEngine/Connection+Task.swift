internal import CLinux
internal import Glibc
internal import HTTP
internal import Loops

/// Where a connection waits: for a handler, for a body, for a client who is slow to send or to take. Its one task.
extension Connection {
    func serve() async {
        // Whether the client may still be sending when we close.
        var lingers = false
        loop: while !isClosed {
            let step = next ?? advance()
            next = nil
            switch step {
            case .moreBytes:
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
            case .wait(let head, let rest):
                queueFlush()
                next = answer(head, with: await rest())
            case .body(let head):
                queueFlush()
                // The head's offsets count from the buffer's beginning, and reading a body moves or gives back the
                // buffer.
                var bytes = Array(input[..<start])
                var body: [UInt8] = []
                switch await read(head, into: &body) {
                case .done: break
                case .ended: break loop
                case .refused(let status):
                    refuse(status)
                    lingers = true
                    break loop
                }
                enter(.handler)
                next = answer(head, with: await respond(head, bytes, body).response)
                Wipe.bytes(&bytes, count: bytes.count)
                Wipe.bytes(&body, count: body.count)
            case .drain: await drainOutput()
            case .nextTurn:
                queueFlush()
                await server.loop.nextTurn()
            case .refuse(let status):
                refuse(status)
                lingers = true
                break loop
            case .end:
                lingers = true
                break loop
            }
        }
        await finish(lingering: lingers)
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

    /// Waits until every byte of the output is with the kernel, or the client has gone.
    private func drainOutput() async {
        flush()
        guard !isClosed, sent < output.count else { return }
        enter(.write)
        watch(.write)
        _ = await withUnsafeContinuation { writeWaiter = $0 }
    }
}
