import Glibc
import HTTP
import HTTPEngine
import Synchronization
import Testing

/// `Engine.drain`: requests in flight finish with Connection: close, idle connections end, nobody new comes in.
@Suite("Draining")
struct LiveDrainTests {
    @Test("an idle connection ends, a request in flight is answered with Connection: close, then all are gone")
    func inFlight() async throws {
        let drained = try await LiveEngine.run { live in
            let idle = try live.client()
            #expect(try idle.get("/a")?.status == 200)
            let fresh = try live.client()
            let busy = try live.client()
            try busy.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(LiveEngine.eventually { live.gate.arrivals == 1 && live.engine.connectionCount == 3 })
            let drain = Task { await live.engine.drain() }
            #expect(try idle.rest() == "")
            #expect(try fresh.rest() == "")
            #expect(throws: Client.Failure.self) { try live.client() }
            #expect(live.engine.connectionCount == 1)
            live.gate.open()
            let reply = try busy.reply()
            #expect(reply?.body == "opened")
            #expect(reply?.field("connection") == "close")
            #expect(try busy.reply() == nil)
            return drain
        }.value
        #expect(drained)
    }

    @Test("a body that is on its way when draining begins is still read and answered")
    func inBody() async throws {
        let drained = try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.reply()?.status == 100)
            let drain = Task { await live.engine.drain() }
            #expect(LiveEngine.eventually { (try? live.client()) == nil })
            try client.send("xy")
            let reply = try client.reply()
            #expect(reply?.body == "POST /b xy")
            #expect(reply?.field("connection") == "close")
            return drain
        }.value
        #expect(drained)
    }

    private final class Verdict: Sendable {
        let drained = Mutex<Bool?>(nil)
    }

    @Test("draining says when its time was not enough")
    func tooLong() async throws {
        var limits = Limits()
        limits.drainMilliseconds = 200
        let drained = try await LiveEngine.run(limits) { live in
            let client = try live.client()
            try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(LiveEngine.eventually { live.gate.arrivals == 1 })
            let verdict = Verdict()
            Task {
                let drained = await live.engine.drain()
                verdict.drained.withLock { $0 = drained }
            }
            #expect(LiveEngine.eventually { verdict.drained.withLock { $0 } != nil })
            live.gate.open()
            #expect(try client.reply()?.body == "opened")
            return verdict.drained.withLock { $0 }
        }
        #expect(drained == false)
    }

    @Test("an answer on its way when draining begins arrives whole, although the next request has come already")
    func answerOnItsWay() async throws {
        let drained = try await LiveEngine.run { live in
            let client = try live.client(receiveBuffer: 4096)
            try client.send("GET /bytes/5000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(LiveEngine.eventually { live.targets.count == 1 })
            usleep(50_000)
            try client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            let drain = Task { await live.engine.drain() }
            #expect(LiveEngine.eventually { (try? live.client()) == nil })
            #expect(try client.reply()?.body.utf8.count == 5_000_000)
            return drain
        }.value
        #expect(drained)
    }
}
