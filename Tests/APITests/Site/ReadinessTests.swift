import JSON
import TestSupport
import Testing

/// `/readyz`; without a database it is in `OutageTests`.
@Suite struct ReadinessTests {
    @Test("ready: the database answers, and how the seed went is told", arguments: Backend.allCases)
    func ready(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/readyz")
            #expect(answer.status == 200 && answer.body == #"{"storage":"ok","prices":"seeded"}"# + "\n", "\(answer)")
            #expect(try await server.send("HEAD", "/readyz").status == 200)
            #expect(try await server.send("POST", "/readyz").status == 405)
        }
    }
}
