import JSON
import TestSupport
import Testing

/// clients.md §4: the extras, byte for byte, and §1: the header on every one of them.
@Suite struct FixedAnswerTests {
    private static let rows = [
        ("/api/v2", #"{"message":"👋"}"#), ("/api/v2/", #"{"message":"👋"}"#),
        (
            "/api/v2/appearance",
            #"{"application_name":"","logo_url":"","docs_url":"","service_banner":{"enabled":false},"#
                + #""announcement_banners":[]}"#
        ),
        ("/api/v2/experiments", "[]"), ("/api/v2/experiments/available", #"{"safe":[]}"#),
        ("/api/v2/regions", #"{"regions":[]}"#),
        ("/api/v2/deployment/ssh", #"{"hostname_prefix":"coder.","ssh_config_options":{}}"#),
        ("/api/v2/updatecheck", #"{"current":true,"version":"v2.34.0","url":""}"#),
    ]

    @Test("each path has one body, for members and owners alike", arguments: Backend.allCases)
    func bodies(on backend: Backend) async throws {
        for kind in [Cast.Kind.member, .owner] {
            try await Cast.with(backend, kind) { cast in
                for (path, body) in Self.rows {
                    let answer = try await cast.server.send("GET", path, token: cast.caller.token)
                    #expect(answer.status == 200, "\(path)")
                    #expect(answer.body == body + "\n", "\(path)")
                    #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"], "\(path)")
                    #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"], "\(path)")
                }
            }
        }
    }

    @Test("entitlements: none, with a time", arguments: Backend.allCases)
    func entitlements(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let answer = try await cast.send("GET", "/entitlements")
            #expect(answer.status == 200)
            let start = #"{"features":{},"warnings":[],"errors":[],"has_license":false,"trial":false,"#
            #expect(answer.body.hasPrefix(start + #""require_telemetry":false,"refreshed_at":""#), "\(answer)")
            #expect(answer.json?.names.count == 7)
            #expect(answer["refreshed_at"]?.text?.hasSuffix("Z") == true)
        }
    }

    @Test("buildinfo has its nine members in order, for anyone", arguments: Backend.allCases)
    func buildInfo(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/api/v2/buildinfo")
            #expect(answer.status == 200)
            #expect(
                answer.json?.names == [
                    "external_url", "version", "dashboard_url", "telemetry", "workspace_proxy", "agent_api_version",
                    "provisioner_api_version", "upgrade_message", "deployment_id",
                ])
            #expect(answer["version"]?.text == "v2.34.0")
            #expect(answer["external_url"]?.text != nil)
            #expect(answer["telemetry"]?.flag == false)
            #expect(answer["workspace_proxy"]?.flag == false)
            #expect(answer["upgrade_message"]?.text == "")
            #expect(answer["deployment_id"]?.text?.utf8.count == 36)
            #expect(try await server.send("GET", "/api/v2/buildinfo").body == answer.body)
        }
    }

    @Test("what stands outside /api/v2", arguments: Backend.allCases)
    func outside(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let health = try await server.send("GET", "/healthz")
            #expect(health.status == 200)
            #expect(health.body == "OK")
            let oauth = try await server.send("GET", "/.well-known/oauth-authorization-server")
            #expect(oauth.status == 404)
            #expect(oauth.message?.isEmpty == false)
            #expect(oauth.header("Content-Type") == ["application/json; charset=utf-8"])
            for answer in [health, oauth] { #expect(answer.header("X-Coder-Build-Version") == ["v2.34.0"]) }
        }
    }

    @Test("decisions 8: HEAD answers the same headers without the body", arguments: Backend.allCases)
    func head(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let own = ["/users/me", "/users/roles", "/users/me/roles", "/users/me/preferences", "/organizations"]
            for path in Self.rows.map(\.0) + own.map({ "/api/v2\($0)" }) {
                let get = try await cast.server.send("GET", path, token: cast.caller.token)
                let head = try await cast.server.send("HEAD", path, token: cast.caller.token)
                #expect(head.status == get.status, "\(path)")
                #expect(head.body.isEmpty, "\(path)")
                #expect(head.headers.map(\.name) == get.headers.map(\.name), "\(path)")
            }
        }
    }
}
