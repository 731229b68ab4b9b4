internal import Glibc
public import HTTP
public import Loops
internal import Synchronization

/// The server's face: a listener per loop, all on one port.
public final class Engine: Sendable {
    /// Answers requests; runs on the loop of the request's connection. A value around a closure: bare closures in an
    /// array are called through thunks.
    public struct Handler: Sendable {
        let respond: @Sendable (Request) -> EventualResponse

        public init(_ respond: @escaping @Sendable (Request) -> EventualResponse) { self.respond = respond }

        /// A handler that waits each time.
        public init(waiting respond: @escaping @Sendable (Request) async -> Response) {
            self.respond = { request in .waiting { await respond(request) } }
        }
    }

    private let servers: [LoopServer]
    private let admission: Admission
    private let limits: Limits

    /// What became of connections since the start, and of requests that no handler saw.
    public struct Counts: Sendable {
        public var accepted = 0
        /// Over the limit of their network.
        public var turnedAway = 0
        /// Requests that are none, or were too slow or too large: by status.
        public var refusals: [Int: Int] = [:]
    }

    /// Told of every request that is refused before a handler sees it.
    public typealias RefusalObserver = @Sendable (Status, PeerAddress) -> Void

    /// - Parameters:
    ///   - handlers: one for each loop, in order.
    ///   - refused: called on the connection's loop.
    public init(
        limits: Limits, loops: [EventLoop], handlers: [Handler], refused: @escaping RefusalObserver = { _, _ in }
    ) {
        let admission = Admission(limits: limits)
        self.limits = limits
        self.admission = admission
        servers = zip(loops, handlers).map {
            LoopServer(loop: $0, limits: limits, admission: admission, handler: $1, refused: refused)
        }
    }

    /// Takes connections at a reserved address, one listener for each loop.
    /// - Throws: what `bind` said.
    public func listen(on reservation: SocketAddress.Reservation) async throws(SystemError) {
        var listeners: [Int32] = []
        for _ in servers {
            listeners.append(try reservation.address.listen(backlog: limits.backlog, sharing: true).descriptor)
        }
        for (server, listener) in zip(servers, listeners) {
            try await Self.on(server) { (server) throws(SystemError) in try server.listen(on: listener) }
        }
    }

    /// Reserves the address, and takes connections there.
    /// - Returns: the address with its real port.
    /// - Throws: what `bind` said; `isAddressInUse` when another process has the port.
    public func listen(on address: SocketAddress) async throws(SystemError) -> SocketAddress {
        let reservation = try address.reserve()
        let bound = reservation.address
        try await listen(on: reservation)
        return bound
    }

    /// Stops accepting, lets requests in flight finish and closes every connection.
    /// - Returns: false when the time of `Limits.drainMilliseconds` was not enough.
    public func drain() async -> Bool {
        for server in servers { await Self.on(server) { $0.stopListening() } }
        let limit = EventLoop.monotonicMilliseconds() + limits.drainMilliseconds
        while admission.total > 0 {
            if EventLoop.monotonicMilliseconds() >= limit { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    public var connectionCount: Int { admission.total }

    public func counts() async -> Counts {
        var sum = Counts()
        for server in servers {
            let counts = await Task(executorPreference: server.loop) { server.counts }.value
            sum.accepted += counts.accepted
            sum.turnedAway += counts.turnedAway
            sum.refusals.merge(counts.refusals, uniquingKeysWith: +)
        }
        return sum
    }

    private static func on<Failure: Error>(
        _ server: LoopServer, _ body: @escaping @Sendable (LoopServer) throws(Failure) -> Void
    ) async throws(Failure) {
        let result = await Task(executorPreference: server.loop) { () -> Result<Void, Failure> in
            do throws(Failure) { return .success(try body(server)) } catch { return .failure(error) }
        }.value
        try result.get()
    }
}
