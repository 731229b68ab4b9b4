import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// The pages in a real browser, by the names that a screen reader gives their parts.
    @Suite(.serialized) struct ChromiumTests {
        private static func url(_ server: RunningServer, _ path: String) -> String {
            "http://127.0.0.1:\(server.port)\(path)"
        }

        private static func signIn(_ browser: Chromium, _ password: String) throws -> Chromium.View {
            try browser.type("owner@usersd.test", into: "E-mail")
            try browser.type(password, into: "Password")
            return try browser.click(.button, "Sign in")
        }

        @Test("sign in: a wrong password is said, a right one leads on; the token page's token works; sign out")
        func signIn() async throws {
            let server = try await RunningServer.start(["--sqlite-path", ":memory:"])
            _ = try server.owner()
            let browser = try Chromium()
            let first = try browser.open(Self.url(server, "/cli-auth"))
            #expect(first.heading == "Sign in" && first.alerts.count == 1, "\(first)")
            #expect(first.json["language"]?.text == "en" && first.json["title"]?.text == "Sign in")
            try browser.shot("login")
            let wrong = try Self.signIn(browser, "wrong")
            #expect(wrong.alerts == ["Incorrect email or password."], "\(wrong)")
            try browser.shot("login-wrong-password")
            let tokens = try Self.signIn(browser, RunningServer.password)
            #expect(tokens.url == Self.url(server, "/cli-auth") && tokens.outputs.count == 1, "\(tokens)")
            try browser.shot("cli-auth")
            #expect(try server.send("GET", "/api/v2/users/me", token: tokens.outputs[0]).status == 200)
            let home = try browser.click(.link, "Back")
            #expect(home.text.contains("You are signed in as owner."))
            try browser.shot("home")
            let out = try browser.click(.button, "Sign out")
            #expect(out.heading == "Sign in" && out.console.isEmpty, "\(out)")
            #expect(try browser.open(Self.url(server, "/")).heading == "Sign in")
            #expect(try await server.stop() == 0)
        }

        @Test("the keyboard alone is enough, in the order of the page")
        func keyboard() async throws {
            let server = try await RunningServer.start(["--sqlite-path", ":memory:"])
            _ = try server.owner()
            let browser = try Chromium()
            try browser.open(Self.url(server, "/login"))
            #expect(try browser.press("Tab").focus == "E-mail")
            try browser.press("owner@usersd.test")
            #expect(try browser.press("Tab").focus == "Password")
            try browser.press(RunningServer.password)
            #expect(try browser.press("Tab").focus == "Sign in")
            #expect(try browser.press("Enter").text.contains("You are signed in as owner."))
            #expect(try browser.press("Tab").focus == "Get a token for the command line")
            let tokens = try browser.press("Enter")
            #expect(tokens.outputs.count == 1)
            #expect(try browser.press("Tab").focus == "Session token")
            #expect(try await server.stop() == 0)
        }

        @Test("a forgotten password: the link of the mail, two passwords, and in again")
        func reset() async throws {
            let server = try await RunningServer.start(["--sqlite-path", ":memory:"])
            _ = try server.owner()
            let browser = try Chromium()
            try browser.open(Self.url(server, "/login"))
            #expect(try browser.click(.link, "Forgot your password?").heading == "Reset your password")
            try browser.type("owner@usersd.test", into: "E-mail")
            try browser.shot("reset-password")
            #expect(try browser.click(.button, "Send a link").heading == "Look into your mail")
            let uuid = #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#
            let code = try await eventually("the log holds the code") {
                server.process.lines.first { $0.contains("one-time passcode") }.flatMap { $0.firstMatch(of: uuid) }
                    .map { String($0.output) }
            }
            try browser.open(
                Self.url(server, "/reset-password/change?otp=\(code)&email=owner%40usersd.test"))
            try browser.type("weak", into: "New password")
            try browser.type("weak", into: "New password again")
            let weak = try browser.click(.button, "Set the password")
            #expect(weak.alerts.first?.hasPrefix("Invalid password.") == true, "\(weak)")
            try browser.shot("reset-password-change")
            try browser.type(ForgetfulPerson.fresh, into: "New password")
            try browser.type(ForgetfulPerson.fresh, into: "New password again")
            let changed = try browser.click(.button, "Set the password")
            #expect(changed.heading == "Sign in" && changed.alerts.first?.contains("has been changed") == true)
            let home = try Self.signIn(browser, ForgetfulPerson.fresh)
            #expect(home.text.contains("You are signed in as owner.") && home.console.isEmpty, "\(home)")
            #expect(try await server.stop() == 0)
        }

        @Test("GitHub's device code: shown, entered, signed in")
        func device() async throws {
            try await FakeGitHub.with { github in
                github.configure {
                    $0.now = WallClock.now
                    $0.deviceSteps = [.pending, .granted]
                }
                let known = github.settings
                let server = try await RunningServer.start([
                    "--sqlite-path", ":memory:", "--oauth2-github-client-id", known.clientID,
                    "--oauth2-github-client-secret", known.clientSecret,
                    "--oauth2-github-enterprise-base-url", github.url, "--oauth2-github-allow-everyone",
                    "--oauth2-github-allow-signups", "--oauth2-github-device-flow",
                ])
                let browser = try Chromium()
                try browser.open(Self.url(server, "/login"))
                let page = try browser.click(.link, "Sign in with GitHub")
                #expect(page.heading == "Sign in with GitHub" && page.outputs.count == 1, "\(page)")
                try browser.shot("login-device")
                let pending = try browser.click(.button, "I have entered the code")
                #expect(pending.alerts == ["GitHub does not have the code yet."])
                // GitHub's own interval is five seconds.
                try await Task.sleep(for: .seconds(6))
                let home = try browser.click(.button, "I have entered the code")
                #expect(home.text.contains("You are signed in as octo-ana."), "\(home)")
                #expect(home.console.isEmpty, "\(home.console)")
                #expect(try await server.stop() == 0)
            }
        }

        @Test("the button of an OpenID Connect provider leads there and back; a refusal is a page")
        func provider() async throws {
            try await FakeProvider.with { provider in
                provider.configure { $0.now = WallClock.now }
                let server = try await RunningServer.start([
                    "--sqlite-path", ":memory:", "--oidc-issuer-url", provider.url, "--oidc-client-id", "oidc-client",
                    "--oidc-client-secret", "oidc-secret", "--oidc-sign-in-text", "Our <ID>",
                ])
                let browser = try Chromium()
                try browser.open(Self.url(server, "/login?redirect=%2Fcli-auth"))
                try browser.shot("login-oidc")
                let back = try browser.click(.link, "Sign in with Our <ID>")
                #expect(back.url == Self.url(server, "/cli-auth"), "\(back)")
                #expect(back.outputs.count == 1 || back.text.contains("Show a token"), "\(back)")
                provider.configure { $0.claims = $0.claims.setting("email_verified", false).setting("sub", "2") }
                try browser.open(Self.url(server, "/login?message=again"))
                let refused = try browser.click(.link, "Sign in with Our <ID>")
                #expect(refused.heading == "Email not verified", "\(refused)")
                try browser.shot("error-page")
                #expect(try browser.click(.link, "Back to login").console.isEmpty)
                #expect(try await server.stop() == 0)
            }
        }
    }
}
