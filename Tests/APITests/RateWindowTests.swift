import API
import Testing
import TestSupport

/// The window and the login group's own limit: auth.md §12, cases 36, 176 and 177 of §14; decisions.md #22.
@Suite struct RateWindowTests {
    private static func with(
        _ backend: Backend, limit: Int, isOff: Bool = false, _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.with(
            backend,
            {
                $0.isRateLimitDisabled = isOff
                $0.rateLimit = limit
            }, body)
    }

    private static func passed(
        _ server: TestServer, _ method: String = "GET", _ target: String = "/api/v2/buildinfo", most: Int = 100
    ) async throws -> Int {
        for count in 0..<most where try await server.send(method, target).status == 429 { return count }
        return most
    }

    @Test(
        "the last minute counts as far as it reaches into the window; refused requests do not",
        arguments: Backend.allCases)
    func window(on backend: Backend) async throws {
        try await Self.with(backend, limit: 10) { server in
            let first = try await Self.passed(server)
            #expect(first == 10)
            for _ in 0..<20 { #expect(try await server.send("GET", "/api/v2/buildinfo").status == 429) }
            // 59.65 s into the minute of the ten: all of them count.
            server.clock.advance(seconds: 59)
            #expect(try await Self.passed(server) == 0)
            // 29.65 s into the next: 10 × 0.506 = 5.06, rounded 5.
            server.clock.advance(seconds: 30)
            #expect(try await Self.passed(server) == 5)
            // 0.65 s into the one after: 5 × 0.989 = 4.95, rounded 5.
            server.clock.advance(seconds: 31)
            #expect(try await Self.passed(server) == 5)
            // Two minutes on nothing is left.
            server.clock.advance(seconds: 120)
            #expect(try await Self.passed(server) == 10)
        }
    }

    @Test("176: 0 means 512", arguments: Backend.allCases)
    func standard(on backend: Backend) async throws {
        try await Self.with(backend, limit: 0) { server in
            #expect(try await server.send("GET", "/api/v2/buildinfo").header("X-RateLimit-Limit") == ["512"])
            #expect(try await Self.passed(server, most: 600) == 511)
            let answer = try await server.send("GET", "/api/v2/buildinfo")
            #expect(answer.message == "You've been rate limited for sending more than 512 requests in 1m0s.")
        }
    }

    @Test("512 is what nobody sets", arguments: Backend.allCases)
    func unset(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.isRateLimitDisabled = false }) { server in
            let answer = try await server.send("GET", "/api/v2/buildinfo")
            #expect(answer.header("X-RateLimit-Limit") == ["512"])
        }
    }

    @Test("176: a negative number and the switch turn everything off", arguments: Backend.allCases)
    func off(on backend: Backend) async throws {
        for (limit, isOff) in [(-1, false), (5, true)] {
            try await Self.with(backend, limit: limit, isOff: isOff) { server in
                #expect(try await Self.passed(server, most: 20) == 20)
                let answer = try await server.send(
                    "GET", "/api/v2/buildinfo", headers: [("X-Coder-Bypass-Ratelimit", "true")])
                #expect(answer.status == 200)
                #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("x-ratelimit") })
            }
        }
    }

    @Test("the switch turns the login group's limit off too", arguments: Backend.allCases)
    func loginOff(on backend: Backend) async throws {
        try await Self.with(backend, limit: 512, isOff: true) { server in
            let passed = try await Self.passed(server, "POST", "/api/v2/users/login", most: 65)
            #expect(passed == 65)
        }
    }

    @Test("a negative API limit leaves the login group's own", arguments: Backend.allCases)
    func loginStays(on backend: Backend) async throws {
        // auth.md §12: the login limit is not configurable except by the switch.
        try await Self.with(backend, limit: -1) { server in
            let passed = try await Self.passed(server, "POST", "/api/v2/users/login", most: 65)
            #expect(passed == 60)
        }
    }

    @Test("36, 177: the login group has 60 of its own on each route, and shows them", arguments: Backend.allCases)
    func login(on backend: Backend) async throws {
        try await Self.with(backend, limit: 512) { server in
            for target in ["/api/v2/users/login", "/api/v2/users/validate-password"] {
                #expect(try await server.send("POST", target).header("X-RateLimit-Limit") == ["60"])
                #expect(try await Self.passed(server, "POST", target) == 59)
                let answer = try await server.send("POST", "\(target.replacing("/users/", with: "//users/"))")
                #expect(answer.status == 429)
                #expect(answer.message == "You've been rate limited for sending more than 60 requests in 1m0s.")
                #expect(answer.header("X-RateLimit-Limit") == ["60"])
                #expect(answer.header("X-RateLimit-Remaining") == ["0"])
            }
            // Not in the group: the first user, the methods, and GET of the same path.
            for (method, target) in [
                ("POST", "/api/v2/users/first"), ("GET", "/api/v2/users/authmethods"), ("GET", "/api/v2/users/login"),
            ] {
                #expect(try await server.send(method, target).header("X-RateLimit-Limit") == ["512"], "\(target)")
            }
        }
    }

    @Test("the API's counter also counts what the login group refuses", arguments: Backend.allCases)
    func outer(on backend: Backend) async throws {
        try await Self.with(backend, limit: 62) { server in
            #expect(try await Self.passed(server, "POST", "/api/v2/users/login") == 60)
            // That was the 61st; the 62nd is refused by the inner limit too, the 63rd by the outer.
            for limit in [60, 62] {
                let answer = try await server.send("POST", "/api/v2/users/login")
                #expect(answer.message == "You've been rate limited for sending more than \(limit) requests in 1m0s.")
            }
        }
    }
}
