import Glibc
import HTTP
import HTTPEngine
import Testing

/// A connection that has been idle for a second has no task any more; nobody may notice.
@Suite("Connections at rest")
struct LiveRestTests {
    /// Longer than a connection waits before it rests, with the sweep that finds it.
    private static let untilRest: UInt32 = 1_600_000

    @Test(
        "whoever speaks again is heard: whole, in pieces, with a body, several times, and with the end behind it",
        arguments: [false, true])
    func speaking(waits: Bool) async throws {
        try await LiveEngine.run(waits: waits) { live in
            let clients = try (0..<5).map { _ in try live.client() }
            let silent = try live.client()
            for client in clients { #expect(try client.get("/before")?.body == "GET /before ") }
            for round in 0..<2 {
                usleep(Self.untilRest)
                #expect(try clients[0].get("/whole/\(round)")?.body == "GET /whole/\(round) ")
                for byte in "GET /pieces/\(round) HTTP/1.1\r\nHost: a\r\n\r\n".utf8 { try clients[1].send([byte]) }
                #expect(try clients[1].reply()?.body == "GET /pieces/\(round) ")
                try clients[2].send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
                usleep(50_000)
                try clients[2].send("y")
                #expect(try clients[2].reply()?.body == "POST /body xy")
                try clients[3].send(String(repeating: "GET /many HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
                for _ in 0..<3 { #expect(try clients[3].reply()?.body == "GET /many ") }
            }
            try clients[4].send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
            clients[4].finishSending()
            #expect(try clients[4].reply()?.body == "GET /last ")
            #expect(try clients[4].reply() == nil)
            #expect(try silent.get("/first")?.body == "GET /first ")
            #expect(live.engine.connectionCount == 5)
        }
    }

    @Test("clients that leave, the idle limit and draining end it")
    func ends() async throws {
        var limits = Limits()
        limits.idleMilliseconds = 3_000
        let drained = try await LiveEngine.run(limits) { live in
            let leaving = try live.client()
            let overdue = try live.client()
            for client in [leaving, overdue] { #expect(try client.get("/a")?.status == 200) }
            usleep(Self.untilRest)
            leaving.finishSending()
            #expect(try leaving.rest() == "")
            #expect(LiveEngine.eventually { live.engine.connectionCount == 1 })
            #expect(try overdue.rest() == "")
            #expect(LiveEngine.eventually { live.engine.connectionCount == 0 })
            let last = try live.client()
            #expect(try last.get("/a")?.status == 200)
            usleep(Self.untilRest)
            let drain = Task { await live.engine.drain() }
            #expect(try last.rest() == "")
            return drain
        }.value
        #expect(drained)
    }
}
