import Glibc
import HTTP
import HTTPEngine
import Testing

/// RFC 9112 §9, RFC 9110 §9.3.2, §10.1.1, over a real socket.
@Suite("Conversations over a socket (RFC 9112 §9)")
struct LiveConversationTests {
    @Test("a connection serves one request after the other")
    func keepAlive() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            for round in 0..<50 {
                let reply = try #require(try client.get("/\(round)"))
                #expect(reply.status == 200)
                #expect(reply.body == "GET /\(round) ")
                #expect(reply.field("connection") == nil)
                #expect(reply.field("date") != nil)
            }
            #expect(live.engine.connectionCount == 1)
        }
    }

    @Test("100 requests sent at once are answered in their order")
    func pipelining() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            live.gate.open()
            try client.send(
                (0..<100).map { round in
                    round % 10 == 3
                        ? "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n"
                        : "POST /\(round) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                }.joined())
            for round in 0..<100 {
                let reply = try client.reply()
                #expect(reply?.body == (round % 10 == 3 ? "opened" : "POST /\(round) abc"))
            }
        }
    }

    @Test("a request that comes byte by byte is answered like one in a piece")
    func byteByByte() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            for byte in Array(
                ("\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2;e\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n")
                    .utf8)
            {
                try client.send([byte])
                usleep(200)
            }
            #expect(try client.reply()?.body == "POST /x abc")
        }
    }

    @Test("a chunked body is put together, and the request behind it is found")
    func chunked() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            let large = String(repeating: "y", count: 0x8000)
            try client.send(
                "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n8000\r\n\(large)\r\n0\r\n\r\n"
                    + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.reply()?.body == "PUT /c abc\(large)")
            #expect(try client.reply()?.body == "GET /next ")
        }
    }

    @Test("100-continue comes before the body is sent, once, and the final answer after it")
    func expectContinue() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
            #expect(try client.reply() == Client.Reply(status: 100, fields: [], body: ""))
            #expect(live.targets.isEmpty)
            try client.send("ab")
            try client.send("cd")
            #expect(try client.reply()?.body == "POST /e abcd")
            // The body is there already: the interim answer may be left out, the final one may not.
            try client.send("POST /f HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nxy")
            var reply = try client.reply()
            if reply?.status == 100 { reply = try client.reply() }
            #expect(reply?.body == "POST /f xy")
        }
    }

    @Test("HEAD is answered without a body and with its length; 204 with neither; the connection stays usable")
    func bodiless() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("HEAD /bytes/1000 HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try client.reply(bodiless: true)
            #expect(head?.field("content-length") == "1000")
            let none = try client.get("/none")
            #expect(none?.status == 204)
            #expect(none?.field("content-length") == nil)
            #expect(try client.get("/after")?.body == "GET /after ")
        }
    }

    @Test("HTTP/1.0 ends with its answer unless it asks to stay")
    func http10() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let first = try client.reply()
            #expect(first?.body == "GET /a ")
            #expect(first?.field("connection") == "keep-alive")
            try client.send("GET /b HTTP/1.0\r\n\r\n")
            let second = try client.reply()
            #expect(second?.body == "GET /b ")
            #expect(second?.field("connection") == "close")
            #expect(try client.reply() == nil)
        }
    }

    @Test("Connection: close is answered with the same and the end; requests behind it are not served")
    func close() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send(
                "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
            let reply = try client.reply()
            #expect(reply?.body == "GET /a ")
            #expect(reply?.field("connection") == "close")
            #expect(try client.reply() == nil)
            #expect(live.targets == ["/a"])
            #expect(LiveEngine.eventually { live.engine.connectionCount == 0 })
        }
    }

    @Test("a client that has finished sending still gets its answers (RFC 9112 §9.6)")
    func halfClose() async throws {
        try await LiveEngine.run { live in
            let client = try live.client()
            try client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            #expect(LiveEngine.eventually { live.gate.arrivals == 1 })
            live.gate.open()
            #expect(try client.reply()?.body == "GET /a ")
            #expect(try client.reply()?.body == "opened")
            #expect(try client.reply() == nil)
        }
    }

    @Test("the last request that a connection may make is answered with Connection: close")
    func requestLimit() async throws {
        var limits = Limits()
        limits.requestsPerConnection = 3
        try await LiveEngine.run(limits) { live in
            let client = try live.client()
            #expect(try client.get("/1")?.field("connection") == nil)
            #expect(try client.get("/2")?.field("connection") == nil)
            #expect(try client.get("/3")?.field("connection") == "close")
            #expect(try client.reply() == nil)
        }
    }

    @Test("an empty line behind a request neither starts a clock nor spoils the next request (RFC 9112 §2.2)")
    func strayEmptyLine() async throws {
        var limits = Limits()
        limits.headMilliseconds = 300
        limits.idleMilliseconds = 60_000
        try await LiveEngine.run(limits) { live in
            let client = try live.client()
            try client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\n")
            #expect(try client.reply()?.body == "POST /a x")
            usleep(1_200_000)
            #expect(try client.get("/b")?.body == "GET /b ")
        }
    }

    @Test("an answer is whole although the client sends more than it should before the end (RFC 9112 §9.6)")
    func closeWithUnreadBytes() async throws {
        try await LiveEngine.run { live in
            let client = try live.client(receiveBuffer: 4096)
            try client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            try client.send("GET /bytes/1500000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(LiveEngine.eventually { live.gate.arrivals == 1 })
            live.gate.open()
            #expect(LiveEngine.eventually { live.targets.count == 2 })
            // Nobody reads this any more.
            try client.send("\r\n")
            usleep(300_000)
            #expect(try client.reply()?.body == "opened")
            #expect(try client.reply()?.body.utf8.count == 1_500_000)
        }
    }
}
