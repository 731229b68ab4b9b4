import Glibc
import JSON
import Synchronization
import Testing
import TestSupport

/// Two processes on one database, and an owner.
struct Rivals: Sendable {
    let servers: [RunningServer]
    let owner: String
    let ground: Ground

    /// A request to one of the servers.
    struct Move: Sendable {
        let method: String
        let path: String
        let token: String?
        let body: String?
        /// Comes this much later than the others.
        let delayMicroseconds: UInt32
    }

    static func with(
        _ backend: Backend, hasOwner: Bool = true, _ body: @Sendable (Rivals) async throws -> Void
    ) async throws {
        try await Ground.with(backend) { ground in
            let first = try await RunningServer.start(ground.arguments)
            let second = try await RunningServer.start(ground.arguments)
            let owner = hasOwner ? try first.owner() : ""
            try await body(Rivals(servers: [first, second], owner: owner, ground: ground))
            for server in [first, second] {
                #expect(try await server.stop() == 0)
                #expect(!server.process.log.contains(" error "), "\(server.process.log)")
            }
            try ground.expectWhole("\(backend)")
        }
    }

    /// The same servers, with another owner.
    func led(by owner: String) -> Rivals { Rivals(servers: servers, owner: owner, ground: ground) }

    /// One for `together`; by the owner unless another token is given; an empty one is none.
    func move(
        _ method: String, _ path: String, token: String? = nil, _ body: String? = nil, after microseconds: Int = 0
    ) -> Move {
        Move(
            method: method, path: "/api/v2/\(path)", token: token == "" ? nil : token ?? owner, body: body,
            delayMicroseconds: UInt32(microseconds))
    }

    /// Sends all at once, by turns to the one server and to the other; answers in the order of the moves.
    func together(_ moves: [Move]) async throws -> [Reply] {
        let start = StartLine(runners: moves.count)
        return try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
            for (index, move) in moves.enumerated() {
                let server = servers[index % servers.count]
                group.addTask {
                    try await onThread {
                        start.wait()
                        if move.delayMicroseconds > 0 { usleep(move.delayMicroseconds) }
                        return (index, try server.send(move.method, move.path, token: move.token, body: move.body))
                    }
                }
            }
            var replies: [Int: Reply] = [:]
            for try await (index, reply) in group { replies[index] = reply }
            return moves.indices.compactMap { replies[$0] }
        }
    }

    /// A new active user with the usual password; returns the id.
    func person(_ name: String, roles: String = "") throws -> String {
        let answer = try servers[0].send(
            "POST", "/api/v2/users", token: owner,
            body: """
                {"username":"\(name)","email":"\(name)@usersd.test","password":"\(RunningServer.password)",\
                "roles":[\(roles)],"user_status":"active",\
                "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                """)
        guard answer.status == 201, let id = answer.json?["id"]?.text else { throw SupportFault("no user: \(answer)") }
        return id
    }

    func login(_ name: String, _ password: String = RunningServer.password, after microseconds: Int = 0) -> Move {
        move(
            "POST", "users/login", token: "", #"{"email":"\#(name)@usersd.test","password":"\#(password)"}"#,
            after: microseconds)
    }

    /// What one session is told of itself, by both servers.
    func statuses(_ token: String) throws -> [Int] {
        try servers.map { try $0.send("GET", "/api/v2/users/me", token: token).status }
    }
}

/// Lets nobody go before all are there.
private final class StartLine: Sendable {
    private let missing: Mutex<Int>

    init(runners: Int) { missing = Mutex(runners) }

    func wait() {
        missing.withLock { $0 -= 1 }
        while missing.withLock({ $0 > 0 }) { sched_yield() }
    }
}
