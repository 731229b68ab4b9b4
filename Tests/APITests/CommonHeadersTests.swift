import API
import Testing
import TestSupport

/// What every answer carries: auth.md §0, users.md §1.1, keys-and-shell.md §8.6, case 64.
@Suite struct CommonHeadersTests {
    private struct Probe {
        let status: Int
        let method: String
        let target: String
        var token: String?
        var body: String?
        var headers: [(String, String)] = []
    }

    private static func probes(_ owner: TestServer.Person) -> [Probe] {
        [
            Probe(status: 200, method: "GET", target: "/api/v2/buildinfo"),
            Probe(status: 200, method: "GET", target: "/healthz"),
            Probe(status: 200, method: "HEAD", target: "/healthz"),
            Probe(status: 200, method: "GET", target: "/api/v2/users/me", token: owner.token),
            Probe(
                status: 201, method: "POST", target: "/api/v2/users/login",
                body: #"{"email":"owner@usersd.test","password":"SomeSecurePassword!"}"#),
            Probe(status: 400, method: "POST", target: "/api/v2/users/login", body: "{"),
            Probe(status: 400, method: "POST", target: "/api/v2/nope", headers: [("Cookie", "coder_session_token=x")]),
            Probe(status: 401, method: "GET", target: "/api/v2/users/me"),
            Probe(status: 401, method: "GET", target: "/api/v2/users/me", token: "rubbish"),
            Probe(
                status: 401, method: "POST", target: "/api/v2/users/login",
                body: #"{"email":"a@b.test","password":"x"}"#),
            Probe(status: 404, method: "GET", target: "/api/v2/nope"),
            Probe(status: 404, method: "GET", target: "/api/v2/users/nobody", token: owner.token),
            Probe(status: 405, method: "POST", target: "/api/v2/buildinfo"),
            Probe(status: 405, method: "FOO", target: "/api/v2/buildinfo"),
            Probe(
                status: 409, method: "POST", target: "/api/v2/users/first",
                body: #"{"email":"a@b.test","username":"a","password":"SomeSecurePassword!"}"#),
        ]
    }

    private static func check(_ answer: Answer, _ comment: Comment) {
        #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"], comment)
        #expect(answer.header("X-Content-Type-Options") == ["nosniff"], comment)
        #expect(answer.header("Vary") == ["Origin", "Cookie"], comment)
        let ids = answer.header("X-Coder-Request-Id")
        #expect(ids.count == 1, comment)
        #expect(
            ids.first?.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil,
            comment)
    }

    @Test("64: success or failure, the common headers are there, once each", arguments: Backend.allCases)
    func everywhere(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            var ids: Set<String> = []
            let probes = Self.probes(owner)
            for probe in probes {
                let answer = try await server.send(
                    probe.method, probe.target, token: probe.token, body: probe.body,
                    headers: probe.headers + [("X-Coder-Request-Id", "11111111-1111-4111-8111-111111111111")])
                #expect(answer.status == probe.status, "\(probe.method) \(probe.target)")
                Self.check(answer, "\(probe.method) \(probe.target) \(probe.status)")
                ids.formUnion(answer.header("X-Coder-Request-Id"))
            }
            // Fresh for each request, whatever the client sends.
            #expect(ids.count == probes.count)
            #expect(!ids.contains("11111111-1111-4111-8111-111111111111"))
        }
    }

    @Test("64: on a 500, a 428 and a 429 too", arguments: Backend.allCases)
    func troubled(on backend: Backend) async throws {
        try await TestServer.with(
            backend,
            {
                $0.isRateLimitDisabled = false
                $0.rateLimit = 5
            }
        ) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let bypass = try await server.send(
                "GET", "/api/v2/", token: person.token, headers: [("X-Coder-Bypass-Ratelimit", "true")])
            #expect(bypass.status == 428)
            Self.check(bypass, "428")
            for _ in 0..<5 { _ = try await server.send("GET", "/api/v2/buildinfo") }
            let limited = try await server.send("GET", "/api/v2/buildinfo")
            #expect(limited.status == 429)
            Self.check(limited, "429")
            try server.database.setPasswordHash("none", of: owner.id)
            let fault = try await server.send(
                "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"x"}"#)
            #expect(fault.status == 500)
            Self.check(fault, "500")
        }
    }

    @Test("Strict-Transport-Security is sent when it is configured, and not by the API", arguments: Backend.allCases)
    func strictTransport(on backend: Backend) async throws {
        let name = "Strict-Transport-Security"
        try await TestServer.with(backend) { (server) async throws in
            #expect(try await server.send("GET", "/login").header(name) == [])
        }
        try await TestServer.with(backend, { $0.strictTransport = "max-age=60; preload" }) { (server) async throws in
            for target in ["/login", "/", "/nowhere", "/cli-auth"] {
                #expect(try await server.send("GET", target).header(name) == ["max-age=60; preload"], "\(target)")
            }
            #expect(try await server.send("GET", "/api/v2/users/first").header(name) == [])
        }
    }

    @Test("the version is the configured one", arguments: Backend.allCases)
    func version(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.version = "v9.8.7" }) { server in
            let answer = try await server.send("GET", "/api/v2/users/first")
            #expect(answer.status == 404)
            #expect(answer.header("X-Coder-Build-Version") == ["v9.8.7"])
        }
    }
}
