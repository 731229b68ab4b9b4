internal import CPostgres
internal import Loops
internal import Storage

/// One connection in libpq's pipeline mode, its socket in the loop's epoll: what requests send in one turn of the
/// loop travels together behind one sync, and nothing ever blocks the loop (design.md §3.3).
///
/// Statements between two syncs are one implicit transaction. Reads share one; `atomic` has one of its own.
///
/// `@unchecked Sendable`: used on its loop's thread only; every entry demands it.
final class PostgresPipeline: DescriptorHandler, TurnEnd, @unchecked Sendable {
    /// A statement on its way.
    struct Statement {
        let text: Text
        let values: [PostgresValue]

        enum Text {
            case named(StatementName)
            case composed(String)
        }
    }

    private enum Entry {
        case statement(Statement, Reply)
        case sync
    }

    /// Gathers the results of one call, whose statements stand in the pipeline one behind the other.
    private final class Reply {
        let continuation: UnsafeContinuation<Result<Box, StorageError>, Never>
        let isAtomic: Bool
        var remaining: Int
        var results: [PostgresResult] = []
        var failure: StorageError?
        let since: UInt64

        init(
            _ continuation: UnsafeContinuation<Result<Box, StorageError>, Never>, count: Int, atomic: Bool, now: UInt64
        ) {
            self.continuation = continuation
            remaining = count
            isAtomic = atomic
            since = now
        }
    }

    /// Carries results from the loop to a task of the same loop.
    ///
    /// `@unchecked Sendable`: both ends run on one thread.
    private final class Box: @unchecked Sendable {
        let results: [PostgresResult]
        init(_ results: [PostgresResult]) { self.results = results }
    }

    private enum State { case closed, connecting, settingUp, ready }

    private let loop: EventLoop
    private let target: PostgresTarget
    private var connection: OpaquePointer?
    private var registration: EventLoop.Registration?
    private var interest: Interest = .read
    private var state = State.closed
    private var entries: [Entry] = []
    private var head = 0
    private var current: PostgresResult?
    private var currentFailure: StorageError?
    /// The statement was not run, because one before it in its transaction failed.
    private var currentIsAborted = false
    private var needsSync = false
    private var isWatched = false
    private var isStopped = false
    private var backoffMilliseconds: UInt64 = PostgresPipeline.firstBackoff
    private var readiness: [UnsafeContinuation<StorageError?, Never>] = []

    /// Statements that may be on their way; beyond it callers are told `.busy`.
    private static let queueLimit = 4_096
    private static let firstBackoff: UInt64 = 50
    private static let lastBackoff: UInt64 = 2_000
    /// The longest a statement may take before its connection counts as lost.
    private static let statementMilliseconds: UInt64 = 10_000

    init(_ loop: EventLoop, _ target: PostgresTarget) {
        self.loop = loop
        self.target = target
    }

    // MARK: Calls

    func first(_ name: StatementName, _ values: [PostgresValue] = []) async throws(StorageError) -> PostgresRow? {
        try await run(name, values).first
    }

    func run(_ name: StatementName, _ values: [PostgresValue] = []) async throws(StorageError) -> PostgresResult {
        try await send([Statement(text: .named(name), values: values)], atomic: false)[0]
    }

    /// A text from the list query's fixed set.
    func composed(_ text: String, _ values: [PostgresValue]) async throws(StorageError) -> PostgresResult {
        try await send([Statement(text: .composed(text), values: values)], atomic: false)[0]
    }

    /// All statements in one transaction of their own, in one round trip. One fails: none has happened.
    @discardableResult
    func atomic(_ statements: [(StatementName, [PostgresValue])]) async throws(StorageError) -> [PostgresResult] {
        try await send(statements.map { Statement(text: .named($0.0), values: $0.1) }, atomic: true)
    }

    /// Text without parameters, such as `BEGIN`.
    func command(_ text: String) async throws(StorageError) {
        _ = try await send([Statement(text: .composed(text), values: [])], atomic: true)
    }

    private func send(_ statements: [Statement], atomic: Bool) async throws(StorageError) -> [PostgresResult] {
        loop.preconditionOnLoop()
        guard state == .ready else { throw .unavailable }
        guard entries.count - head + statements.count <= Self.queueLimit else { throw .busy }
        let result = await withUnsafeContinuation { continuation in
            if atomic { sync() }
            let reply = Reply(continuation, count: statements.count, atomic: atomic, now: loop.now)
            for statement in statements { submit(statement, reply) }
            if atomic { sync() }
        }
        return try result.get().results
    }

    /// Waits until statements can be sent.
    /// - Throws: `.unavailable` when the first attempt to connect fails; attempts go on.
    func waitUntilReady() async throws(StorageError) {
        loop.preconditionOnLoop()
        if state == .ready { return }
        if state == .closed { connect() }
        let failure = await withUnsafeContinuation { readiness.append($0) }
        if let failure { throw failure }
    }

    var isReady: Bool { state == .ready }

    func stop() {
        isStopped = true
        drop(.unavailable)
        if isWatched { loop.removeTurnEnd(self) }
    }

    // MARK: Sending

    private func submit(_ statement: Statement, _ reply: Reply) {
        guard let connection else { return }
        let parameters = PostgresParameters(statement.values)
        let sent = parameters.with { count, values, lengths, formats in
            switch statement.text {
            case .named(let name) where name.isPrepared:
                PQsendQueryPrepared(connection, target.names[name.rawValue], count, values, lengths, formats, 1)
            case .named(let name):
                PQsendQueryParams(connection, target.statements[name.rawValue], count, nil, values, lengths, formats, 1)
            case .composed(let text):
                PQsendQueryParams(connection, text, count, nil, values, lengths, formats, 1)
            }
        }
        // A statement that could not be handed over is found lost with its connection, at the end of the turn.
        if sent != 1 { isBroken = true }
        entries.append(.statement(statement, reply))
        needsSync = true
    }

    private var isBroken = false

    private func sync() {
        guard needsSync, let connection else { return }
        needsSync = false
        if PQpipelineSync(connection) != 1 { isBroken = true }
        entries.append(.sync)
    }

    func turnEnded() {
        guard state == .ready || state == .settingUp, let connection else { return }
        sync()
        if isBroken { return lost() }
        switch PQflush(connection) {
        case 0: watch(.read)
        case 1: watch([.read, .write])
        default: lost()
        }
    }

    private func watch(_ interest: Interest) {
        guard interest != self.interest, let registration else { return }
        self.interest = interest
        loop.change(registration, to: interest)
    }

    // MARK: Receiving

    func ready(_ readiness: Readiness) {
        switch state {
        case .closed: return
        case .connecting: poll()
        case .settingUp, .ready:
            guard let connection, PQconsumeInput(connection) == 1 else { return lost() }
            receive(connection)
        }
    }

    private func receive(_ connection: OpaquePointer) {
        while head < entries.count, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                finishStatement()
                continue
            }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                if case .sync = entries[head] { head += 1 }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: current = PostgresResult(result)
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
                currentFailure = .busy
                currentIsAborted = true
            default:
                currentFailure = PostgresCodes.error(result)
                PQclear(result)
            }
            if self.connection == nil { return }
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1_024 {
            entries.removeFirst(head)
            head = 0
        }
    }

    /// libpq ends each statement's results with a nil.
    private func finishStatement() {
        guard head < entries.count, case .statement(let statement, let reply) = entries[head] else { return }
        guard current != nil || currentFailure != nil else { return }
        head += 1
        let result = current
        let failure = currentFailure
        let isAborted = currentIsAborted
        current = nil
        currentFailure = nil
        currentIsAborted = false
        // A read that shared its sync with one that failed goes again; it has changed nothing.
        if isAborted, !reply.isAtomic, state == .ready { return submit(statement, reply) }
        if let result { reply.results.append(result) }
        // The statement that failed says why; those behind it were only not run.
        if let failure, reply.failure == nil { reply.failure = failure }
        reply.remaining -= 1
        if reply.remaining == 0 {
            reply.continuation.resume(
                returning: reply.failure.map { .failure($0) } ?? .success(Box(reply.results)))
        }
    }

    // MARK: Connecting

    private func connect() {
        guard !isStopped else { return }
        state = .connecting
        guard let connection = target.start(), PQstatus(connection) != CONNECTION_BAD else { return lost() }
        self.connection = connection
        do throws(SystemError) {
            interest = .write
            registration = try loop.watch(PQsocket(connection), interest, self)
        } catch {
            return lost()
        }
        if !isWatched {
            isWatched = true
            loop.atTurnEnd(self)
            watchForSilence()
        }
    }

    private func poll() {
        guard let connection else { return }
        let before = PQsocket(connection)
        let progress = PQconnectPoll(connection)
        let after = PQsocket(connection)
        if after != before, let old = registration {
            // libpq tried another address: its old socket is closed already. A server that hung up leaves none.
            loop.unwatch(old)
            registration = after < 0 ? nil : try? loop.watch(after, interest, self)
        }
        switch progress {
        case PGRES_POLLING_READING: watch(.read)
        case PGRES_POLLING_WRITING: watch(.write)
        case PGRES_POLLING_OK: setUp(connection)
        default: lost()
        }
    }

    /// Session settings and every prepared statement, in one round trip.
    private func setUp(_ connection: OpaquePointer) {
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { return lost() }
        state = .settingUp
        watch(.read)
        Task(executorPreference: loop) { [self] in
            let failure: StorageError?
            do throws(StorageError) {
                try await prepareAll()
                failure = nil
            } catch {
                failure = error
            }
            finishSetUp(failure)
        }
    }

    private func prepareAll() async throws(StorageError) {
        guard let connection else { throw .unavailable }
        let result: Result<Box, StorageError> = await withUnsafeContinuation { continuation in
            let commands = target.sessionCommands.map { Statement(text: .composed($0), values: []) }
            let names = StatementName.allCases.filter(\.isPrepared)
            let reply = Reply(continuation, count: commands.count + names.count, atomic: true, now: loop.now)
            for command in commands { submit(command, reply) }
            sync()
            for name in names {
                let text = target.statements[name.rawValue]
                if PQsendPrepare(connection, target.names[name.rawValue], text, 0, nil) != 1 { isBroken = true }
                entries.append(.statement(Statement(text: .composed(text), values: []), reply))
                needsSync = true
            }
            sync()
        }
        _ = try result.get()
    }

    private func finishSetUp(_ failure: StorageError?) {
        guard state == .settingUp else { return }
        guard failure == nil else { return lost(failure ?? .unavailable) }
        state = .ready
        backoffMilliseconds = Self.firstBackoff
        for waiter in readiness { waiter.resume(returning: nil) }
        readiness = []
    }

    /// Fails what is on its way, and connects again after a pause that doubles.
    private func lost(_ failure: StorageError = .unavailable) {
        drop(failure)
        guard !isStopped else { return }
        let pause = backoffMilliseconds
        backoffMilliseconds = min(pause * 2, Self.lastBackoff)
        loop.schedule(after: pause) { [weak self] in
            guard let self, self.state == .closed else { return }
            self.connect()
        }
    }

    private func drop(_ failure: StorageError) {
        state = .closed
        if let registration { loop.unwatch(registration) }
        registration = nil
        if let connection { PQfinish(connection) }
        connection = nil
        isBroken = false
        needsSync = false
        current = nil
        currentFailure = nil
        currentIsAborted = false
        let lost = entries[head...]
        entries = []
        head = 0
        for case .statement(_, let reply) in lost where reply.remaining > 0 {
            reply.remaining = 0
            reply.continuation.resume(returning: .failure(reply.failure ?? .unavailable))
        }
        for waiter in readiness { waiter.resume(returning: failure) }
        readiness = []
    }

    /// A server that keeps its socket open and says nothing is as good as gone.
    private func watchForSilence() {
        loop.schedule(after: 1_000) { [weak self] in
            guard let self, !self.isStopped else { return }
            if self.head < self.entries.count, case .statement(_, let reply) = self.entries[self.head],
                self.loop.now - reply.since > Self.statementMilliseconds
            {
                self.lost()
            }
            self.watchForSilence()
        }
    }
}
