import FuzzTargets
import Glibc
import HTTP
import HTTPEngine
import Loops
import Synchronization
import TestSupport
import Testing

/// usersd's engine with a handler that keeps a record: what the server took for requests, in order.
private final class RecordingEngine: Sendable {
    let port: UInt16
    private let engine: Engine
    private let loop: EventLoop
    private final class Record: Sendable { let targets = Mutex<[String]>([]) }
    private let record = Record()

    init() async throws {
        let record = record
        loop = try EventLoop(index: 0)
        loop.start()
        engine = Engine(
            limits: Limits(), loops: [loop],
            handlers: [
                Engine.Handler(waiting: { request in
                    record.targets.withLock { $0.append(request.target) }
                    return Response(.ok, body: Array("[\(request.method.name) \(request.target)]".utf8))
                })
            ])
        port = try await engine.listen(on: SocketAddress("127.0.0.1:0")!).port
    }

    var targets: [String] { record.targets.withLock { $0 } }

    func stop() async {
        _ = await engine.drain()
        loop.stop()
    }
}

extension EndToEndTests {
    /// decisions.md #23: behind a proxy, nobody's request becomes a part of somebody else's.
    @Suite(.serialized) struct SmugglingTests {
        private static let attacks = SmugglingAttack.classical + HTTP1Case.all.map(SmugglingAttack.init)

        /// Answers among what a client of the proxy got: by their heads, or by the handler's mark where a proxy
        /// speaks HTTP/0.9.
        private static func answers(_ bytes: [UInt8]) -> Int {
            let text = String(decoding: bytes, as: UTF8.self)
            let heads = text.matches(of: #/HTTP/1\.[01] [2-5][0-9][0-9]/#).count
            return max(heads, text.matches(of: #/\[[^ \]]+ /#).count)
        }

        /// What the proxy answers. It may wait for more and answer nothing; where the server saw requests it will.
        private static func read(_ socket: ClientSocket, into answer: inout [UInt8], atLeast count: () -> Int) {
            for _ in 0..<1_000 {
                guard let more = socket.available(within: answer.isEmpty ? 30 : 3) else { return }
                answer += more
                if more.isEmpty, answers(answer) >= count() { return }
            }
        }

        /// A request of somebody else's on a connection of its own, over the proxy's pool.
        private static func victim(_ number: Int, _ front: FrontProxy, _ after: String) throws {
            let socket = try ClientSocket(port: front.port)
            try socket.write("GET /victim/\(number) HTTP/1.1\r\nHost: usersd.test\r\nConnection: close\r\n\r\n")
            let answer = try Reply(socket.readToEnd())
            #expect(answer.status == 200 && answer.body.contains("[GET /victim/\(number)]"), "\(answer) after \(after)")
        }

        @Test(
            "no request makes the proxy and the server disagree about where it ends",
            arguments: FrontProxy.Kind.allCases)
        func attack(_ kind: FrontProxy.Kind) async throws {
            try await withFolder { folder in
                let server = try await RecordingEngine()
                let front = try await FrontProxy.start(kind, in: folder, server: server.port)
                var handedOn = 0
                for (number, attack) in Self.attacks.enumerated() {
                    // Puts a connection into the pool for the attack to be sent over.
                    try Self.victim(3 * number, front, "nothing")
                    let before = server.targets.count
                    func seen() -> [String] { server.targets[before...].filter { !$0.hasPrefix("/victim/") } }
                    let socket = try ClientSocket(port: front.port)
                    var answer: [UInt8] = []
                    try? socket.write(attack.wire)
                    Self.read(socket, into: &answer, atLeast: { seen().count })
                    try Self.victim(3 * number + 1, front, attack.description)
                    Self.read(socket, into: &answer, atLeast: { seen().count })
                    let targets = seen()
                    #expect(
                        targets.count <= Self.answers(answer),
                        "\(attack): the server saw \(targets), the proxy answered \(String(decoding: answer, as: UTF8.self))"
                    )
                    if !targets.isEmpty { handedOn += 1 }
                    withExtendedLifetime(socket) {}
                    try Self.victim(3 * number + 2, front, "the end of \(attack)")
                }
                // A proxy that refuses everything would test nothing.
                #expect(handedOn > 50)
                front.process.signal(SIGKILL)
                _ = try await front.process.exit()
                await server.stop()
            }
        }
    }
}
