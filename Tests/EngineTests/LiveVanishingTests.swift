import Glibc
import HTTPEngine
import Testing

/// Clients that leave at the worst moment. Each test runs in a process of its own: what they provoke in a faulty
/// engine is the end of the process.
@Suite("Clients that vanish")
struct LiveVanishingTests {
    /// Ends the process with a code that is not 0 unless `holds`.
    private static func demand(_ holds: Bool, _ code: Int32) { if !holds { exit(code) } }

    /// Everybody has gone and a newcomer is served.
    private static func demandHealth(_ live: LiveEngine) throws {
        demand(LiveEngine.eventually { live.engine.connectionCount == 0 }, 101)
        demand(try live.client().get("/after")?.status == 200, 102)
    }

    static func inHandler(reset: Bool) async throws {
        try await LiveEngine.run { live in
            for _ in 0..<20 {
                let client = try live.client()
                try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                let before = live.gate.arrivals
                demand(LiveEngine.eventually { live.gate.arrivals > before || before > 0 }, 103)
                if reset { client.reset() } else { client.close() }
            }
            demand(LiveEngine.eventually { live.gate.arrivals == 20 }, 104)
            live.gate.open()
            try demandHealth(live)
        }
    }

    static func whileWriting(reset: Bool) async throws {
        try await LiveEngine.run { live in
            for round in 1...5 {
                let client = try live.client(receiveBuffer: 4096)
                try client.send("GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
                demand(LiveEngine.eventually { live.targets.count == round }, 105)
                usleep(50_000)
                if reset { client.reset() } else { client.close() }
            }
            demand(LiveEngine.eventually { live.engine.connectionCount == 0 }, 101)
            try demandHealth(live)
        }
    }

    static func inHandlerBehindUnsentAnswer() async throws {
        for fill in try await LiveStallTests.fills() {
            let reached = try await LiveEngine.run { live in
                let client = try live.client(receiveBuffer: 4096)
                let get = LiveStallTests.get
                try client.send(get("/bytes/\(fill)") + get("/bytes/60000") + get("/gate"))
                usleep(60_000)
                let reached = live.gate.arrivals == 1
                if reached {
                    client.reset()
                    usleep(30_000)
                }
                live.gate.open()
                if !reached { while try client.reply()?.body != "opened" {} }
                client.close()
                try demandHealth(live)
                return reached
            }
            // A larger one waits for its reader, which is another test.
            if !reached { return }
        }
    }

    static func manyThatDoNotRead() async throws {
        try await LiveEngine.run { live in
            let clients = try (0..<100).map { _ in try live.client(receiveBuffer: 4096) }
            for client in clients { try client.send("GET /bytes/3000000 HTTP/1.1\r\nHost: a\r\n\r\n") }
            let other = try live.client()
            for _ in 0..<20 { demand(try other.get("/other")?.status == 200, 106) }
            for client in clients { client.close() }
            demand(LiveEngine.eventually { live.engine.connectionCount == 1 }, 107)
            other.close()
            try demandHealth(live)
        }
    }

    @Test("a client that resets while its handler runs harms nobody")
    func resetInHandler() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.inHandler(reset: true) }
    }

    @Test("a client that closes while its handler runs harms nobody")
    func closeInHandler() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.inHandler(reset: false) }
    }

    @Test("a client that resets while its answer is waiting to be taken harms nobody")
    func resetWhileWriting() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.whileWriting(reset: true) }
    }

    @Test("a client that closes while its answer is waiting to be taken harms nobody")
    func closeWhileWriting() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.whileWriting(reset: false) }
    }

    @Test("a client that resets while an answer is unsent and the next handler runs harms nobody")
    func resetBehindUnsentAnswer() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.inHandlerBehindUnsentAnswer() }
    }

    @Test("100 clients that read nothing, and then go, do not keep others from being served")
    func manyClients() async {
        await #expect(processExitsWith: .success) { try await LiveVanishingTests.manyThatDoNotRead() }
    }
}
