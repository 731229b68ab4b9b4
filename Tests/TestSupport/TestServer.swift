public import API
internal import HTTP
internal import HTTPEngine
internal import JSON
internal import Logging
internal import Loops
public import Storage
internal import Synchronization

/// A clock that stands still until a test moves it.
public final class TestClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_795_550_400_654_321))

    public init() {}

    public var now: Timestamp { time.withLock { $0 } }

    public func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// Bytes that a test wants to be drawn instead of random ones.
public final class TestDice: Sendable {
    private let draws = Mutex<[[UInt8]]>([])

    /// Whoever asks for as many bytes as these next gets them.
    public func load(_ bytes: [UInt8]) { draws.withLock { $0.append(bytes) } }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        let bytes = draws.withLock { draws -> [UInt8]? in
            guard let index = draws.firstIndex(where: { $0.count == buffer.count }) else { return nil }
            return draws.remove(at: index)
        }
        if let bytes { buffer.copyBytes(from: bytes) } else { Syscall.fillRandom(buffer) }
    }
}

/// Everything that was logged.
public final class TestLog: Sendable {
    private let entries = Mutex<[String]>([])

    public var lines: [String] { entries.withLock { $0 } }

    func add(_ line: String) { entries.withLock { $0.append(line) } }
}

/// The notices that would have been mailed.
public final class Outbox: NoticeDelivery {
    public struct Passcode: Sendable {
        public let text: String
        public let email: String
        public let userID: UUID
    }

    private let sent = Mutex<[Notice]>([])

    public var takesAccountNotices: Bool { true }

    public var notices: [Notice] { sent.withLock { $0 } }

    public var passcodes: [Passcode] {
        notices.compactMap { notice in
            guard case .passcode(let text) = notice.event else { return nil }
            return Passcode(text: text, email: notice.email, userID: notice.userID)
        }
    }

    public func deliver(_ notice: Notice) { sent.withLock { $0.append(notice) } }
}

private struct TestLogHandler: LogHandler {
    let log: TestLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(log: TestLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        log.add("\(event.level): \(event.message)\(fields.joined())")
    }
}

/// The whole API on a fresh database, spoken to in the bytes of HTTP but without a socket.
public final class TestServer: Sendable {
    public let database: TestDatabase
    public let clock: TestClock
    public let dice: TestDice
    public let log: TestLog
    public let outbox: Outbox
    private let dispatcher: Dispatcher
    private let background: Background

    private static let pool = Offload(threadCount: 2, queueLimit: 10_000)

    /// - Parameters:
    ///   - providers: where people sign in besides.
    ///   - configure: changes the options; rate limits are off unless it turns them on.
    public static func with<Value: Sendable>(
        _ backend: Backend, providers: Providers = Providers(),
        _ configure: @Sendable (inout Configuration) -> Void = { _ in },
        _ body: @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        var configuration = Configuration()
        configuration.isRateLimitDisabled = true
        configure(&configuration)
        let settled = configuration
        return try await TestDatabase.with(backend) { database in
            try await body(try TestServer(database, settled, providers))
        }
    }

    /// The same on a Postgres database that Coder made, with its workspaces.
    public static func withCodersDatabase<Value: Sendable>(
        _ body: @Sendable (TestServer) async throws -> Value
    ) async throws -> Value {
        var configuration = Configuration()
        configuration.isRateLimitDisabled = true
        let settled = configuration
        return try await TestDatabase.withCoders { database in
            try await body(try TestServer(database, settled, Providers()))
        }
    }

    private init(_ database: TestDatabase, _ configuration: Configuration, _ providers: Providers) throws {
        let clock = TestClock()
        let dice = TestDice()
        let log = TestLog()
        self.database = database
        self.clock = clock
        self.dice = dice
        self.log = log
        let outbox = Outbox()
        self.outbox = outbox
        let ambient = Ambient(
            now: { clock.now }, ticks: { UInt64(clock.now.microseconds) * 1000 }, fillRandom: { dice.fill($0) })
        // A thousandth of the usual cost: tests sign in often.
        let passwords = PasswordHasher(pool: Self.pool, ambient: ambient, iterations: 64)
        background = Background(database.loop)
        dispatcher = try Dispatcher(
            store: database.store, configuration: configuration,
            shared: SharedState(
                passwords: passwords, sshKeys: SSHKeyMaker(algorithm: .ed25519, pool: Self.pool, ambient: ambient),
                delivery: outbox,
                coveredPrices: [PriceKey(provider: "openai", model: "gpt-4o")], prices: .seeded,
                providers: providers),
            ambient: ambient, background: background, log: Logger(label: "test") { _ in TestLogHandler(log: log) })
    }

    // MARK: Requests

    /// Sends one request, and waits for what goes on behind its answer.
    /// - Parameters:
    ///   - target: path and query as they stand in the request line.
    ///   - token: sent as `Coder-Session-Token`.
    ///   - body: sent as it is, with its length.
    public func send(
        _ method: String, _ target: String, token: String? = nil, body: String? = nil,
        headers: [(String, String)] = [], peer: String = "192.0.2.1"
    ) async throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: usersd.test\r\n"
        if let token { head += "Coder-Session-Token: \(token)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "\r\n"
        let bytes = Array(head.utf8)
        var parser = RequestParser(limits: Limits())
        guard case .head(let parsed, let consumed) = bytes.withUnsafeBufferPointer({ parser.parse($0, from: 0) }),
            consumed == bytes.count, let address = PeerAddress(parsing: peer)
        else { throw SupportFault("the test's request is no request: \(head)") }
        let request = Request(
            method: parsed.method, path: parsed.path, query: parsed.query, fields: parsed.fields, bytes: bytes,
            body: Array((body ?? "").utf8), peer: address)
        let dispatcher = dispatcher
        let response = await Task(executorPreference: database.loop) { await dispatcher.respond(to: request).response }
            .value
        await background.settle()
        return Answer(response, hasBody: method != "HEAD")
    }

    /// Sends all at once; answers in the order of the requests.
    public func sendTogether(_ requests: [@Sendable (TestServer) async throws -> Answer]) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await request(self)) }
            }
            var answers: [Int: Answer] = [:]
            for try await (index, answer) in group { answers[index] = answer }
            return requests.indices.compactMap { answers[$0] }
        }
    }

    // MARK: People

    public static let password = "SomeSecurePassword!"

    /// Somebody who is signed in.
    public struct Person: Sendable {
        public let id: String
        public let username: String
        public let email: String
        public let token: String
    }

    /// Creates the first user, an owner named `owner`, and signs in.
    public func owner() async throws -> Person {
        let answer = try await send(
            "POST", "/api/v2/users/first",
            body: #"{"email":"owner@usersd.test","username":"owner","password":"\#(Self.password)"}"#)
        guard answer.status == 201, let id = answer["user_id"]?.text else {
            throw SupportFault("no first user: \(answer)")
        }
        return Person(
            id: id, username: "owner", email: "owner@usersd.test", token: try await signIn("owner@usersd.test"))
    }

    /// Creates an active user with that name and `<name>@usersd.test`, and signs in.
    public func person(_ name: String, roles: [String] = [], by owner: Person) async throws -> Person {
        let id = try await create(name, fields: [#""user_status":"active""#, "\"roles\":\(json(roles))"], by: owner)
        return Person(
            id: id, username: name, email: "\(name)@usersd.test", token: try await signIn("\(name)@usersd.test"))
    }

    /// Creates a user without signing in; returns the id.
    /// - Parameter fields: further members of the request, such as `"user_status":"active"`.
    @discardableResult
    public func create(_ name: String, fields: [String] = [], by owner: Person) async throws -> String {
        let standard = [
            #""username":"\#(name)""#, #""email":"\#(name)@usersd.test""#, #""password":"\#(Self.password)""#,
            #""organization_ids":["00000000-0000-0000-0000-000000000000"]"#,
        ]
        let answer = try await send(
            "POST", "/api/v2/users", token: owner.token, body: "{\((standard + fields).joined(separator: ","))}")
        guard answer.status == 201, let id = answer["id"]?.text else {
            throw SupportFault("no user \(name): \(answer)")
        }
        return id
    }

    /// Signs in with the usual password; returns the session token.
    public func signIn(_ email: String, password: String = TestServer.password) async throws -> String {
        let answer = try await send(
            "POST", "/api/v2/users/login", body: #"{"email":"\#(email)","password":"\#(password)"}"#)
        guard answer.status == 201, let token = answer["session_token"]?.text else {
            throw SupportFault("no session for \(email): \(answer)")
        }
        return token
    }

    private func json(_ strings: [String]) -> String { "[\(strings.map { "\"\($0)\"" }.joined(separator: ","))]" }
}
