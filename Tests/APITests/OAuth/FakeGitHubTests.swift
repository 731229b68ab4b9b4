import HTTP
import JSON
import TestSupport
import Testing

/// The fake GitHub answers as GitHub does, so that later suites can trust what they see of it.
@Suite struct FakeGitHubTests {
    private static let json = [("Accept", "application/json")]

    private static func token(
        _ github: FakeGitHub, _ changes: [String: String?] = [:], headers: [(String, String)] = json
    ) async throws -> Answer {
        var form: [String: String] = ["client_id": "github-client", "client_secret": "github-secret"]
        for (name, value) in changes { form[name] = value }
        return try await PlainClient.send(
            "POST", github.url + "/login/oauth/access_token", headers: headers, form: form.map { ($0.key, $0.value) })
    }

    private static func code(_ github: FakeGitHub, verifier: Bool = false) -> String {
        github.issueCode(
            redirectURI: ProviderClientSteps.redirect, challenge: verifier ? ProviderClientSteps.challenge : nil)
    }

    private static func call(_ github: FakeGitHub, _ path: String, _ token: String?) async throws -> Answer {
        let agent = [("User-Agent", "usersd")]
        return try await PlainClient.send(
            "GET", github.apiURL + path, headers: agent + (token.map { [("Authorization", $0)] } ?? []))
    }

    @Test("a sign-in through the pages and the API", arguments: FakeGitHub.Shape.allCases)
    func whole(shape: FakeGitHub.Shape) async throws {
        try await FakeGitHub.with(shape) { github in
            github.configure {
                $0.account.memberships = [.init("coder"), .init("later", state: "pending")]
                $0.account.teams = [.init("coder", "backend")]
            }
            let sent = try await PlainClient.send(
                "GET",
                github.url + "/login/oauth/authorize?client_id=github-client&state=s&scope=read:org+user:email"
                    + "&code_challenge_method=S256&code_challenge=\(ProviderClientSteps.challenge)"
                    + "&redirect_uri=http://usersd.test/callback")
            let code = try Callback(sent.header("Location").first ?? "").code ?? ""
            let granted = try await Self.token(github, ["code": code, "code_verifier": ProviderClientSteps.verifier])
            #expect(granted.json?.names == ["access_token", "scope", "token_type"])
            #expect(granted["scope"]?.text == "read:org,user:email")
            let bearer = "Bearer \(granted["access_token"]?.text ?? "")"
            #expect(try await Self.call(github, "/user", bearer)["login"]?.text == "octo_ana")
            #expect(try await Self.call(github, "/user/emails", bearer).json?[0]?["verified"]?.flag == true)
            let organizations = "/user/memberships/orgs?state=active&per_page=100"
            func listed() async throws -> [String] {
                try await Self.call(github, organizations, bearer).json?.elements.compactMap {
                    $0["organization"]?["login"]?.text
                } ?? []
            }
            #expect(try await listed() == ["coder"])
            github.configure { $0.ignoresStateFilter = true }
            #expect(try await listed() == ["coder", "later"])
            let team = "/orgs/coder/teams/back%65nd/memberships/octo_ana"
            #expect(try await Self.call(github, team, bearer)["state"]?.text == "active")
            for hidden in ["frontend/memberships/octo_ana", "backend/memberships/someone"] {
                #expect(try await Self.call(github, "/orgs/coder/teams/" + hidden, bearer).status == 404)
            }
            #expect(github.count(github.api("/user")) == 1)
            // Pages are not where the API is.
            #expect(try await PlainClient.send("GET", github.url + "/user").status == 404)
        }
    }

    @Test("errors of the token endpoint are 200, as JSON and as a form")
    func tokenErrors() async throws {
        try await FakeGitHub.with { github in
            let clock = TestClock()
            github.configure { $0.now = { clock.now } }
            let late = Self.code(github)
            clock.advance(seconds: 600)
            let used = Self.code(github)
            #expect(try await Self.token(github, ["code": used])["token_type"]?.text == "bearer")
            let cases: [([String: String?], String)] = [
                (["code": used], "bad_verification_code"), (["code": late], "bad_verification_code"),
                (["code": "made-up"], "bad_verification_code"),
                (["code": Self.code(github, verifier: true), "code_verifier": "x"], "bad_verification_code"),
                (["code": Self.code(github, verifier: true)], "bad_verification_code"),
                (["code": Self.code(github), "client_secret": "x"], "incorrect_client_credentials"),
                (["code": Self.code(github), "client_id": "x"], "incorrect_client_credentials"),
                (["code": Self.code(github), "redirect_uri": "http://evil.test/"], "redirect_uri_mismatch"),
                (["grant_type": "password"], "unsupported_grant_type"),
            ]
            for (changes, error) in cases {
                let answer = try await Self.token(github, changes)
                #expect(answer.status == 200)
                #expect(answer.json?.names == ["error", "error_description", "error_uri"])
                #expect(answer["error"]?.text == error)
            }
            let form = try await Self.token(github, ["code": used], headers: [])
            #expect(form.body.hasPrefix("error=bad_verification_code&error_description=The%20code%20passed%20is"))
            let granted = try await Self.token(github, ["code": Self.code(github)], headers: [])
            #expect(granted.body.hasSuffix("&scope=read%3Auser%2Cread%3Aorg%2Cuser%3Aemail&token_type=bearer"))
        }
    }

    @Test("a device waits, is slowed down and is let in once")
    func device() async throws {
        try await FakeGitHub.with { github in
            github.configure { $0.deviceSteps = [.pending, .pending, .slowDown, .granted] }
            func ask() async throws -> Answer {
                try await PlainClient.send(
                    "POST", github.url + "/login/device/code", headers: Self.json,
                    form: [("client_id", "github-client"), ("scope", "read:org")])
            }
            func poll(_ code: String? = nil) async throws -> Answer {
                let code = if let code { code } else { try await ask()["device_code"]?.text ?? "" }
                return try await Self.token(
                    github,
                    [
                        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code,
                        "client_secret": nil,
                    ])
            }
            let asked = try await ask()
            #expect(
                asked.json?.names == ["device_code", "user_code", "verification_uri", "expires_in", "interval"])
            let code = asked["device_code"]?.text ?? ""
            var errors: [String?] = []
            for _ in 0..<5 {
                let answer = try await poll(code)
                errors.append(answer["error"]?.text)
                #expect(answer["interval"]?.integer == (errors.last == "slow_down" ? 10 : nil))
            }
            #expect(
                errors
                    == ["authorization_pending", "authorization_pending", "slow_down", nil, "incorrect_device_code"])
            for (step, error) in [(FakeGitHubSettings.DeviceStep.expired, "expired_token"), (.denied, "access_denied")]
            {
                github.configure { $0.deviceSteps = [step] }
                #expect(try await poll()["error"]?.text == error)
            }
            github.configure {
                $0.deviceSeconds = 0; $0.deviceSteps = [.granted]
            }
            #expect(try await poll()["error"]?.text == "expired_token")
            github.configure { $0.isDeviceFlowEnabled = false }
            #expect(try await ask()["error"]?.text == "device_flow_disabled")
        }
    }

    @Test("expiring tokens come with a refresh token that works once")
    func refreshing() async throws {
        try await FakeGitHub.with { github in
            let clock = TestClock()
            github.configure {
                $0.now = { clock.now }; $0.accessTokenSeconds = 60; $0.refreshTokenSeconds = 600
            }
            func refresh(_ token: String) async throws -> Answer {
                try await Self.token(github, ["grant_type": "refresh_token", "refresh_token": token])
            }
            let first = try await Self.token(github, ["code": Self.code(github)])
            #expect(first["expires_in"]?.integer == 60)
            let access = "token \(first["access_token"]?.text ?? "")"
            #expect(try await Self.call(github, "/user", access).status == 200)
            clock.advance(seconds: 60)
            #expect(try await Self.call(github, "/user", access).status == 401)
            let second = try await refresh(first["refresh_token"]?.text ?? "")
            #expect(try await Self.call(github, "/user", "token \(second["access_token"]?.text ?? "")").status == 200)
            #expect(try await refresh(first["refresh_token"]?.text ?? "")["error"]?.text == "bad_refresh_token")
            clock.advance(seconds: 600)
            #expect(try await refresh(second["refresh_token"]?.text ?? "")["error"]?.text == "bad_refresh_token")
        }
    }

    @Test("the API refuses in GitHub's words, and a revoked token too")
    func refusals() async throws {
        try await FakeGitHub.with { github in
            #expect(try await Self.call(github, "/user", nil).message == "Requires authentication")
            let bad = try await Self.call(github, "/user", "Bearer rubbish")
            #expect(bad.status == 401)
            #expect(bad.json?.names == ["message", "documentation_url", "status"])
            #expect(bad.message == "Bad credentials")
            #expect(try await PlainClient.send("GET", github.apiURL + "/user").status == 403, "no User-Agent")
            let narrow = github.issueCode(redirectURI: ProviderClientSteps.redirect, scope: "read:user")
            let token = try await Self.token(github, ["code": narrow])["access_token"]?.text ?? ""
            #expect(try await Self.call(github, "/user/memberships/orgs", "Bearer \(token)").status == 403)
            #expect(try await Self.call(github, "/user/emails", "Bearer \(token)").status == 404)
            #expect(try await Self.call(github, "/user", "Bearer \(token)").status == 200)
            github.revoke(token)
            #expect(try await Self.call(github, "/user", "Bearer \(token)").status == 401)
            github.fail(github.api("/user"), .serviceUnavailable)
            #expect(try await Self.call(github, "/user", nil).status == 503)
        }
    }

    @Test("the authorization page sends errors back, to the registered callback only")
    func authorizeErrors() async throws {
        try await FakeGitHub.with { github in
            github.configure { $0.callback = "http://usersd.test/callback" }
            let page = github.url + "/login/oauth/authorize?client_id=github-client&state=s&redirect_uri="
            #expect(try github.visit(page + "http://usersd.test/callback/github").code != nil)
            for other in ["http://evil.test/callback", "http://usersd.test/callbackx"] {
                let refused = try github.visit(page + other)
                #expect(refused.error == "redirect_uri_mismatch")
                #expect(refused.location.hasPrefix("http://usersd.test/callback?"))
            }
            github.configure { $0.authorizeError = OAuthError("access_denied") }
            #expect(
                try github.visit(page + "http://usersd.test/callback").target == "/callback?error=access_denied&state=s"
            )
        }
    }

    @Test("lists come in pages with links")
    func pages() async throws {
        try await FakeGitHub.with { github in
            github.configure {
                $0.account.emails = (1...70).map { .init("e\($0)@github.test", primary: $0 == 70) }
            }
            let token = try await Self.token(github, ["code": Self.code(github)])["access_token"]?.text ?? ""
            func page(_ query: String) async throws -> (first: String?, count: Int?, links: [String]) {
                let answer = try await Self.call(github, "/user/emails" + query, "Bearer \(token)")
                return (answer.json?[0]?["email"]?.text, answer.json?.elements.count, answer.header("Link"))
            }
            let url = github.apiURL + "/user/emails?"
            let first = try await page("")
            #expect(first == ("e1@github.test", 30, ["<\(url)page=2>; rel=\"next\", <\(url)page=3>; rel=\"last\""]))
            let last = try await page("?page=3")
            #expect(last == ("e61@github.test", 10, ["<\(url)page=2>; rel=\"prev\", <\(url)page=1>; rel=\"first\""]))
            let whole = try await page("?per_page=100")
            #expect(whole == ("e1@github.test", 70, []))
            #expect(
                try await page("?per_page=50").links == [
                    "<\(url)per_page=50&page=2>; rel=\"next\", <\(url)per_page=50&page=2>; rel=\"last\""
                ])
        }
    }
}
