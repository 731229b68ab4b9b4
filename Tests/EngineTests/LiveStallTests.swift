import Glibc
import HTTPEngine
import Testing

/// An answer of which the kernel took a part only: what is left must go out as soon as the client reads, whatever the
/// connection does meanwhile. How much the kernel takes is found by trying.
@Suite("Answers that the kernel took in part", .serialized)
struct LiveStallTests {
    static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    /// Sizes of a first answer, some of which leave a second one of 60000 bytes half in the kernel.
    static func fills() async throws -> [Int] {
        for fill in stride(from: 200_000, through: 12_000_000, by: 200_000) {
            let fits = try await LiveEngine.run { live in
                let client = try live.client(receiveBuffer: 4096)
                try client.send(get("/bytes/\(fill)") + get("/gate"))
                usleep(80_000)
                let fits = live.gate.arrivals == 1
                live.gate.open()
                _ = try client.reply()
                _ = try client.reply()
                return fits
            }
            if !fits { return Array(stride(from: max(1, fill - 275_000), through: fill, by: 25_000)) }
        }
        return []
    }

    @Test("it goes out while the next request's handler runs, even when the client has sent more requests")
    func whileHandlerRuns() async throws {
        let fills = try await Self.fills()
        #expect(!fills.isEmpty)
        for fill in fills {
            try await LiveEngine.run { live in
                let client = try live.client(receiveBuffer: 4096)
                try client.send(Self.get("/bytes/\(fill)") + Self.get("/bytes/60000") + Self.get("/gate"))
                usleep(60_000)
                try client.send(Self.get("/more"))
                usleep(20_000)
                #expect(try client.reply()?.body.utf8.count == fill)
                #expect(try client.reply()?.body.utf8.count == 60_000)
                live.gate.open()
                #expect(try client.reply()?.body == "opened")
                #expect(try client.reply()?.body == "GET /more ")
            }
        }
    }

    /// Asks for one answer after the other without reading, until a request is no longer taken: then the answer
    /// before it is stuck. Returns how many requests were taken.
    private static func askUntilStuck(_ live: LiveEngine, _ client: Client, atMost limit: Int = 500) throws -> Int {
        let before = live.targets.count
        for sent in 1...limit {
            try client.send(get("/bytes/60000"))
            var patience = 40
            while live.targets.count - before < sent, patience > 0 {
                usleep(5000)
                patience -= 1
            }
            if live.targets.count - before < sent { return sent - 1 }
        }
        return limit
    }

    @Test("a connection that was waiting for its reader when draining began ends once it was read")
    func whileDraining() async throws {
        for fewer in 0...1 {
            let drained = try await LiveEngine.run { live in
                let first = try live.client(receiveBuffer: 4096)
                let taken = try Self.askUntilStuck(live, first)
                #expect(taken < 500)
                for _ in 0...taken { #expect(try first.reply()?.body.utf8.count == 60_000) }
                // Another one does the same, and stops before the request that would not be taken.
                let client = try live.client(receiveBuffer: 4096)
                let asked = try Self.askUntilStuck(live, client, atMost: taken - fewer)
                let drain = Task { await live.engine.drain() }
                #expect(LiveEngine.eventually { (try? live.client()) == nil })
                usleep(20_000)
                var answers = 0
                while let reply = try client.reply() {
                    #expect(reply.body.utf8.count == 60_000)
                    answers += 1
                }
                #expect(answers >= asked)
                return drain
            }.value
            #expect(drained)
        }
    }
}
