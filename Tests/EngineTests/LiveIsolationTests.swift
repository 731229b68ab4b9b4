import Glibc
import HTTPEngine
import Testing

/// A handler sees the head that its client sent, whatever happened while the body was on its way: not bytes of the
/// body, and never those of another connection.
@Suite("A request keeps its head")
struct LiveIsolationTests {
    private static func head(_ path: String, _ who: String, _ framing: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nX-Who: \(who)\r\nExpect: 100-continue\r\n\(framing)\r\n\r\n"
    }

    @Test("a large body does not take the place of the head", arguments: [1, 100, 15_000, 16_384, 40_000, 200_000])
    func largeBody(_ count: Int) async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            let body = String(repeating: "b", count: count)
            try client.send(Self.head("/mine", "alice", "Content-Length: \(count)"))
            #expect(try client.reply()?.status == 100)
            try client.send(body)
            let reply = try client.reply()
            #expect(reply?.body == "POST /mine \(body)")
            #expect(reply?.field("x-who") == "alice")
        }
    }

    @Test("a body cannot spell a head of its own")
    func bodyThatLooksLikeAHead() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            let forged = Self.head("/secret", "theowner", "Content-Length: 999")
            let body = forged + String(repeating: "z", count: 999 - forged.utf8.count)
            try client.send(Self.head("/public", "mallory1", "Content-Length: 999"))
            #expect(try client.reply()?.status == 100)
            try client.send(body)
            let reply = try client.reply()
            #expect(reply?.body == "POST /public \(body)")
            #expect(reply?.field("x-who") == "mallory1")
        }
    }

    @Test("another connection's head does not become ours while our body is on its way")
    func otherConnection() async throws {
        try await LiveEngine.run { live in
            for (path, who) in [("/aaaa", "alice"), ("/cccc", "carol")] {
                let mine = try live.client()
                try mine.send(Self.head(path, who, "Content-Length: 1"))
                #expect(try mine.reply()?.status == 100)
                let other = try live.client()
                try other.send(Self.head("/bbbb", "robby", "Content-Length: 1"))
                #expect(try other.reply()?.status == 100)
                try other.send("2")
                #expect(try other.reply()?.field("x-who") == "robby")
                try mine.send("1")
                let reply = try mine.reply()
                #expect(reply?.body == "POST \(path) 1")
                #expect(reply?.field("x-who") == who)
            }
        }
    }

    @Test("40 connections whose bodies come in turns each get their own answer")
    func interleaved() async throws {
        try await LiveEngine.run(loops: 2) { live in
            let clients = try (0..<40).map { _ in try live.client() }
            for (number, client) in clients.enumerated() {
                try client.send(Self.head("/n\(number + 10)", "who\(number + 10)", "Transfer-Encoding: chunked"))
            }
            for client in clients { #expect(try client.reply()?.status == 100) }
            for client in clients.reversed() { try client.send("3\r\nabc\r\n") }
            for client in clients { try client.send("3\r\ndef\r\n0\r\n\r\n") }
            for (number, client) in clients.enumerated() {
                let reply = try client.reply()
                #expect(reply?.body == "POST /n\(number + 10) abcdef")
                #expect(reply?.field("x-who") == "who\(number + 10)")
            }
        }
    }
}
