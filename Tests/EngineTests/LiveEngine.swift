import Glibc
import HTTP
import HTTPEngine
import Loops
import Synchronization

/// A door that handlers wait at until the test opens it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals = 0
    }

    private let state = Mutex(State())

    /// Handlers that came to the door so far.
    var arrivals: Int { state.withLock { $0.arrivals } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// An engine on a port of the kernel's choice, with a handler that answers what it was asked:
/// `/bytes/N` N bytes, `/gate` once the gate is open, `/work` after work that keeps the loop busy, anything else an echo of the body and of `X-Who`.
final class LiveEngine: Sendable {
    let engine: Engine
    let address: SocketAddress
    let gate = Gate()
    private final class Served: Sendable { let targets = Mutex<[String]>([]) }
    private let record: Served

    /// - Parameter waits: whether every answer is waited for, which is asked for by `/later…` otherwise.
    private init(limits: Limits, loops: [EventLoop], waits: Bool) async throws {
        let gate = gate
        let record = Served()
        self.record = record
        let handler = Engine.Handler { request in
            record.targets.withLock { $0.append(request.target) }
            let answer = Self.answer(request, gate)
            guard waits || request.target.hasPrefix("/later") else { return answer }
            return .waiting {
                await Task.yield()
                return await answer.response
            }
        }
        engine = Engine(limits: limits, loops: loops, handlers: loops.map { _ in handler })
        address = try await engine.listen(on: SocketAddress("127.0.0.1:0")!)
    }

    /// Targets in the order in which handlers began.
    var targets: [String] { record.targets.withLock { $0 } }

    private static func answer(_ request: Request, _ gate: Gate) -> EventualResponse {
        let target = request.target
        var response = Response(.ok)
        response.add(.contentType, "text/plain")
        if target.hasPrefix("/bytes/"), let count = Int(target.dropFirst(7)) {
            response.body = [UInt8](repeating: 120, count: count)
        } else if target == "/gate" {
            response.body = Array("opened".utf8)
            return .waiting { [response] in
                await gate.pass()
                return response
            }
        } else if target == "/work" {
            // Two milliseconds of the loop's time.
            let end = EventLoop.monotonicMilliseconds() + 2
            while EventLoop.monotonicMilliseconds() < end {}
        } else if target == "/none" {
            response.status = .noContent
        } else {
            response.body = Array("\(request.method.name) \(target) ".utf8) + request.body
            if let who = request.text(HeaderName("X-Who")) { response.add(HeaderName("X-Who"), who) }
        }
        return .ready(response)
    }

    /// Runs `body`, which may block, on a thread of its own; then stops everything.
    static func run<Value: Sendable>(
        _ limits: Limits = Limits(), loops count: Int = 1, waits: Bool = false,
        _ body: @escaping @Sendable (LiveEngine) throws -> Value
    ) async throws -> Value {
        var limits = limits
        limits.drainMilliseconds = min(limits.drainMilliseconds, 5000)
        let loops = try (0..<count).map { try EventLoop(index: $0) }
        for loop in loops { loop.start() }
        let live = try await LiveEngine(limits: limits, loops: loops, waits: waits)
        let result: Result<Value, any Error>
        do {
            result = .success(try await blocking { try body(live) })
        } catch {
            result = .failure(error)
        }
        live.gate.open()
        _ = await live.engine.drain()
        await blocking { for loop in loops { loop.stop() } }
        return try result.get()
    }

    func client(receiveBuffer: Int32? = nil, from source: String? = nil) throws -> Client {
        try Client(address, receiveBuffer: receiveBuffer, from: source)
    }

    /// Waits until `condition` holds; whether it did within half a minute.
    static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<3000 {
            if condition() { return true }
            usleep(10_000)
        }
        return condition()
    }
}
