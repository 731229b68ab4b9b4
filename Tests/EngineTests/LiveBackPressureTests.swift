import Glibc
import HTTPEngine
import Testing

/// Clients that do not read: their connection waits, everybody else is served, memory stays bounded.
@Suite("Back-pressure")
struct LiveBackPressureTests {
    /// Bytes of this process in memory.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
    }

    @Test("a client that pipelines without reading is not served on and on; others are; it gets all answers later")
    func doesNotRead() async throws {
        try await LiveEngine.run { live in
            let client = try live.client(receiveBuffer: 4096)
            let wanted = 300
            let before = Self.residentBytes()
            try client.send(String(repeating: "GET /bytes/200000 HTTP/1.1\r\nHost: a\r\n\r\n", count: wanted))
            // 60 MB in all; the kernel takes one or two answers, the engine one more.
            usleep(500_000)
            let served = live.targets.count
            #expect(served < 10)
            #expect(Self.residentBytes() - before < 100 << 20)
            let other = try live.client()
            for _ in 0..<20 { #expect(try other.get("/other")?.status == 200) }
            for _ in 0..<wanted { #expect(try client.reply()?.body.utf8.count == 200_000) }
            #expect(live.targets.filter { $0 != "/other" }.count == wanted)
        }
    }

    @Test("an answer of many megabytes arrives whole at a slow reader")
    func slowReader() async throws {
        try await LiveEngine.run { live in
            let client = try live.client(receiveBuffer: 4096)
            try client.send("GET /bytes/12000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            usleep(300_000)
            #expect(try client.reply()?.body.utf8.count == 12_000_000)
            #expect(try client.get("/after")?.body == "GET /after ")
        }
    }

    @Test("a client that floods a running handler with requests waits, in the kernel")
    func floodsHandler() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(LiveEngine.eventually { live.gate.arrivals == 1 })
            try client.send(String(repeating: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", count: 3000))
            #expect(try live.client().get("/other")?.status == 200)
            #expect(live.targets == ["/gate", "/other"])
            live.gate.open()
            #expect(try client.reply()?.body == "opened")
            for _ in 0..<3000 { #expect(try client.reply()?.body == "GET /x ") }
        }
    }
}
