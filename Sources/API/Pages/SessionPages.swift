internal import HTTP
internal import Storage

/// The pages for people with a session: who they are, a token for the command line, and the way out.
struct SessionPages: Sendable {
    let login: LoginHandlers
    let keys: KeyHandlers
    let configuration: Configuration
    let ambient: Ambient

    /// `GET /`
    @Sendable func home(_ call: Call) throws(APIError) -> Reply {
        let user = try call.caller.user
        let page = Page(title: "usersd") { body in
            body += "<h1>\(HTML.escaped(user.name.isEmpty ? user.username : user.name))</h1>\n"
            body += "<p>You are signed in as <strong>\(HTML.escaped(user.username))</strong>.</p>\n"
            body += "<a class=\"button second\" href=\"/cli-auth\">Get a token for the command line</a>\n"
            body += Form(action: "/logout", submit: "Sign out").html(csrf: CSRF.masked(call.csrfToken, ambient))
        }
        return Reply(page.response(.ok))
    }

    /// `POST /logout`
    @Sendable func signOut(_ call: Call) async throws(APIError) -> Reply {
        _ = try Form.Sent(call)
        let ended = try await login.logout(call)
        guard ended.response.status == .ok else { return ended }
        var reply = SignInPages.seeOther("/login")
        reply.set(.clearedSession(configuration))
        return reply
    }

    /// `GET /cli-auth`: a fresh token, as `coder login` asks for. A page of another site gets a button instead: a
    /// visit must not leave keys behind that nobody asked for.
    @Sendable func commandLine(_ call: Call) async throws(APIError) -> Reply {
        let isOwn = call.request.text(.secFetchSite).map { $0 != "cross-site" } ?? true
        if call.request.method == .get, isOwn { return try await token(call) }
        let page = Page(title: "Token for the command line") { body in
            body += "<h1>Token for the command line</h1>\n<p>It opens your account: paste it nowhere else.</p>\n"
            body += Form(action: "/cli-auth", submit: "Show a token").html(csrf: CSRF.masked(call.csrfToken, ambient))
        }
        return Reply(page.response(.ok))
    }

    /// `POST /cli-auth`
    @Sendable func newToken(_ call: Call) async throws(APIError) -> Reply {
        _ = try Form.Sent(call)
        return try await token(call)
    }

    private func token(_ call: Call) async throws(APIError) -> Reply {
        let key = try await keys.sessionForCaller(call)
        let page = Page(title: "Token for the command line") { body in
            body += "<h1>Token for the command line</h1>\n"
            body += "<p id=\"what\">Copy this session token and paste it where <code>coder login</code> asks for it. "
            body += "It opens your account: paste it nowhere else.</p>\n"
            body += "<output aria-label=\"Session token\" aria-describedby=\"what\" tabindex=\"0\">"
            body += "\(HTML.escaped(key.token))</output>\n<p><a href=\"/\">Back</a></p>\n"
        }
        return Reply(page.response(.ok))
    }
}
