import API
import JSON
import Testing
import TestSupport

/// What a caller learns of a fault of ours: decisions.md #26; users.md §1.2.
@Suite struct FaultTests {
    private static let cause = "a cause that nobody outside may see"

    /// The fault id of a 500, which says nothing else and stands in the log beside the cause.
    private static func faultID(
        _ answer: Answer, in server: TestServer, cause: String, secrets: [String]
    ) throws -> String {
        #expect(answer.status == 500, "\(answer)")
        #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
        #expect(answer.json?.names == ["message", "detail"])
        #expect(answer.message == "An internal server error occurred.")
        let detail = try #require(answer.detail)
        let id = try #require(detail.firstMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/), "\(detail)")
        let lines = server.log.lines.filter { $0.contains(id.output.0) }
        #expect(lines.count == 1)
        #expect(lines.first?.contains(cause) == true, "\(lines)")
        #expect(lines.first?.hasPrefix("error") == true)
        for secret in secrets + [cause, "SQL", "sqlite", "postgres", "relation", "table"] {
            #expect(!answer.body.lowercased().contains(secret.lowercased()), "\(secret)")
        }
        return String(id.output.0)
    }

    @Test("a failing statement: an id for the caller, the cause for the log", arguments: Backend.allCases)
    func statement(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.failOn("INSERT", of: "api_keys", cause: Self.cause)
            let body = #"{"email":"owner@usersd.test","password":"SomeSecurePassword!"}"#
            var ids: Set<String> = []
            for _ in 0..<2 {
                let answer = try await server.send("POST", "/api/v2/users/login", body: body)
                ids.insert(
                    try Self.faultID(
                        answer, in: server, cause: Self.cause, secrets: [owner.id, "owner@usersd.test", "insert"]))
                #expect(!answer.header("Set-Cookie").contains { $0.hasPrefix("coder_session_token") })
            }
            #expect(ids.count == 2)
        }
    }

    @Test("a failing first user leaves none behind", arguments: Backend.allCases)
    func firstUser(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            try server.database.failOn("INSERT", of: "gitsshkeys", cause: Self.cause)
            let answer = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"a@usersd.test","username":"a","password":"SomeSecurePassword!"}"#)
            _ = try Self.faultID(answer, in: server, cause: Self.cause, secrets: ["ssh", "insert"])
            #expect(try await server.send("GET", "/api/v2/users/first").status == 404)
            #expect(try server.database.sql("SELECT count(*) FROM users WHERE username <> 'prebuilds'") == [["0"]])
        }
    }

    @Test("a table that is gone is named in the log only", arguments: Backend.allCases)
    func table(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.sql("ALTER TABLE api_keys RENAME TO gone")
            let answer = try await server.send("GET", "/api/v2/users/me", token: owner.token)
            _ = try Self.faultID(answer, in: server, cause: "api_keys", secrets: [])
            #expect(answer.header("WWW-Authenticate").isEmpty)
            // Where a session is not needed the trouble is nobody's business, but the process still answers.
            #expect(try await server.send("GET", "/healthz").body == "OK")
        }
    }

    @Test("a public route that cannot ask the database says no more than the others", arguments: Backend.allCases)
    func publicRoute(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            try server.database.sql("ALTER TABLE users RENAME TO gone")
            let answer = try await server.send("GET", "/api/v2/users/first")
            _ = try Self.faultID(answer, in: server, cause: "users", secrets: ["gone"])
            let login = try await server.send(
                "POST", "/api/v2/users/login", body: #"{"email":"a@usersd.test","password":"SomeSecurePassword!"}"#)
            _ = try Self.faultID(login, in: server, cause: "users", secrets: ["gone", "a@usersd.test"])
        }
    }

    @Test("a damaged hash: the log says which kind of thing is wrong, not the hash", arguments: Backend.allCases)
    func hash(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let hash = "$pbkdf2-sha256$none$AAECAwQFBgcICQoLDA0ODw$" + String(repeating: "A", count: 86)
            try server.database.setPasswordHash(hash, of: owner.id)
            let answer = try await server.send(
                "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"SomeSecurePassword!"}"#)
            _ = try Self.faultID(answer, in: server, cause: "hash", secrets: ["pbkdf2", "AAEC", "SomeSecurePassword!"])
            #expect(!server.log.lines.contains { $0.contains("AAAAAAAA") || $0.contains("SomeSecurePassword!") })
        }
    }

    @Test("a key's use that cannot be written does not stop the request", arguments: Backend.allCases)
    func use(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.failOn("UPDATE", of: "api_keys", cause: Self.cause)
            let answer = try await server.send("GET", "/api/v2/users/me", token: owner.token)
            // auth.md §9.5 has 500 for database trouble; a refusal and an answer are both within it, a leak is not.
            #expect(answer.status == 200 || answer.status == 500)
            #expect(!answer.body.contains(Self.cause))
            #expect(server.log.lines.contains { $0.contains(Self.cause) })
        }
    }
}
