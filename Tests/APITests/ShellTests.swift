import API
import JSON
import Testing
import TestSupport

/// Routes, methods and slashes: keys-and-shell.md §8.2 and §8.13, cases 57–61, 63, 67, 68, 79 and 80;
/// users.md §1.4; decisions.md #8.
@Suite struct ShellTests {
    private static let noRoute = #"{"message":"Route not found."}"# + "\n"
    private static let json = "application/json; charset=utf-8"

    @Test("57: an unknown route, to the byte, in any method", arguments: Backend.allCases)
    func unknown(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                for target in ["/api/v2/nope", "/api/v2/buildinfo/x", "/api/v2/nope/users/me", "/api/v2/users/roles/x"]
                {
                    let answer = try await server.send(method, target)
                    #expect(answer.status == 404, "\(method) \(target)")
                    #expect(answer.body == Self.noRoute)
                    #expect(answer.header("Content-Type") == [Self.json])
                }
            }
        }
    }

    @Test("58: slashes collapse, a leaf takes none at its end, a group does", arguments: Backend.allCases)
    func slashes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let targets: [(target: String, status: Int)] = [
                ("/api//v2//buildinfo", 200), ("///api/v2/buildinfo", 200), ("/api%2Fv2/buildinfo", 200),
                ("/api/v2/%2F/buildinfo", 200), ("/api/v2/buildinf%6f", 200), ("/api/v2/buildinfo/", 404),
                ("/api/v2/buildinfo//", 404), ("/api/v2/users/me", 200), ("/api/v2/users/me/", 200),
                ("/api/v2/users//me//", 200), ("/api/v2/users", 200), ("/api/v2/users/", 200), ("/api/v2", 200),
                ("/api/v2/", 200), ("/api/v2//", 200), ("/api/v2/Buildinfo", 404), ("/API/v2/buildinfo", 404),
                ("/api/v2/users/authmethods/", 404), ("/api/v2/./buildinfo", 404), ("/api/v2/x/../buildinfo", 404),
            ]
            for (target, status) in targets {
                let answer = try await server.send("GET", target, token: owner.token)
                #expect(answer.status == status, "\(target)")
            }
        }
    }

    @Test(
        "58, 79: a known path with another method is refused, empty, with what is allowed", arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        let cases: [(method: String, target: String, allowed: Set<String>)] = [
            ("POST", "/api/v2/buildinfo", ["GET"]), ("DELETE", "/api//v2/buildinfo", ["GET"]),
            ("PUT", "/api/v2/", ["GET"]),
            ("FOO", "/api/v2/buildinfo", []), ("FOO", "/api/v2/nope", []), ("FOO", "/healthz", []),
            ("POST", "/healthz", ["GET"]),
        ]
        try await TestServer.with(backend) { server in
            for (method, target, allowed) in cases {
                let answer = try await server.send(method, target)
                #expect(answer.status == 405, "\(method) \(target)")
                #expect(answer.body.isEmpty)
                #expect(answer.header("Content-Type").isEmpty)
                #expect(Set(answer.header("Allow")).subtracting(["HEAD"]) == allowed, "\(method) \(target)")
            }
        }
    }

    @Test("60, 79: below a user a session comes first, then the route or the method", arguments: Backend.allCases)
    func belowUser(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let cases: [(method: String, target: String, status: Int)] = [
                ("GET", "/api/v2/users/me/nope", 404), ("GET", "/api/v2/users/nobody/nope", 404),
                ("POST", "/api/v2/users/me/nope", 404), ("PATCH", "/api/v2/users/me", 405),
                ("PATCH", "/api/v2/users/nobody", 405), ("POST", "/api/v2/users/me", 405),
            ]
            for (method, target, status) in cases {
                let without = try await server.send(method, target)
                #expect(without.status == 401, "\(method) \(target)")
                let with = try await server.send(method, target, token: owner.token)
                #expect(with.status == status, "\(method) \(target)")
                if status == 404 { #expect(with.body == Self.noRoute, "\(method) \(target)") }
            }
            let answer = try await server.send("PATCH", "/api/v2/users/me", token: owner.token)
            #expect(Set(answer.header("Allow")).isSuperset(of: ["GET", "DELETE"]))
            // The resolver runs first in these subtrees (users.md §1.4).
            for word in ["status/nope", "organizations/a/b", "password/nope", "keys/a/b/c/d"] {
                let unknown = try await server.send("GET", "/api/v2/users/nobody/\(word)", token: owner.token)
                #expect(unknown.message == "Resource not found or you do not have access to this resource", "\(word)")
            }
        }
    }

    @Test("59, decisions.md #8: every GET answers HEAD with the same status and headers", arguments: Backend.allCases)
    func head(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for target in [
                "/api/v2/buildinfo", "/api/v2/", "/healthz", "/api/v2/users/first", "/api/v2/users/authmethods",
                "/api/v2/users",
                "/api/v2/users/me", "/api/v2/nope",
            ] {
                let get = try await server.send("GET", target, token: owner.token)
                let head = try await server.send("HEAD", target, token: owner.token)
                #expect(head.status == get.status, "\(target)")
                #expect(head.header("Content-Type") == get.header("Content-Type"), "\(target)")
                #expect(head.headers.map(\.name) == get.headers.map(\.name), "\(target)")
            }
            #expect(try await server.send("HEAD", "/api/v2/users/me").status == 401)
            #expect(try await server.send("HEAD", "/api/v2/users/logout", token: owner.token).status != 200)
        }
    }

    @Test("59: a preflight request is answered by the shell", arguments: Backend.allCases)
    func preflight(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for target in ["/api/v2/buildinfo", "/api/v2/nope", "/api/v2/users/me"] {
                let answer = try await server.send(
                    "OPTIONS", target,
                    headers: [("Origin", "https://evil.test"), ("Access-Control-Request-Method", "PUT")])
                #expect(answer.status == 200)
                #expect(answer.body.isEmpty)
                #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("access-control-") })
                #expect(answer.header("X-Content-Type-Options").isEmpty)
                #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"])
                #expect(answer.header("X-Coder-Request-Id").count == 1)
                #expect(
                    answer.header("Vary")
                        == ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"])
            }
            let plain = try await server.send(
                "OPTIONS", "/api/v2/buildinfo", headers: [("Origin", "https://evil.test")])
            #expect(plain.status == 405)
        }
    }

    @Test("no origin is told that it may read", arguments: Backend.allCases)
    func origin(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/api/v2/buildinfo", headers: [("Origin", "https://evil.test")])
            #expect(answer.status == 200)
            #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("access-control-") })
        }
    }

    @Test("61, 63: neither the content type nor the accepted encoding matters", arguments: Backend.allCases)
    func types(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for type in [
                nil, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x",
            ] {
                let answer = try await server.send(
                    "POST", "/api/v2/users/validate-password", body: #"{"password":"x"}"#,
                    headers: (type.map { [("Content-Type", $0)] } ?? []) + [("Accept-Encoding", "gzip, br")])
                #expect(answer.status == 200, "\(type ?? "none")")
                #expect(answer.header("Content-Encoding").isEmpty)
                #expect(answer.header("Content-Type") == [Self.json])
                #expect(answer.header("ETag").isEmpty && answer.header("Cache-Control").isEmpty)
            }
        }
    }

    @Test("67: the small public answers, to the byte", arguments: Backend.allCases)
    func small(on backend: Backend) async throws {
        try await TestServer.with(backend, { $0.accessURL = "https://users.test" }) { server in
            let health = try await server.send("GET", "/healthz")
            #expect(health.status == 200)
            #expect(health.body == "OK")
            #expect(health.header("Content-Type").first?.hasPrefix("text/plain") == true)
            for target in ["/api/v2", "/api/v2/"] {
                let greeting = try await server.send("GET", target)
                #expect(greeting.status == 200)
                #expect(greeting.body == "{\"message\":\"👋\"}\n")
            }
            let info = try await server.send("GET", "/api/v2/buildinfo")
            #expect(
                info.json?.names == [
                    "external_url", "version", "dashboard_url", "telemetry", "workspace_proxy", "agent_api_version",
                    "provisioner_api_version", "upgrade_message", "deployment_id",
                ])
            #expect(info["version"]?.text == "v2.34.0")
            #expect(info["dashboard_url"]?.text == "https://users.test")
            #expect(info["telemetry"]?.flag == false)
            #expect(info["workspace_proxy"]?.flag == false)
            #expect(info["agent_api_version"]?.text == "1.0")
            #expect(info["deployment_id"]?.text?.count == 36)
        }
    }

    @Test("68: a NUL in a path names nobody", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for target in ["/api/v2/users/%00", "/api/v2/users/owner%00", "/api/v2/users/me%00", "/api/v2/%00"] {
                #expect(try await server.send("GET", target, token: owner.token).status == 404, "\(target)")
            }
            #expect(try await server.send("GET", "/api/v2/users?q=%00", token: owner.token).status == 400)
        }
    }
}
