import API
import HTTP
import JSON
import TestSupport
import Testing

/// Codes, tokens, verifiers and secrets go to GitHub, and to nobody else (auth.md §8.1, §8.2).
@Suite struct GitHubSecrecyTests {
    /// What only the two servers, or one browser's cookies, may know.
    private static func secrets(_ github: FakeGitHub, _ browsers: [Browser]) -> Set<String> {
        var secrets: Set<String> = ["github-secret"]
        for asked in github.asked {
            for name in ["code", "device_code", "code_verifier", "client_secret", "refresh_token"] {
                if let value = asked.form.first(name) { secrets.insert(value) }
            }
            if let token = asked.credentials("Bearer") { secrets.insert(token) }
        }
        for browser in browsers {
            for name in ["oauth_pkce_verifier", Browser.session, ConversionScene.cookie] {
                if let value = browser.cookies[name], !value.isEmpty { secrets.insert(value) }
            }
        }
        return secrets.filter { !$0.isEmpty }
    }

    /// Everything that can go wrong, and what does not.
    private static func scenario(_ server: TestServer, _ github: FakeGitHub) async throws -> ([Answer], [Browser]) {
        var answers: [Answer] = []
        var browsers: [Browser] = []
        func signIn() async throws {
            let browser = Browser(server)
            answers.append(try await browser.signIn(Browser.githubCallback, at: github))
            browsers.append(browser)
        }
        try await signIn()
        for path in ["/user", "/user/emails"].map(github.api) {
            for status in [Status.unauthorized, .internalServerError] {
                github.fail(path, status)
                try await signIn()
            }
            github.answer(path, with: CannedAnswer(.ok, "no JSON"))
            try await signIn()
            github.answer(path, with: nil)
        }
        for body in ["{}", "no JSON", #"{"error":"bad_verification_code"}"#, #"{"access_token":"gho\u0000x"}"#] {
            github.answer(FakeGitHub.tokenPath, with: CannedAnswer(.ok, body))
            try await signIn()
        }
        github.answer(FakeGitHub.tokenPath, with: nil)
        let replayed = Browser(server)
        let callback = try await replayed.begin(Browser.githubCallback, at: github)
        for _ in 0..<2 { answers.append(try await replayed.get(callback.target)) }
        replayed.set("oauth_state", to: "other")
        answers.append(try await replayed.get(callback.target))
        answers.append(try await server.send("POST", callback.target))
        answers.append(try await server.send("GET", callback.target + "&error=denied"))
        browsers.append(replayed)
        try server.database.failOn("UPDATE", of: "users", cause: "no update")
        try await signIn()
        return (answers, browsers)
    }

    @Test("nothing of them in the log, in bodies or in a Location", arguments: Backend.allCases)
    func code(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            github.configure { $0.accessTokenSeconds = 3600 }
            let (answers, browsers) = try await Self.scenario(server, github)
            let secrets = Self.secrets(github, browsers)
            // The scenario saw codes, tokens and verifiers, and failed often enough to log.
            #expect(secrets.count > 30 && answers.contains { $0.status == 307 })
            #expect(answers.contains { $0.status == 500 } && server.log.lines.contains { $0.hasPrefix("error") })
            for secret in secrets {
                #expect(!server.log.lines.contains { $0.contains(secret) }, "\(secret)")
                for answer in answers {
                    #expect(!answer.body.contains(secret), "\(secret) in \(answer)")
                    #expect(!answer.header("Location").contains { $0.contains(secret) }, "\(secret)")
                }
            }
        }
    }

    @Test("to GitHub's authorization page goes the challenge alone", arguments: Backend.allCases)
    func challenge(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            let browser = Browser(server)
            let start = try await browser.get(Browser.githubCallback)
            let location = try #require(start.header("Location").first)
            #expect(!location.contains(browser.cookies["oauth_pkce_verifier"] ?? "?"))
            #expect(!location.contains("github-secret") && start.body.isEmpty)
        }
    }

    @Test("a device's code goes to its page alone; a poll sends no secret back", arguments: Backend.allCases)
    func device(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend, { $0.usesDeviceFlow = true }) { server, github async throws in
            github.configure { $0.deviceSteps = [.pending, .slowDown, .granted] }
            let browser = Browser(server)
            let code = try await DeviceSteps(browser).begin()
            let answers = [
                try await DeviceSteps(browser).poll(code), try await DeviceSteps(browser).poll(code),
                try await DeviceSteps(browser).poll(code), try await DeviceSteps(browser).poll(code),
            ]
            #expect(answers.map(\.status) == [400, 500, 200, 500])
            for secret in Self.secrets(github, [browser]).union([code]) {
                #expect(!server.log.lines.contains { $0.contains(secret) }, "\(secret)")
                for answer in answers { #expect(!answer.body.contains(secret), "\(secret) in \(answer)") }
            }
        }
    }

    @Test("a conversion's cookie stands in no log and no body", arguments: Backend.allCases)
    func conversion(on backend: Backend) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: .github)
            let ticket = try #require(browser.cookies[ConversionScene.cookie])
            var answers: [Answer] = []
            browser.set(ConversionScene.cookie, to: JWTForge.spoiled(ticket))
            answers.append(try await scene.finish(browser, at: .github, state: state))
            browser.set(ConversionScene.cookie, to: ticket)
            scene.server.clock.advance(seconds: 301)
            answers.append(try await scene.finish(browser, at: .github, state: state))
            #expect(answers.map(\.status) == [400, 500])
            let secrets =
                [ticket, JWTForge.spoiled(ticket), owner.token] + ticket.split(separator: ".").map(String.init)
            for secret in secrets {
                #expect(!scene.server.log.lines.contains { $0.contains(secret) }, "\(secret)")
                for answer in answers { #expect(!answer.body.contains(secret), "\(answer)") }
            }
        }
    }
}
