import HTTPEngine
import Testing

/// What is answered at once and what is waited for, in one conversation.
@Suite("Answers at once and later, over sockets")
struct LiveMixTests {
    private struct Exchange {
        let bytes: [UInt8]
        let answer: String

        static func random(_ number: Int, using generator: inout SystemRandomNumberGenerator) -> Exchange {
            let target = ["/now", "/later"].randomElement(using: &generator)! + "/\(number)"
            let body = String(repeating: "b", count: .random(in: 0...40, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                let head = "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                return Exchange(bytes: Array((head + body).utf8), answer: "POST \(target) \(body)")
            case 1:
                let head = "POST \(target) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                let chunk = body.isEmpty ? "" : "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
                return Exchange(bytes: Array((head + chunk + "0\r\n\r\n").utf8), answer: "POST \(target) \(body)")
            case 2:
                // An empty line in front of a request is nothing.
                return Exchange(
                    bytes: Array("\r\nGET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), answer: "GET \(target) ")
            default:
                return Exchange(
                    bytes: Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), answer: "GET \(target) ")
            }
        }
    }

    @Test("come in the order of their requests, however many are sent together and wherever they are cut")
    func order() async throws {
        try await LiveEngine.run { live in
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<400 {
                let exchanges = (0..<Int.random(in: 1...12)).map { Exchange.random($0, using: &generator) }
                let client = try live.client()
                var rest = exchanges.flatMap(\.bytes)[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(.random(in: 1...max(1, rest.count)))
                    try client.send(Array(piece))
                    rest = rest.dropFirst(piece.count)
                }
                for exchange in exchanges {
                    let reply = try client.reply()
                    #expect(reply?.body == exchange.answer, "\(exchanges.map(\.answer))")
                }
                client.finishSending()
                #expect(try client.reply() == nil)
            }
        }
    }

    @Test("wait for a client who does not take them, and are all there when it does")
    func slowReader() async throws {
        try await LiveEngine.run { live in
            for target in ["/bytes/60000", "/later"] {
                let client = try live.client()
                let requests = 400
                try client.send(
                    String(
                        repeating: "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n",
                        count: requests))
                for _ in 0..<requests {
                    let first = try client.reply()?.body
                    #expect(first?.utf8.count == (target == "/later" ? 11 : 60_000))
                    #expect(try client.reply()?.body == "GET /later ")
                }
            }
        }
    }
}
