internal import HTTP
internal import Storage

/// The pages for people without a session: sign-in, and a forgotten password.
struct SignInPages: Sendable {
    let login: LoginHandlers
    let passwords: PasswordHandlers
    let providers: Providers
    let configuration: Configuration
    let ambient: Ambient

    // MARK: Sign-in

    /// `GET /login`: `message` is shown, `redirect` is where it goes on.
    @Sendable func login(_ call: Call) throws(APIError) -> Reply {
        let (message, redirect) = (call.query.first("message") ?? "", call.query.first("redirect") ?? "")
        if call.session != nil, message.isEmpty { return Self.seeOther(RedirectTarget.reduced(redirect)) }
        return Reply(page(call, redirect: redirect, email: "", alert: message).response(.ok))
    }

    /// `POST /login`
    @Sendable func signIn(_ call: Call) async throws(APIError) -> Reply {
        let sent = try Form.Sent(call)
        let (email, redirect) = (sent.text("email"), sent.text("redirect"))
        do throws(APIError) {
            let request = try LoginRequest(email: email, password: sent.text("password"))
            let token = try await login.session(request, call)
            var reply = Self.seeOther(RedirectTarget.reduced(redirect))
            reply.set(.session(token, configuration))
            return reply
        } catch {
            return Reply(
                page(call, redirect: redirect, email: email, alert: error.sentence).response(error.status))
        }
    }

    private func page(_ call: Call, redirect: String, email: String, alert: String) -> Page {
        let icon = providers.oidc?.settings.iconURL ?? ""
        return Page(title: "Sign in", imageURL: icon) { body in
            body += "<h1>Sign in</h1>\n"
            body += Self.alert(alert)
            if !configuration.isPasswordAuthDisabled {
                let form = Form(
                    action: "/login",
                    fields: [
                        .init(name: "email", label: "E-mail", kind: "email", autocomplete: "username", value: email),
                        .init(
                            name: "password", label: "Password", kind: "password", autocomplete: "current-password"),
                    ], hidden: [("redirect", redirect)], submit: "Sign in")
                body += form.html(csrf: CSRF.masked(call.csrfToken, ambient))
                body += "<p class=\"hint\"><a href=\"/reset-password\">Forgot your password?</a></p>\n"
            }
            let query = redirect.isEmpty ? "" : "?redirect=\(percentEncoded(redirect))"
            if providers.github != nil {
                body += Self.button("/api/v2/users/oauth2/github/callback\(query)", "Sign in with GitHub")
            }
            if let oidc = providers.oidc?.settings {
                let text = "Sign in with \(oidc.signInText.isEmpty ? "OpenID Connect" : oidc.signInText)"
                body += Self.button("/api/v2/users/oidc/callback\(query)", text, icon: icon)
            }
            if !configuration.termsOfServiceURL.isEmpty {
                let url = HTML.escaped(configuration.termsOfServiceURL)
                body +=
                    "<p class=\"hint\">By signing in you agree to the <a href=\"\(url)\">terms of service</a>.</p>\n"
            }
        }
    }

    private static func button(_ url: String, _ text: String, icon: String = "") -> String {
        let image = icon.isEmpty ? "" : "<img src=\"\(HTML.escaped(icon))\" alt=\"\">"
        return "<a class=\"button second\" href=\"\(HTML.escaped(url))\">\(image)\(HTML.escaped(text))</a>\n"
    }

    // MARK: A forgotten password

    /// `GET /reset-password`
    @Sendable func forgotten(_ call: Call) throws(APIError) -> Reply {
        Reply(forgottenPage(call, email: "", alert: "").response(.ok))
    }

    /// `POST /reset-password`: says the same of every address.
    @Sendable func sendPasscode(_ call: Call) async throws(APIError) -> Reply {
        let sent = try Form.Sent(call)
        do throws(APIError) { try await passwords.sendPasscode(to: sent.text("email"), call) } catch {
            return Reply(
                forgottenPage(call, email: sent.text("email"), alert: error.sentence).response(error.status))
        }
        let page = Page(title: "Look into your mail") { body in
            body += "<h1>Look into your mail</h1>\n"
            body += "<p role=\"status\">If there is an account with the e-mail \(HTML.escaped(sent.text("email"))), a "
            body += "link to set a new password is on its way to it. It is good for 20 minutes.</p>\n"
            body += Self.button("/login", "Back to sign-in")
        }
        return Reply(page.response(.ok))
    }

    private func forgottenPage(_ call: Call, email: String, alert: String) -> Page {
        Page(title: "Reset your password") { body in
            body += "<h1>Reset your password</h1>\n"
            body += Self.alert(alert)
            let form = Form(
                action: "/reset-password",
                fields: [.init(name: "email", label: "E-mail", kind: "email", autocomplete: "username", value: email)],
                submit: "Send a link")
            body += form.html(csrf: CSRF.masked(call.csrfToken, ambient))
            body += Self.button("/login", "Back to sign-in")
        }
    }

    /// `GET /reset-password/change`: where the mail's link leads; `otp` and `email` are filled in.
    @Sendable func change(_ call: Call) throws(APIError) -> Reply {
        let (email, passcode) = (call.query.first("email") ?? "", call.query.first("otp") ?? "")
        return Reply(changePage(call, email: email, passcode: passcode, alert: "").response(.ok))
    }

    /// `POST /reset-password/change`
    @Sendable func setPassword(_ call: Call) async throws(APIError) -> Reply {
        let sent = try Form.Sent(call)
        let (email, passcode) = (sent.text("email"), sent.text("otp"))
        do throws(APIError) {
            guard sent.text("password") == sent.text("confirmation") else {
                throw .refused("The two passwords are not the same.")
            }
            try await passwords.reset(email: email, new: sent.text("password"), passcode: passcode, call)
        } catch {
            return Reply(
                changePage(call, email: email, passcode: passcode, alert: error.sentence).response(error.status))
        }
        return Self.seeOther("/login?message=\(percentEncoded("Your password has been changed. Sign in with it."))")
    }

    private func changePage(_ call: Call, email: String, passcode: String, alert: String) -> Page {
        Page(title: "Choose a new password") { body in
            body += "<h1>Choose a new password</h1>\n"
            body += Self.alert(alert)
            let form = Form(
                action: "/reset-password/change",
                fields: [
                    .init(name: "email", label: "E-mail", kind: "email", autocomplete: "username", value: email),
                    .init(name: "otp", label: "One-time passcode", autocomplete: "one-time-code", value: passcode),
                    .init(name: "password", label: "New password", kind: "password", autocomplete: "new-password"),
                    .init(
                        name: "confirmation", label: "New password again", kind: "password",
                        autocomplete: "new-password"),
                ], submit: "Set the password")
            body += form.html(csrf: CSRF.masked(call.csrfToken, ambient))
        }
    }

    // MARK: Parts

    static func alert(_ text: String) -> String {
        text.isEmpty ? "" : "<p role=\"alert\">\(HTML.escaped(text))</p>\n"
    }

    static func seeOther(_ location: String) -> Reply {
        var reply = Reply(Response(.seeOther))
        reply.response.add(.location, location)
        reply.response.add(.cacheControl, "no-store")
        return reply
    }
}
