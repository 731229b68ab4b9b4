import API
import JSON
import TestSupport
import Testing

/// `/login`: the form, its refusals, and where it goes on.
@Suite struct SignInPageTests {
    @Test("the form signs in, and goes on where it should", arguments: Backend.allCases)
    func signIn(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            let page = try await browser.get("/login?redirect=%2Fcli-auth%3Fa%3D1%26b%3D%3C")
            #expect(page.status == 200 && page.header("Content-Type") == ["text/html; charset=utf-8"])
            let done = try await PageForm(page).send(
                ["email": owner.email.uppercased(), "password": TestServer.password], by: browser)
            #expect(done.status == 303 && done.header("Location") == ["/cli-auth?a=1&b=%3C"], "\(done)")
            #expect(try await browser.user()?["username"]?.text == "owner")
            // Whoever is signed in goes on at once; whoever is told something reads it.
            #expect(try await browser.get("/login?redirect=%2Fx").header("Location") == ["/x"])
            #expect(try await browser.get("/login?message=hello").status == 200)
        }
    }

    @Test("what is wrong is said, and the e-mail is kept", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("gone", fields: [#""user_status":"active""#], by: owner)
            #expect(
                try await server.send("PUT", "/api/v2/users/\(id)/status/suspend", token: owner.token).status == 200)
            for (email, password, status, text) in [
                (owner.email, "wrong", 401, "Incorrect email or password."),
                ("nobody@usersd.test", "wrong", 401, "Incorrect email or password."),
                ("gone@usersd.test", TestServer.password, 401, "Your account is suspended."),
                ("<b>", "x", 400, "Please check: email."), ("", "", 400, "Please check: email, password."),
            ] {
                let browser = Browser(server)
                let answer = try await PageForm(try await browser.get("/login")).send(
                    ["email": email, "password": password], by: browser)
                #expect(answer.status == status, "\(email) \(answer)")
                #expect(answer.body.contains("<p role=\"alert\">\(text)"), "\(answer)")
                let form = try PageForm(answer)
                #expect(form["email"] == email && form["password"] == "")
                #expect(browser.cookies[Browser.session] == nil)
            }
        }
    }

    @Test("a form without the browser's own token changes nothing", arguments: Backend.allCases)
    func foreign(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let stranger = Browser(server)
            let foreign = try PageForm(try await stranger.get("/login"))
            for token in [foreign["csrf"], nil, "", "AAAA"] {
                let browser = Browser(server)
                var form = try PageForm(try await browser.get("/login"))
                form["csrf"] = token
                let answer = try await form.send(
                    ["email": owner.email, "password": TestServer.password], by: browser)
                #expect(answer.status == 400 && answer.body.contains("The form is too old"), "\(answer)")
                #expect(browser.cookies[Browser.session] == nil)
            }
        }
    }

    @Test("every page: no script, nothing from elsewhere, nobody may frame it, texts are escaped")
    func policy() async throws {
        try await TestServer.with(.sqlite) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            let attack = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"
            for path in [
                "/login?message=\(attack)&redirect=\(attack)", "/reset-password",
                "/reset-password/change?otp=\(attack)&email=\(attack)", "/login/device?state=\(attack)",
            ] {
                let page = try await browser.get(path)
                #expect(!page.body.contains("<script"), "\(path) \(page)")
                let policy = try #require(page.header("Content-Security-Policy").first)
                #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
                for rule in ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
                    #expect(policy.contains(rule))
                }
                #expect(page.header("Referrer-Policy") == ["no-referrer"])
                #expect(page.header("Cache-Control") == ["no-store"] && page.header("X-Frame-Options") == ["DENY"])
            }
            browser.set(Browser.session, to: owner.token)
            #expect(try await browser.get("/").body.contains("<strong>owner</strong>"))
        }
    }

    @Test("61 sign-ins in a minute: the last is refused, as at the API")
    func limit() async throws {
        try await TestServer.with(.sqlite, { $0.isRateLimitDisabled = false }) { server in
            _ = try await server.owner()
            let browser = Browser(server)
            let form = try PageForm(try await browser.get("/login"))
            var statuses: [Int] = []
            for _ in 0..<61 {
                statuses.append(try await form.send(["email": "a@b.co", "password": "x"], by: browser).status)
            }
            #expect(statuses == Array(repeating: 401, count: 60) + [429])
        }
    }

    @Test("with passwords off there is no form", arguments: [false, true])
    func withoutPasswords(disabled: Bool) async throws {
        try await TestServer.with(.sqlite, { $0.isPasswordAuthDisabled = disabled }) { server in
            let page = try await Browser(server).get("/login")
            #expect(page.body.contains("<form") == !disabled)
        }
    }
}
