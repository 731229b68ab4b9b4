import JSON
import TestSupport
import Testing

/// clients.md §1: requests as the TypeScript client and browsers send them.
@Suite struct TypeScriptClientTests {
    private static let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "0")]

    @Test("requests without a body that call themselves forms are served", arguments: Backend.allCases)
    func forms(on backend: Backend) async throws {
        try await OrganizationTests.with(backend, .owner) { cast, _ in
            let rows = [
                ("PUT", "/users/other/status/suspend", 200), ("PUT", "/users/other/status/activate", 200),
                ("POST", "/users/me/keys", 201), ("PUT", "/users/me/gitsshkey", 200),
                ("POST", "/organizations/beta/members/other", 200),
                ("DELETE", "/organizations/beta/members/other", 204),
                ("POST", "/users/logout", 200),
            ]
            for (method, path, status) in rows {
                let answer = try await cast.server.send(
                    method, "/api/v2\(path)", token: cast.caller.token, headers: Self.form)
                #expect(answer.status == status, "\(method) \(path): \(answer)")
            }
            #expect(try await cast.send("GET", "/users/me").status == 401)
        }
    }

    @Test("a form's content type does not keep JSON from being read", arguments: Backend.allCases)
    func json(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for type in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
                let answer = try await cast.server.send(
                    "PUT", "/api/v2/users/other/roles", token: cast.caller.token, body: #"{"roles":["auditor"]}"#,
                    headers: [("Content-Type", type)])
                #expect(answer.status == 200, "\(type)")
            }
        }
    }

    @Test("+ in q is a space, %2B a plus", arguments: Backend.allCases)
    func plus(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try await server.create("tagged", fields: [#""email":"a+b@usersd.test""#], by: owner)
            try await server.create("spaced", fields: [#""name":"Ann Lee""#], by: owner)
            let rows = [
                ("status:dormant+search:tagged", ["tagged"]), ("search:a%2Bb", ["tagged"]), ("search:a+b", []),
                ("name:%22ann+lee%22", ["spaced"]), ("name:%22ann%20lee%22", ["spaced"]), ("tagged+", ["tagged"]),
                ("status%3Adormant%20tagged", ["tagged"]),
            ]
            for (query, names) in rows where query != "search:a+b" {
                #expect(try await server.get("/users?q=\(query)", by: owner).usernames == names, "\(query)")
            }
            // Two terms: the key's and the bare one.
            let twice = try await server.get("/users?q=search:a+b", by: owner)
            #expect(twice.status == 400)
            #expect(twice.fields == ["search"])
        }
    }

    @Test("%2F in a segment is a slash; slashes in a row are one", arguments: Backend.allCases)
    func slashes(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let plain = try await cast.send("GET", "/users/other/organizations/coder")
            #expect(plain.status == 200)
            for path in [
                "/users/other%2Forganizations/coder", "/users%2Fother%2forganizations%2Fcoder",
                "/users//other/organizations///coder", "//users/other/organizations/coder",
                "/users/%6Fther/organizations/c%6Fder", "/users/other/%2F/organizations/coder",
            ] {
                #expect(try await cast.send("GET", path).body == plain.body, "\(path)")
            }
            #expect(try await cast.send("PUT", "/users/other/status%2Fsuspend")["status"]?.text == "suspended")
            let odd = try await cast.send("GET", "/users/me/organizations/a%2Fb")
            #expect(odd.status == 404)
            #expect(odd.message == "Route not found.")
            for path in ["a%25b", "a%20b", "%E2%98%83", "a%3Fb", "%FF"] {
                #expect(try await cast.send("GET", "/users/\(path)").body == UsersAPI.notFound, "\(path)")
                #expect(try await cast.send("GET", "/organizations/\(path)").body == UsersAPI.notFound, "\(path)")
            }
        }
    }

    @Test("roots take a slash at the end, leaves do not", arguments: Backend.allCases)
    func trailing(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let roots = [
                "/users", "/users/me", "/users/roles", "/users/me/organizations", "/organizations",
                "/organizations/coder", "/organizations/coder/members",
            ]
            for path in roots {
                let answer = try await cast.send("GET", "\(path)/")
                #expect(answer.status == 200, "\(path)")
                #expect(answer.body == (try await cast.send("GET", path)).body, "\(path)")
            }
            let leaves = ["appearance", "preferences", "roles", "login-type", "profile", "organizations/coder"]
            for path in leaves {
                let answer = try await cast.send("GET", "/users/me/\(path)/")
                #expect(answer.status == 404, "\(path)")
                #expect(answer.message == "Route not found.", "\(path): \(answer)")
            }
        }
    }

    @Test("wrong methods are 405 and name the right ones", arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        let rows: [(method: String, path: String, allow: Set<String>)] = [
            ("PATCH", "/users/me/profile", ["PUT"]), ("GET", "/users/me/profile", ["PUT"]),
            ("POST", "/users/me/roles", ["GET", "PUT"]), ("DELETE", "/users/me/appearance", ["GET", "PUT"]),
            ("POST", "/users/me/preferences", ["GET", "PUT"]), ("PUT", "/users/me/login-type", ["GET"]),
            ("POST", "/users/me/autofill-parameters", ["GET"]), ("GET", "/users/me/status/suspend", ["PUT"]),
            ("PUT", "/users/nobody/login-type", ["GET"]), ("POST", "/users/roles", ["GET"]),
        ]
        try await Cast.with(backend, .owner) { cast in
            for row in rows {
                let answer = try await cast.send(row.method, row.path)
                #expect(answer.status == 405, "\(row.method) \(row.path)")
                #expect(answer.body.isEmpty)
                // HEAD stands beside GET (decisions.md #8) or not.
                let allowed = Set(answer.header("Allow")).subtracting(["HEAD"])
                #expect(allowed == row.allow, "\(row.method) \(row.path)")
            }
        }
    }
}
