import Glibc
import HTTP
import HTTPEngine
import Loops
import Synchronization
import Testing

/// `Limits.connections`, `connectionsPerAddress`, and what is left of connections that have gone.
@Suite("Admission of connections")
struct LiveAdmissionTests {
    @Test("at the limit a new connection waits, and is served when one closes; one loop and two", arguments: [1, 2])
    func connectionLimit(_ loops: Int) async throws {
        var limits = Limits()
        limits.connections = 4
        limits.crowdedIdleMilliseconds = limits.idleMilliseconds
        try await LiveEngine.run(limits, loops: loops) { live in
            var served: [Client] = []
            for _ in 0..<4 {
                let client = try live.client()
                #expect(try client.get("/in")?.status == 200)
                served.append(client)
            }
            // The kernel takes these; the engine lets them wait.
            let waiting = try (0..<12).map { _ in try live.client() }
            for client in waiting { try client.send("GET /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
            usleep(700_000)
            #expect(live.engine.connectionCount == 4)
            #expect(live.targets.filter { $0 == "/late" }.isEmpty)
            #expect(try served[0].get("/still")?.status == 200)
            for client in served { client.close() }
            for client in waiting { #expect((try? client.reply())??.status == 200) }
        }
    }

    @Test("at the limit those that do nothing make room, and those that wait for an answer stay", arguments: [1, 2])
    func idleMakeRoom(_ loops: Int) async throws {
        var limits = Limits()
        limits.connections = 8
        limits.crowdedIdleMilliseconds = 100
        try await LiveEngine.run(limits, loops: loops) { live in
            let busy = try (0..<3).map { _ in try live.client() }
            for client in busy { try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(LiveEngine.eventually { live.gate.arrivals == 3 })
            // Silent from the start, or after an answer.
            let idle = try (0..<5).map { _ in try live.client() }
            for client in idle.prefix(2) { #expect(try client.get("/in")?.status == 200) }
            let newcomers = try (0..<40).map { _ in try live.client() }
            for client in newcomers { try client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in newcomers { #expect(try client.reply()?.body == "GET /late ") }
            #expect(live.engine.connectionCount <= 8 + loops)
            for client in idle { #expect((try? client.rest()) ?? "" == "") }
            live.gate.open()
            for client in busy { #expect(try client.reply()?.body == "opened") }
        }
    }

    @Test("beyond the limit of one address a connection is closed at once; another address is served")
    func addressLimit() async throws {
        var limits = Limits()
        limits.connectionsPerAddress = 3
        try await LiveEngine.run(limits) { live in
            let served = try (0..<3).map { _ in try live.client() }
            for client in served { #expect(try client.get("/in")?.status == 200) }
            let refused = try live.client()
            #expect((try? refused.rest()) ?? "" == "")
            let other = try live.client(from: "127.0.0.2")
            #expect(try other.get("/other")?.status == 200)
            #expect(live.engine.connectionCount == 4)
            served[0].close()
            #expect(LiveEngine.eventually { live.engine.connectionCount == 3 })
            #expect(try live.client().get("/again")?.status == 200)
        }
    }

    private final class Verdict: Sendable {
        let inUse = Mutex<Bool?>(nil)
    }

    @Test("a port that another engine has is reported as taken; the engine that has it goes on")
    func portInUse() async throws {
        try await LiveEngine.run { live in
            let verdict = Verdict()
            Task {
                let loop = try EventLoop(index: 1)
                loop.start()
                let second = Engine(
                    limits: Limits(), loops: [loop], handlers: [Engine.Handler { _ in .ready(Response(.ok)) }])
                let inUse: Bool
                do throws(SystemError) {
                    _ = try await second.listen(on: live.address)
                    inUse = false
                } catch { inUse = error.isAddressInUse }
                verdict.inUse.withLock { $0 = inUse }
            }
            #expect(LiveEngine.eventually { verdict.inUse.withLock { $0 } != nil })
            let inUse = verdict.inUse.withLock { $0 }
            #expect(inUse == true)
            let status = try live.client().get("/a")?.status
            #expect(status == 200)
        }
    }

    @Test("3000 connections that come and go in every way leave nothing behind")
    func noLeak() async throws {
        var limits = Limits()
        limits.lingerMilliseconds = 300
        try await LiveEngine.run(limits, loops: 2) { live in
            for round in 0..<3000 {
                let client = try live.client()
                switch round % 6 {
                case 0: break
                case 1: client.reset()
                case 2: #expect(try client.get("/\(round)")?.status == 200)
                case 3: try client.send("GET / HTTP/1.1\r\nHo")
                case 4:
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    client.reset()
                default: try client.send("nonsense\n")
                }
                client.close()
            }
            #expect(LiveEngine.eventually { live.engine.connectionCount == 0 })
            #expect(try live.client().get("/after")?.status == 200)
        }
    }
}
