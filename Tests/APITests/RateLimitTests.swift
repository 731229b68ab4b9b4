import API
import Testing
import TestSupport

/// Limits on requests: auth.md §12, cases 172–177 of §14; keys-and-shell.md §8.9 and case 78; decisions.md #22.
/// The clock stands 0.65 s into a minute.
@Suite struct RateLimitTests {
    private static let path = "/api/v2/buildinfo"

    private static func with(
        _ backend: Backend, limit: Int, _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.with(
            backend,
            {
                $0.isRateLimitDisabled = false
                $0.rateLimit = limit
            }, body)
    }

    /// Sends the request until it is refused; how many got through, at most `most`.
    private static func passed(
        _ server: TestServer, _ method: String = "GET", _ target: String = path, most: Int = 100,
        token: String? = nil, headers: [(String, String)] = [], peer: String = "192.0.2.1"
    ) async throws -> Int {
        for count in 0..<most {
            let answer = try await server.send(method, target, token: token, headers: headers, peer: peer)
            if answer.status == 429 { return count }
        }
        return most
    }

    private static func standing(_ answer: Answer) -> [String] {
        ["Limit", "Remaining", "Reset"].flatMap { answer.header("X-RateLimit-\($0)") }
    }

    @Test("172: the refusal and its headers", arguments: Backend.allCases)
    func refusal(on backend: Backend) async throws {
        try await Self.with(backend, limit: 3) { server in
            let reset = String(server.microseconds() / 60_000_000 * 60 + 60)
            for left in [2, 1, 0] {
                let answer = try await server.send("GET", Self.path)
                #expect(answer.status == 200)
                #expect(Self.standing(answer) == ["3", "\(left)", reset])
                #expect(answer.header("Retry-After").isEmpty)
            }
            let answer = try await server.send("GET", Self.path)
            #expect(answer.status == 429)
            #expect(
                answer.body == #"{"message":"You've been rate limited for sending more than 3 requests in 1m0s."}"#
                    + "\n")
            #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
            #expect(answer.header("Retry-After") == ["60"])
            #expect(Self.standing(answer) == ["3", "0", reset])
        }
    }

    @Test("172: everything below /api has the headers, nothing else has", arguments: Backend.allCases)
    func headers(on backend: Backend) async throws {
        try await Self.with(backend, limit: 100) { server in
            for (method, target) in [
                ("GET", "/api/v2/nope"), ("GET", "/api/v2/users/me"), ("POST", Self.path),
                ("POST", "/api/v2/users/first"),
                ("GET", "/api/nope"), ("GET", "//api/v2/buildinfo"),
            ] {
                let answer = try await server.send(method, target)
                #expect(Self.standing(answer).count == 3, "\(method) \(target)")
            }
            for target in ["/healthz", "/", "/nope", "/apis"] {
                let answer = try await server.send("GET", target)
                #expect(Self.standing(answer).isEmpty, "\(target)")
            }
        }
    }

    @Test("173: callers count apart, and so do routes", arguments: Backend.allCases)
    func apart(on backend: Backend) async throws {
        try await Self.with(backend, limit: 5) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            #expect(try await Self.passed(server) == 5)
            #expect(try await Self.passed(server, token: owner.token) == 5)
            #expect(try await Self.passed(server, token: person.token) == 5)
            // A key that is none counts as its address does.
            #expect(try await Self.passed(server, token: "0000000000-0000000000000000000000") == 0)
            #expect(try await Self.passed(server, token: owner.token, peer: "192.0.2.77") == 0)
            #expect(try await Self.passed(server, "GET", "/api/v2/users/authmethods") == 5)
        }
    }

    @Test("addresses: each IPv4 address and each IPv6 network of 64 bits is a caller", arguments: Backend.allCases)
    func addresses(on backend: Backend) async throws {
        try await Self.with(backend, limit: 5) { server in
            for (peer, count) in [
                ("192.0.2.1", 5), ("192.0.2.2", 5), ("2001:db8:0:1::1", 5), ("2001:db8:0:1:ffff::2", 0),
                ("2001:db8:0:2::1", 5),
            ] {
                let passed = try await Self.passed(server, peer: peer)
                #expect(passed == count, "\(peer)")
            }
        }
    }

    @Test("a suspended user's key still names its caller", arguments: Backend.allCases)
    func suspended(on backend: Backend) async throws {
        try await Self.with(backend, limit: 5) { server in
            let owner = try await server.owner()
            let person = try await server.person("held", by: owner)
            try server.database.setStatus("suspended", of: person.id)
            #expect(try await Self.passed(server, token: person.token) == 5)
            #expect(try await Self.passed(server) == 5)
        }
    }

    @Test("174: an owner may pass over the limit, another user not, nobody is ignored", arguments: Backend.allCases)
    func bypass(on backend: Backend) async throws {
        try await Self.with(backend, limit: 5) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            for word in ["true", "1", "t", "T", "TRUE", "True"] {
                let header = [("X-Coder-Bypass-Ratelimit", word)]
                #expect(try await Self.passed(server, most: 7, token: owner.token, headers: header) == 7)
                let answer = try await server.send("GET", Self.path, token: person.token, headers: header)
                #expect(answer.status == 428)
                #expect(answer.header("Content-Type").first?.hasPrefix("text/plain") == true)
            }
            let header = [("X-Coder-Bypass-Ratelimit", "true")]
            #expect(try await Self.passed(server, headers: header) == 5)
            for word in ["false", "0", "", "yes"] {
                let answer = try await server.send(
                    "GET", "/api/v2/users/authmethods", token: person.token,
                    headers: [("X-Coder-Bypass-Ratelimit", word)])
                #expect(answer.status == 200, "\(word)")
            }
        }
    }

    @Test("175: the route counts, however its path is written", arguments: Backend.allCases)
    func spelling(on backend: Backend) async throws {
        try await Self.with(backend, limit: 5) { server in
            #expect(try await Self.passed(server) == 5)
            for target in ["//api/v2/buildinfo", "/api/v2//buildinfo", "/api/v2/%62uildinfo", "/api/v2/buildinfo?x=1"] {
                #expect(try await server.send("GET", target).status == 429, "\(target)")
            }
            let owner = try await server.owner()
            #expect(try await Self.passed(server, "GET", "/api/v2/users/me", token: owner.token) == 5)
            for target in [
                "/api/v2/users/owner", "/api/v2/users/\(owner.id)", "/api/v2/users/me/", "/api/v2/users//me",
            ] {
                #expect(try await server.send("GET", target, token: owner.token).status == 429, "\(target)")
            }
        }
    }
}
