import API
import Testing
import TestSupport

/// What a key's use writes: auth.md §9.6, cases 89–93 and 102 of §14; keys-and-shell.md §0.7 and case 74;
/// decisions.md #12.
@Suite struct KeyUseTests {
    private static let hour: Int64 = 3_600

    private static func use(_ server: TestServer, _ key: StoredKey) async throws {
        #expect(try await server.send("GET", "/api/v2/users/me", token: key.token).status == 200)
    }

    @Test("89: the first use is written, the next hour's are not, the one after is", arguments: Backend.allCases)
    func lastUsed(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isSessionRefreshDisabled = true }) { server in
            let owner = try await server.owner()
            let id = String(owner.token.prefix(10))
            func seen() throws -> [Int64?] {
                [
                    try server.database.time("last_used", of: "api_keys", id: id),
                    try server.database.time("last_seen_at", of: "users", id: owner.id),
                    try server.database.time("updated_at", of: "users", id: owner.id),
                ]
            }
            func request(from peer: String) async throws {
                #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token, peer: peer).status == 200)
            }
            let created = try server.database.time("updated_at", of: "api_keys", id: id)
            server.clock.advance(seconds: 10)
            try await request(from: "203.0.113.1")
            let first = server.microseconds()
            #expect(try seen() == [first, first, first])
            server.clock.advance(seconds: Self.hour)
            try await request(from: "203.0.113.2")
            #expect(try seen() == [first, first, first])
            #expect(try Self.address(server, id) == "203.0.113.1")
            server.clock.advance(seconds: 1)
            try await request(from: "2001:db8::7")
            let later = server.microseconds()
            #expect(try seen() == [later, later, later])
            #expect(try Self.address(server, id) == "2001:db8::7")
            #expect(try server.database.time("updated_at", of: "api_keys", id: id) == created)
        }
    }

    private static func address(_ server: TestServer, _ id: String) throws -> String? {
        let rows = try server.database.sql(
            sqlite: "SELECT ip_address FROM api_keys WHERE id = '\(id)'",
            postgres: "SELECT host(ip_address) FROM api_keys WHERE id = '\(id)'")
        return rows.first?.first.flatMap { $0 }
    }

    /// Seconds left of a lifetime, and whether a use gives the whole lifetime again.
    private static let slides: [(loginType: String, lifetime: Int64, left: Int64, slides: Bool)] = [
        ("password", 24 * hour, 24 * hour - 1_800, false), ("password", 24 * hour, 23 * hour + 1, false),
        ("password", 24 * hour, 23 * hour, true), ("password", 24 * hour, 23 * hour - 60, true),
        ("password", 24 * hour, 1, true), ("none", 24 * hour, 22 * hour, true),
        ("password", 168 * hour, 166 * hour, true), ("password", hour, 1, false), ("password", hour, 1_800, false),
        ("password", 1_800, 1, false), ("password", hour + 60, 60, true), ("password", hour + 60, 61, false),
        ("token", 24 * hour, 22 * hour, false), ("token", 168 * hour, 1, false),
    ]

    @Test("90, 91, 93: a session slides when an hour of it is gone; a token never does", arguments: Backend.allCases)
    func sliding(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (index, row) in Self.slides.enumerated() {
                let expiry = server.microseconds(row.left)
                let key = StoredKey(
                    id: "slide\(10_000 + index)", userID: owner.id, loginType: row.loginType, expiresAt: expiry,
                    lifetimeSeconds: row.lifetime, name: row.loginType == "token" ? "t\(index)" : "")
                try key.insert(into: server.database)
                try await Self.use(server, key)
                let expected = row.slides ? server.microseconds(row.lifetime) : expiry
                #expect(try server.database.time("expires_at", of: "api_keys", id: key.id) == expected, "\(row)")
                #expect(try server.database.time("last_used", of: "api_keys", id: key.id) == server.microseconds())
                #expect(try server.database.time("updated_at", of: "api_keys", id: key.id) == 0)
            }
        }
    }

    @Test("sliding alone counts as being seen, and leaves the time of use", arguments: Backend.allCases)
    func slidingAlone(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let used = server.microseconds(-1_800)
            let key = StoredKey(userID: owner.id, lastUsed: used, expiresAt: server.microseconds(60))
            try key.insert(into: server.database)
            try await Self.use(server, key)
            #expect(try server.database.time("expires_at", of: "api_keys", id: key.id) == server.microseconds(86_400))
            #expect(try server.database.time("last_used", of: "api_keys", id: key.id) == used)
            #expect(try server.database.time("last_seen_at", of: "users", id: owner.id) == server.microseconds())
        }
    }

    @Test("a use that changes nothing is not being seen", arguments: Backend.allCases)
    func nothing(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("watched", fields: [#""user_status":"active""#], by: owner)
            let key = StoredKey(
                userID: id, lastUsed: server.microseconds(-1_800), expiresAt: server.microseconds(86_000))
            try key.insert(into: server.database)
            try await Self.use(server, key)
            #expect(try server.database.time("last_seen_at", of: "users", id: id) == -62_135_596_800_000_000)
        }
    }

    @Test("92: with refresh switched off the use is written and the expiry is not", arguments: Backend.allCases)
    func refreshOff(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isSessionRefreshDisabled = true }) { server in
            let owner = try await server.owner()
            let expiry = server.microseconds(60)
            let key = StoredKey(userID: owner.id, expiresAt: expiry)
            try key.insert(into: server.database)
            try await Self.use(server, key)
            #expect(try server.database.time("expires_at", of: "api_keys", id: key.id) == expiry)
            #expect(try server.database.time("last_used", of: "api_keys", id: key.id) == server.microseconds())
        }
    }

    @Test("102: public and unknown routes count as well", arguments: Backend.allCases)
    func everyRoute(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for target in ["/api/v2/users/first", "/api/v2/users/authmethods", "/api/v2/nope", "/healthz"] {
                server.clock.advance(seconds: Self.hour + 1)
                _ = try await server.send("GET", target, token: owner.token)
                #expect(
                    try server.database.time("last_seen_at", of: "users", id: owner.id) == server.microseconds(),
                    "\(target)")
            }
        }
    }

    @Test("a key with a wrong secret is not used", arguments: Backend.allCases)
    func wrongSecret(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let key = StoredKey(userID: owner.id, expiresAt: server.microseconds(60))
            try key.insert(into: server.database)
            _ = try await server.send("GET", "/api/v2/users/me", token: "\(key.id)-0000000000000000000000")
            #expect(try server.database.time("last_used", of: "api_keys", id: key.id) == 0)
            #expect(try server.database.time("expires_at", of: "api_keys", id: key.id) == server.microseconds(60))
        }
    }
}
