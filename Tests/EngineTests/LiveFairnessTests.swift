import HTTPEngine
import Testing

/// Who has sent much is served in shares, between which everybody else is.
@Suite("Fairness")
struct LiveFairnessTests {
    @Test("a request that comes while others have hundreds in line is answered among the first", arguments: [1, 8])
    func among(greedy count: Int) async throws {
        try await LiveEngine.run { live in
            let lawful = try live.client()
            #expect(try lawful.get("/first")?.status == 200)
            let greedy = try (0..<count).map { _ in try live.client() }
            for client in greedy {
                try client.send(String(repeating: "GET /work HTTP/1.1\r\nHost: a\r\n\r\n", count: 150))
            }
            #expect(LiveEngine.eventually { live.targets.count > 3 })
            let before = live.targets.count
            #expect(try lawful.get("/lawful")?.status == 200)
            let place = try #require(live.targets.firstIndex(of: "/lawful"))
            // The test itself may be kept from running for some of theirs; all would be 150 of each.
            #expect(place - before < 60)
            for client in greedy { for _ in 0..<150 { #expect(try client.reply()?.status == 200) } }
            // None of them waits for another to be through.
            #expect(live.targets.count == 150 * count + 2)
        }
    }
}
