import FuzzTargets
import Glibc
import HTTPEngine
import Testing

/// Where the network cuts a conversation says nothing about it: llhttp's corpus, cut at every byte.
@Suite("Conversations in pieces, over sockets")
struct LiveSplitTests {
    /// What a client gets that sends `wire`, and nothing more, and reads to the end.
    private static func answer(_ client: Client) throws -> String {
        client.finishSending()
        // The date may tick; an interim answer is due only when a body is not there yet.
        return try client.rest().replacing("HTTP/1.1 100 Continue\r\n\r\n", with: "").split(separator: "\r\n")
            .filter { !$0.hasPrefix("Date: ") }.joined(separator: "\r\n")
    }

    private static let samples =
        HTTP1Case.all.map { ($0.description, $0.wire) }
        + [
            "\(String(repeating: "\r\n", count: 6))GET /behind-empty-lines HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        ].map { ($0.debugDescription, Array($0.utf8)) }

    @Test(
        "every request of llhttp's corpus, cut at any byte, is answered as it is in one piece, at once and later",
        arguments: [false, true])
    func everyByte(waits: Bool) async throws {
        // Every open connection takes the test two descriptors.
        let atOnce = 200
        try await LiveEngine.run(waits: waits) { live in
            var connections = 0
            for (index, (sample, bytes)) in Self.samples.enumerated() {
                // An address for each, so that ports do not run out.
                let source = "127.0.1.\(index % 250 + 1)"
                let whole = try live.client(from: source)
                try whole.send(bytes)
                let expected = try Self.answer(whole)
                for start in stride(from: 1, to: bytes.count, by: atOnce) {
                    let cuts = start..<min(start + atOnce, bytes.count)
                    let clients = try cuts.map { cut in
                        let client = try live.client(from: source)
                        try client.send(Array(bytes[..<cut]))
                        return client
                    }
                    let read = LiveEngine.eventually { ServerSide(live.address).hasRead(clients) }
                    #expect(read, "\(sample): the first pieces are read")
                    for (cut, client) in zip(cuts, clients) {
                        // Refused before all of it was sent: then nobody needs to take the rest.
                        try? client.send(Array(bytes[cut...]))
                        let answer = try Self.answer(client)
                        #expect(answer == expected, "\(sample) cut at \(cut)")
                    }
                    connections += clients.count
                }
            }
            #expect(connections > 20_000)
        }
    }
}

/// The server's ends of the connections, which are descriptors of this process too.
private struct ServerSide {
    /// By the port of the client's end.
    private var unread: [UInt16: Bool] = [:]

    init(_ address: SocketAddress) {
        for descriptor in 3..<Int32(4_096) where Self.port(descriptor, getsockname) == address.port {
            guard let port = Self.port(descriptor, getpeername) else { continue }
            var byte: UInt8 = 0
            unread[port] = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
        }
    }

    /// Whether the server took every byte that these sent; it may have gone since.
    func hasRead(_ clients: [Client]) -> Bool {
        clients.allSatisfy { client in
            if let unread = Self.port(client.descriptor, getsockname).flatMap({ unread[$0] }) { return !unread }
            var poll = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
            return Glibc.poll(&poll, 1, 0) == 1
        }
    }

    private static func port(
        _ descriptor: Int32, _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &size) }
        }
        return code == 0 && address.sin_family == sa_family_t(AF_INET) ? UInt16(bigEndian: address.sin_port) : nil
    }
}
