import JSON
import Testing
import TestSupport

/// auth.md §2, cases 1–20 of §14.
@Suite struct FirstUserTests {
    @Test("an empty server says so, with the header that clients know it by", arguments: Backend.allCases)
    func emptyServer(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/api/v2/users/first")
            #expect(answer.status == 404)
            #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"])
            #expect(answer.message != nil)
        }
    }

    @Test("of two first users at once one is made", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let requests: [@Sendable (TestServer) async throws -> Answer] = (0..<4).map { index in
                { server in
                    try await server.send(
                        "POST", "/api/v2/users/first",
                        body:
                            #"{"email":"u\#(index)@usersd.test","username":"u\#(index)","password":"SomeSecurePassword!"}"#
                    )
                }
            }
            let statuses = try await server.sendTogether(requests).map(\.status).sorted()
            #expect(statuses == [201, 409, 409, 409])
            #expect(try server.database.sql("SELECT count(*) FROM users WHERE username <> 'prebuilds'") == [["1"]])
        }
    }
}
