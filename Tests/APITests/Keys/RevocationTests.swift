import API
import JSON
import TestSupport
import Testing

/// What ends keys ends them for the next request: auth.md §3 (logout), §4, §5, §9.5; users.md §6, §14;
/// keys-and-shell.md §6.
@Suite struct RevocationTests {
    private struct Way: Sendable {
        let name: String
        /// Whether all keys of the person end, or the first session only.
        let endsAll: Bool
        let act: @Sendable (TestServer, TestServer.Person, TestServer.Person) async throws -> Answer
    }

    private static func put(_ server: TestServer, _ path: String, _ token: String, _ body: String? = nil) async throws
        -> Answer
    {
        try await server.send("PUT", "/api/v2/users/\(path)", token: token, body: body)
    }

    private static let ways: [Way] = [
        Way(name: "suspend", endsAll: true) { try await put($0, "\($2.id)/status/suspend", $1.token) },
        Way(name: "delete", endsAll: true) { try await UsersAPI($0, $1).delete($2.id) },
        Way(name: "logout", endsAll: false) { try await $0.send("POST", "/api/v2/users/logout", token: $2.token) },
        Way(name: "own password", endsAll: true) {
            try await put(
                $0, "me/password", $2.token,
                #"{"old_password":"\#(TestServer.password)","password":"AnotherSecurePassword!"}"#)
        },
        Way(name: "password by an owner", endsAll: true) {
            try await put($0, "\($2.id)/password", $1.token, #"{"password":"AnotherSecurePassword!"}"#)
        },
        Way(name: "passcode", endsAll: true) { server, _, person in
            try await PasscodeAPI(server).reset(person.email)
        },
        Way(name: "key deleted", endsAll: false) {
            try await KeysAPI($0, $1.token).delete(String($2.token.prefix(10)))
        },
        Way(name: "key expired", endsAll: false) {
            let answer = try await KeysAPI($0, $1.token).expire(String($2.token.prefix(10)))
            $0.clock.advance(seconds: 1)
            return answer
        },
    ]

    @Test("each way to end keys ends the right ones at once", arguments: Backend.allCases)
    func ways(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (index, way) in Self.ways.enumerated() {
                let person = try await server.person("p\(index)", by: owner)
                let session = try await server.signIn(person.email)
                let token = try await KeysAPI(server, person.token).token()
                // They have been used, so whatever a server remembers of a key it remembers now.
                for key in [person.token, session, token] {
                    #expect(try await server.status(with: key) == 200, "\(way.name)")
                }
                let answer = try await way.act(server, owner, person)
                #expect(200...299 ~= answer.status, "\(way.name) \(answer)")
                #expect(try await server.status(with: person.token) == 401, "\(way.name)")
                let rest = way.endsAll ? 401 : 200
                #expect(try await server.status(with: session) == rest, "\(way.name)")
                #expect(try await server.status(with: token) == rest, "\(way.name)")
                #expect(try await server.status(with: owner.token) == 200, "\(way.name)")
            }
        }
    }

    @Test("a role taken away is gone for the next request", arguments: Backend.allCases)
    func roles(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", roles: ["auditor"], by: owner)
            #expect(try await server.send("GET", "/api/v2/users/owner", token: person.token).status == 200)
            let answer = try await Self.put(server, "\(person.id)/roles", owner.token, #"{"roles":[]}"#)
            #expect(answer.status == 200, "\(answer)")
            #expect(try await server.send("GET", "/api/v2/users/owner", token: person.token).status == 404)
        }
    }

    @Test("what another process changed in the database counts at once", arguments: Backend.allCases)
    func behindTheBack(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let second = try await server.signIn(person.email)
            #expect(try await server.status(with: person.token) == 200)
            #expect(try await server.status(with: second) == 200)
            try server.database.sql("DELETE FROM api_keys WHERE id = '\(person.token.prefix(10))'")
            #expect(try await server.status(with: person.token) == 401)
            try server.database.setStatus("suspended", of: person.id)
            #expect(try await server.status(with: second) == 401)
            try server.database.setStatus("active", of: person.id)
            #expect(try await server.status(with: second) == 200)
        }
    }

    @Test("a request in flight cannot make a key outlive the password change", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for round in 0..<8 {
                let person = try await server.person("r\(round)", by: owner)
                _ = try await server.sendTogether([
                    {
                        try await Self.put($0, "\(person.id)/password", owner.token, #"{"password":"AnotherSecure1!"}"#)
                    },
                    { try await KeysAPI($0, person.token).list() }, { try await KeysAPI($0, person.token).list() },
                ])
                #expect(try await server.status(with: person.token) == 401)
                let rows = try server.database.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(person.id)'")
                #expect(rows == [["0"]])
            }
        }
    }
}
