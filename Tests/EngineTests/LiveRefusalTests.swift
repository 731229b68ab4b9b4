import Glibc
import HTTP
import HTTPEngine
import Testing

/// RFC 9112 §2.2, §6.3, §9.6, decisions.md #23 and #24: a refused message is answered, then the connection ends.
@Suite("Refusals and deadlines over a socket (decisions.md #23, #24)")
struct LiveRefusalTests {
    /// Sends `wire`, expects `status`, Connection: close and an orderly end, and no handler called.
    private static func refused(_ live: LiveEngine, _ wire: String, _ status: Int) throws {
        let client = try live.client()
        try client.send(wire)
        let reply = try #require(try client.reply(), "\(status)")
        #expect(reply.status == status)
        #expect(reply.field("connection") == "close")
        #expect(try client.reply() == nil, "\(status)")
    }

    @Test("a faulty message is refused, the connection closed, and what follows is not served")
    func faulty() async throws {
        try await LiveEngine.run { live in
            let next = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            try Self.refused(live, "POST / HTTP/1.1\r\nHost: a\r\n\(both)\(next)", 400)
            try Self.refused(
                live, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellox\(next)", 400)
            try Self.refused(live, "GET / HTTP/1.1\r\n\r\n\(next)", 400)
            try Self.refused(live, "GET / HTTP/1.1\nHost: a\n\n\(next)", 400)
            try Self.refused(live, "GET / HTTP/2.0\r\nHost: a\r\n\r\n\(next)", 505)
            try Self.refused(live, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n\(next)", 501)
            try Self.refused(live, "POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\n\(next)", 417)
            #expect(live.targets.isEmpty)
        }
    }

    @Test("a body of 1 MiB is served; one byte more is 413, before it is sent where its length is known")
    func bodyLimit() async throws {
        try await LiveEngine.run { live in
            let mebibyte = String(repeating: "m", count: 1 << 20)
            let client = try live.client()
            try client.send("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n\(mebibyte)")
            #expect(try client.reply()?.body.utf8.count == mebibyte.utf8.count + 8)
            try Self.refused(live, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413)
            try Self.refused(
                live, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", 413)
            try Self.refused(
                live, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", 413)
            try Self.refused(
                live, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1100000\r\n\r\n\(mebibyte.prefix(500_000))", 413)
            #expect(live.targets == ["/m"])
        }
    }

    @Test("a request line beyond the limit is 414, fields beyond it 431, and the client may finish sending")
    func headLimit() async throws {
        try await LiveEngine.run { live in
            let long = String(repeating: "a", count: 300_000)
            try Self.refused(live, "GET /\(long.prefix(17_000))", 414)
            try Self.refused(live, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long.prefix(17_000))", 431)
            try Self.refused(live, "GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n", 414)
            try Self.refused(live, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", 431)
        }
    }

    @Test("a client that was refused for a long head may go on sending for a while (RFC 9112 §9.6)")
    func headLimitLingers() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            let piece = String(repeating: "a", count: 20_000)
            try client.send("GET /\(piece)")
            for _ in 0..<10 {
                usleep(30_000)
                try client.send(piece)
            }
            #expect(try client.reply()?.status == 414)
            #expect(try client.reply() == nil)
        }
    }

    @Test("empty lines in front of a head that is too long change nothing")
    func headLimitBehindEmptyLines() async throws {
        try await LiveEngine.run { live in
            let long = String(repeating: "a", count: 17_000)
            try Self.refused(live, "\r\nGET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", 431)
        }
    }

    @Test("a head of the full 16 KiB is served behind another request and behind an empty line")
    func fullHead() async throws {
        try await LiveEngine.run { live in
            let frame = "GET /full HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
            let full = frame.replacing("X: ", with: "X: " + String(repeating: "x", count: 16_384 - frame.utf8.count))
            let client = try live.client()
            try client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n\(full)")
            #expect(try client.reply()?.body == "GET /first ")
            #expect(try client.reply()?.body == "GET /full ")
            try client.send("\r\n\(full)")
            #expect(try client.reply()?.body == "GET /full ")
        }
    }

    private static var short: Limits {
        var limits = Limits()
        limits.headMilliseconds = 400
        limits.bodyMilliseconds = 400
        limits.idleMilliseconds = 400
        limits.writeMilliseconds = 400
        limits.lingerMilliseconds = 400
        return limits
    }

    /// Clients that go on sending `byte` long after the deadline; the statuses they get.
    private static func trickle(_ live: LiveEngine, _ start: String, _ byte: String) throws -> [Int?] {
        let clients = try (0..<20).map { _ in try live.client() }
        for client in clients { try client.send(start) }
        // The clock is not wound up by further bytes, and no moment at which they come stops it.
        for _ in 0..<400 {
            for client in clients {
                usleep(150)
                try? client.send(byte)
            }
        }
        var statuses: [Int?] = []
        while statuses.count < clients.count, statuses.last != .some(nil) {
            statuses.append(try? clients[statuses.count].reply()?.status)
        }
        return statuses
    }

    @Test("a head that trickles in is 408 and is not kept alive by further bytes")
    func slowHead() async throws {
        try await LiveEngine.run(Self.short) { live in
            let statuses = try Self.trickle(live, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "x")
            #expect(statuses == [Int?](repeating: 408, count: 20))
        }
    }

    @Test("a body that trickles in is 408 and is not kept alive by further bytes")
    func slowTricklingBody() async throws {
        try await LiveEngine.run(Self.short) { live in
            let statuses = try Self.trickle(live, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n", "x")
            #expect(statuses == [Int?](repeating: 408, count: 20))
            #expect(live.targets.isEmpty)
        }
    }

    @Test(
        "a body that does not come is 408, with a length and in chunks",
        arguments: ["Content-Length: 10", "Transfer-Encoding: chunked"])
    func slowBody(_ line: String) async throws {
        try await LiveEngine.run(Self.short) { live in
            try Self.refused(live, "POST / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n2", 408)
            #expect(live.targets.isEmpty)
        }
    }

    @Test("an idle connection is closed without a word, before and after a request")
    func idle() async throws {
        try await LiveEngine.run(Self.short) { live in
            let silent = try live.client()
            #expect(try silent.rest() == "")
            let client = try live.client()
            #expect(try client.get("/a")?.status == 200)
            #expect(try client.rest() == "")
            #expect(LiveEngine.eventually { live.engine.connectionCount == 0 })
        }
    }

    @Test("a handler may take longer than any deadline of the wire")
    func slowHandler() async throws {
        try await LiveEngine.run(Self.short) { live in
            let client = try live.client()
            try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            usleep(1_500_000)
            live.gate.open()
            #expect(try client.reply()?.body == "opened")
        }
    }

    @Test("a client that takes nothing of its answer is cut off")
    func writeDeadline() async throws {
        try await LiveEngine.run(Self.short) { live in
            let client = try live.client(receiveBuffer: 4096)
            try client.send("GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(LiveEngine.eventually { live.targets.count == 1 && live.engine.connectionCount == 0 })
            client.close()
        }
    }

    @Test("a refused client that goes on for ever is cut off")
    func linger() async throws {
        try await LiveEngine.run(Self.short) { live in
            let client = try live.client()
            try client.send("GET / HTTP/9.9\r\n\r\n")
            #expect(LiveEngine.eventually { (try? client.send("x")) == nil })
            #expect(LiveEngine.eventually { live.engine.connectionCount == 0 })
        }
    }
}
