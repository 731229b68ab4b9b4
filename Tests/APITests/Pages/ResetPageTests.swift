import API
import TestSupport
import Testing

/// `/reset-password` and `/reset-password/change`: auth.md §4 for people.
@Suite struct ResetPageTests {
    @Test("from the address to a new password", arguments: Backend.allCases)
    func whole(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            let sent = try await PageForm(try await browser.get("/reset-password")).send(
                ["email": owner.email], by: browser)
            #expect(sent.status == 200 && sent.body.contains("role=\"status\""))
            let code = try #require(server.outbox.passcodes.first?.text)
            let page = try await browser.get("/reset-password/change?otp=\(code)&email=owner%40usersd.test")
            var form = try PageForm(page)
            #expect(form["otp"] == code && form["email"] == owner.email)
            for (new, again, text) in [
                (PasscodeAPI.fresh, "other", "The two passwords are not the same."),
                ("weak", "weak", "Invalid password."),
                (TestServer.password, TestServer.password, "New password cannot match old password."),
            ] {
                let refused = try await form.send(["password": new, "confirmation": again], by: browser)
                #expect(refused.status == 400 && refused.body.contains(text), "\(refused)")
                form = try PageForm(refused)
            }
            let done = try await form.send(
                ["password": PasscodeAPI.fresh, "confirmation": PasscodeAPI.fresh], by: browser)
            #expect(
                done.status == 303 && done.header("Location").first?.hasPrefix("/login?message=Your%20password") == true
            )
            #expect(try await PasscodeAPI(server).signIn(owner.email, PasscodeAPI.fresh) == 201)
            let again = try await form.send(
                ["password": PasscodeAPI.fresh + "2", "confirmation": PasscodeAPI.fresh + "2"], by: browser)
            #expect(again.status == 400 && again.body.contains("Incorrect email or one-time passcode."))
        }
    }

    @Test("an unknown address gets the same page")
    func unknown() async throws {
        try await TestServer.with(.sqlite) { server in
            _ = try await server.owner()
            var pages: [String] = []
            for email in ["owner@usersd.test", "nobody@usersd.test"] {
                let browser = Browser(server)
                let answer = try await PageForm(try await browser.get("/reset-password")).send(
                    ["email": email], by: browser)
                pages.append("\(answer.status) \(answer.body.replacing(email, with: "…"))")
            }
            #expect(pages[0] == pages[1] && server.outbox.passcodes.count == 1)
        }
    }

    @Test("passwords off: neither page works")
    func disabled() async throws {
        try await TestServer.with(.sqlite, { $0.isPasswordAuthDisabled = true }) { server in
            let browser = Browser(server)
            for path in ["/reset-password", "/reset-password/change"] {
                let answer = try await PageForm(try await browser.get(path)).send(["email": "a@b.co"], by: browser)
                #expect(answer.status == 403 || answer.body.contains("The two passwords") == false, "\(answer)")
                #expect(answer.status == 403, "\(answer)")
            }
        }
    }
}
