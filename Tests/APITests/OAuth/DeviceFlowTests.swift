import API
import HTTP
import JSON
import TestSupport
import Testing

/// GitHub's device flow: auth.md §8.3, cases 135 and 136 of §14.
@Suite struct DeviceFlowTests {
    private static func with(
        _ backend: Backend, _ settings: (inout GitHubSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (TestServer, FakeGitHub) async throws -> Void
    ) async throws {
        try await TestServer.withGitHub(
            backend,
            {
                $0.usesDeviceFlow = true
                settings(&$0)
            }, body)
    }

    @Test("135: the device endpoint is 400 while the device flow is off", arguments: Backend.allCases)
    func off(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let answer = try await server.send("GET", DeviceSteps.page)
            #expect(answer.status == 400 && answer.isJSON, "\(answer)")
            #expect(github.asked.isEmpty)
        }
    }

    @Test("135: on, it gives five fields; GitHub's failure is 500", arguments: Backend.allCases)
    func device(on backend: Backend) async throws {
        try await Self.with(backend) { server, github async throws in
            let answer = try await server.send("GET", DeviceSteps.page)
            #expect(answer.status == 200)
            #expect(
                answer.json?.names == ["device_code", "user_code", "verification_uri", "expires_in", "interval"])
            #expect(answer["user_code"]?.text == "WDJB-MJHT" && answer["expires_in"]?.integer == 900)
            #expect(
                answer["verification_uri"]?.text == github.url + "/login/device" && answer["interval"]?.integer == 5)
            let asked = try #require(github.asked("/login/device/code").first)
            #expect(asked.form.first("client_id") == "github-client")
            #expect(asked.form.first("scope") == "read:user read:org user:email")
            github.fail("/login/device/code", .internalServerError)
            #expect(try await server.send("GET", DeviceSteps.page).status == 500)
            github.answer("/login/device/code", with: nil)
            github.configure { $0.isDeviceFlowEnabled = false }
            let refused = try await server.send("GET", DeviceSteps.page)
            #expect(refused.status == 500 && refused.isJSON, "\(refused)")
        }
    }

    @Test("136: a poll that is done gives a session and the redirect", arguments: Backend.allCases)
    func done(on backend: Backend) async throws {
        try await Self.with(backend) { server, github async throws in
            let redirects = [
                ("", "/"), ("redirect=%2Fworkspaces%3Fa%3Db", "/workspaces?a=b"), ("redirect=%2F%2F%2Fevil", "/evil"),
                ("redirect=javascript%3Aalert(1)", "/"),
            ]
            for (query, expected) in redirects {
                let browser = Browser(server)
                let answer = try await DeviceSteps(browser).signIn(query)
                #expect(answer.status == 200 && answer.opensSession && answer.isJSON)
                #expect(answer.json == ["redirect_url": .string(expected)], "\(answer)")
                #expect(try await browser.user()?["login_type"]?.text == "github")
            }
            #expect(try server.database.liveUsers() == "1")
        }
    }

    @Test(
        "136: what GitHub says of a poll stands alone in the detail", arguments: Backend.allCases,
        [
            (.pending, 400, "authorization_pending"), (.slowDown, 500, "slow_down"), (.expired, 500, "expired_token"),
            (.denied, 500, "access_denied"),
        ] as [(FakeGitHubSettings.DeviceStep, Int, String)])
    func steps(
        on backend: Backend, _ row: (step: FakeGitHubSettings.DeviceStep, status: Int, detail: String)
    ) async throws {
        try await Self.with(backend) { server, github async throws in
            github.configure { $0.deviceSteps = [row.step] }
            let answer = try await DeviceSteps(Browser(server)).signIn()
            #expect(answer.status == row.status && answer.isJSON && answer.detail == row.detail, "\(answer)")
            #expect(!answer.opensSession && answer.header("Location").isEmpty)
        }
    }

    @Test("136: a poll needs the flow's cookies", arguments: Backend.allCases)
    func cookies(on backend: Backend) async throws {
        try await Self.with(backend) { server, github async throws in
            for (name, status) in [("oauth_state", 401), ("oauth_pkce_verifier", 400)] {
                let browser = Browser(server)
                let steps = DeviceSteps(browser)
                let code = try await steps.begin()
                let state = browser.cookies["oauth_state"] ?? ""
                browser.set(name, to: nil)
                let answer = try await browser.get("\(Browser.githubCallback)?code=\(code)&state=\(state)")
                #expect(answer.status == status && answer.isJSON && !answer.opensSession, "\(answer)")
            }
            #expect(github.count(FakeGitHub.tokenPath) == 0)
        }
    }

    @Test("136: pages become JSON: title and text", arguments: Backend.allCases)
    func pages(on backend: Backend) async throws {
        try await Self.with(backend, { $0.allowsSignUps = false }) { server, github async throws in
            _ = try await server.owner()
            let signUps = try await DeviceSteps(Browser(server)).signIn()
            #expect(signUps.status == 403 && signUps.isJSON && signUps.message == "Signups are disabled")
            github.become(1, "owner", email: "owner@usersd.test")
            let loginType = try await DeviceSteps(Browser(server)).signIn()
            #expect(loginType.status == 403 && loginType.isJSON && loginType.message == "Incorrect login type")
            try server.database.sql("UPDATE users SET login_type = 'github', status = 'suspended'")
            let suspended = try await DeviceSteps(Browser(server)).signIn()
            #expect(suspended.status == 403 && suspended.isJSON && suspended.message == "Account suspended")
            for answer in [signUps, loginType, suspended] {
                #expect(answer.detail?.isEmpty == false && !answer.opensSession, "\(answer)")
            }
        }
    }
}
