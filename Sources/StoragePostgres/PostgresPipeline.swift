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
        case statement(Statement, PostgresReply)
        /// The commit of what stands before it, which is the end of an atomic reply.
        case sync(PostgresReply?, since: UInt64)

        var since: UInt64 {
            switch self {
            case .statement(_, let reply): reply.since
            case .sync(_, let since): since
            }
        }

        var reply: PostgresReply? {
            switch self {
            case .statement(_, let reply): reply
            case .sync(let reply, _): reply
            }
        }
    }

    private enum State { case closed, connecting, settingUp, ready }

    private let loop: EventLoop
    private let target: PostgresTarget
    private var connection: OpaquePointer?
    /// A copy of libpq's: it closes its own in the middle of a call, and the kernel gives the number to the next
    /// connection of a client, which we would then stop watching instead.
    private var descriptor: Descriptor?
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
    private var readiness: [(since: UInt64, continuation: UnsafeContinuation<StorageError?, Never>)] = []
    private var connector: WorkerThread?
    private var transaction = Transaction.none
    private var askers: [PostgresReply.Continuation] = []

    private enum Transaction {
        case none
        case open(since: UInt64)
        /// Its connection has gone: what would follow would run without what came before.
        case lost
    }

    /// Statements that may be on their way; beyond it callers are told `.busy`.
    private static let queueLimit = 4_096
    private static let firstBackoff: UInt64 = 50
    private static let lastBackoff: UInt64 = 2_000
    /// The longest a statement, a transaction or the wait for a connection may take. Then the connection counts as
    /// lost, and whoever waits for it is told `.unavailable`.
    static let deadlineMilliseconds: UInt64 = 10_000
    /// How often that is looked at.
    private static let silenceCheckMilliseconds: UInt64 = 1_000

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

    /// The state of the database, later than this call and before its return; nil when this server cannot tell. All who
    /// ask in one turn of the loop share one statement, which is sent behind the last of them.
    func moment() async throws(StorageError) -> String? {
        loop.preconditionOnLoop()
        guard state == .ready else { throw .unavailable }
        let result = await withUnsafeContinuation { askers.append($0) }
        return try result.get().results[0].first?.optionalText(0)
    }

    private func askForMoment() {
        guard let first = askers.popLast() else { return }
        let reply = PostgresReply(first, others: askers, count: 1, atomic: false, now: loop.now)
        askers.removeAll(keepingCapacity: true)
        submit(Statement(text: .named(.ping), values: []), reply)
    }

    /// Text without parameters, such as `BEGIN`.
    func command(_ text: String) async throws(StorageError) {
        _ = try await send([Statement(text: .composed(text), values: [])], atomic: true)
    }

    /// What is sent until `endTransaction` belongs to one transaction: it shares one deadline, and it is refused once
    /// the connection has been lost, though another one may stand in its place.
    func beginTransaction() { transaction = .open(since: loop.now) }

    func endTransaction() { transaction = .none }

    private func send(_ statements: [Statement], atomic: Bool) async throws(StorageError) -> [PostgresResult] {
        loop.preconditionOnLoop()
        guard state == .ready else { throw .unavailable }
        guard entries.count - head + statements.count <= Self.queueLimit else { throw .busy }
        let since: UInt64
        switch transaction {
        case .none: since = loop.now
        case .open(let beginning): since = beginning
        case .lost: throw .unavailable
        }
        let result = await withUnsafeContinuation { continuation in
            if atomic { sync() }
            let reply = PostgresReply(continuation, count: statements.count, atomic: atomic, now: since)
            for statement in statements { submit(statement, reply) }
            if atomic { sync(reply) }
        }
        return try result.get().results
    }

    /// Waits until statements can be sent.
    /// - Throws: `.unavailable` when the first attempt to connect fails, or takes longer than the deadline; attempts
    ///   go on.
    func waitUntilReady() async throws(StorageError) {
        loop.preconditionOnLoop()
        if state == .ready { return }
        if state == .closed { connect() }
        let failure = await withUnsafeContinuation { readiness.append((loop.now, $0)) }
        if let failure { throw failure }
    }

    var isReady: Bool { state == .ready }

    var statementsInFlight: Int { entries.count - head }
    /// Connections that were lost or never came about.
    private(set) var lostCount = 0

    func stop() {
        isStopped = true
        drop()
        if isWatched { loop.removeTurnEnd(self) }
    }

    // MARK: Sending

    private func submit(_ statement: Statement, _ reply: PostgresReply) {
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

    private func sync(_ reply: PostgresReply? = nil) {
        guard needsSync, let connection else { return }
        needsSync = false
        if PQpipelineSync(connection) != 1 { isBroken = true }
        entries.append(.sync(reply, since: reply?.since ?? loop.now))
    }

    func turnEnded() {
        guard state == .ready || state == .settingUp, let connection else { return }
        askForMoment()
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
        case .closed, .connecting: return
        case .settingUp, .ready:
            guard let connection, PQconsumeInput(connection) == 1 else { return lost() }
            receive(connection)
        }
    }

    private func receive(_ connection: OpaquePointer) {
        while head < entries.count, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                // A reply that libpq could not read: it has closed the socket itself.
                guard PQstatus(connection) == CONNECTION_OK else { return lost() }
                finishStatement()
                continue
            }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                finishSync()
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

    /// An error that came in a sync's place is of the commit: it belongs to whose commit it is and to nobody else.
    private func finishSync() {
        guard case .sync(let reply, _) = entries[head] else { return }
        head += 1
        let failure = currentFailure
        currentFailure = nil
        current = nil
        reply?.advance(nil, failure)
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
        reply.advance(result, failure)
    }

    // MARK: Connecting

    private func connect() {
        guard !isStopped else { return }
        state = .connecting
        if !isWatched {
            isWatched = true
            loop.atTurnEnd(self)
            watchForSilence()
        }
        Task(executorPreference: loop) { [self] in setUp(await opened()) }
    }

    /// Waits on a thread of its own, because libpq asks for the host's address, and gives each address its
    /// `connect_timeout`, in calls that block only.
    private func opened() async -> OpaquePointer? {
        let opened = await withUnsafeContinuation { (continuation: UnsafeContinuation<Opened, Never>) in
            connector = WorkerThread { [target] in
                continuation.resume(returning: Opened(connection: PostgresTarget.connect(target.url)))
            }
        }
        connector?.join()
        connector = nil
        return opened.connection
    }

    /// Carries a new connection from its thread to the loop.
    ///
    /// `@unchecked Sendable`: the thread ends when it has handed it over.
    private struct Opened: @unchecked Sendable {
        let connection: OpaquePointer?
    }

    /// Session settings and every prepared statement, in one round trip.
    private func setUp(_ connection: OpaquePointer?) {
        guard !isStopped, PQstatus(connection) == CONNECTION_OK else {
            PQfinish(connection)
            return lost()
        }
        self.connection = connection
        interest = .read
        do throws(SystemError) {
            let copy = try Descriptor(copying: PQsocket(connection))
            registration = try loop.watch(copy.number, interest, self)
            descriptor = consume copy
        } catch {
            return lost()
        }
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
            return lost()
        }
        state = .settingUp
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
        let result: PostgresReply.Outcome = await withUnsafeContinuation { continuation in
            let commands = target.sessionCommands.map { Statement(text: .composed($0), values: []) }
            let names = StatementName.allCases.filter(\.isPrepared)
            let reply = PostgresReply(continuation, count: commands.count + names.count, atomic: true, now: loop.now)
            for command in commands { submit(command, reply) }
            sync()
            for name in names {
                let text = target.statements[name.rawValue]
                if PQsendPrepare(connection, target.names[name.rawValue], text, 0, nil) != 1 { isBroken = true }
                entries.append(.statement(Statement(text: .composed(text), values: []), reply))
                needsSync = true
            }
            sync(reply)
        }
        _ = try result.get()
    }

    private func finishSetUp(_ failure: StorageError?) {
        guard state == .settingUp else { return }
        // A database without our tables is one that cannot be used at the moment; whoever starts on it is told more
        // by `PostgresSetup`.
        guard failure == nil else { return lost() }
        state = .ready
        backoffMilliseconds = Self.firstBackoff
        for waiter in readiness { waiter.continuation.resume(returning: nil) }
        readiness = []
    }

    /// Fails what is on its way, and connects again after a pause that doubles.
    private func lost() {
        lostCount += 1
        drop()
        guard !isStopped else { return }
        let pause = backoffMilliseconds
        backoffMilliseconds = min(pause * 2, Self.lastBackoff)
        loop.schedule(after: pause) { [weak self] in
            guard let self, self.state == .closed else { return }
            self.connect()
        }
    }

    private func drop() {
        state = .closed
        if case .open = transaction { transaction = .lost }
        if let registration { loop.unwatch(registration) }
        registration = nil
        descriptor = nil
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
        for entry in lost { entry.reply?.fail(.unavailable) }
        for asker in askers { asker.resume(returning: .failure(.unavailable)) }
        askers = []
        for waiter in readiness { waiter.continuation.resume(returning: .unavailable) }
        readiness = []
    }

    /// A server that keeps its socket open and says nothing is as good as gone.
    private func watchForSilence() {
        loop.schedule(after: Self.silenceCheckMilliseconds) { [weak self] in
            guard let self, !self.isStopped else { return }
            if self.head < self.entries.count, self.isOverdue(self.entries[self.head].since) { self.lost() }
            while let waiter = self.readiness.first, self.isOverdue(waiter.since) {
                self.readiness.removeFirst()
                waiter.continuation.resume(returning: .unavailable)
            }
            self.watchForSilence()
        }
    }

    private func isOverdue(_ since: UInt64) -> Bool { loop.now - since > Self.deadlineMilliseconds }
}
