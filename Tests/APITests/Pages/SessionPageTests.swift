import JSON
import TestSupport
import Testing

/// `/`, `/cli-auth` and `/logout`: auth.md §9.5 and case 98; clients.md §2 (interactive `login`).
@Suite struct SessionPageTests {
    private static func token(_ page: Answer) throws -> String {
        let match = try #require(page.body.firstMatch(of: /<output[^>]*>([0-9A-Za-z]{10}-[0-9A-Za-z]{22})<\/output>/))
        return String(match.1)
    }

    @Test("98: without a session people are sent to sign in, and come back", arguments: ["/", "/cli-auth?x=1"])
    func signInFirst(path: String) async throws {
        try await TestServer.with(.sqlite) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            for token in [nil, "wrong", "0123456789-0123456789012345678901"] {
                browser.set(Browser.session, to: token)
                let answer = try await browser.get(path)
                #expect(answer.status == 303, "\(answer)")
                let location = try #require(answer.header("Location").first)
                #expect(location.hasPrefix("/login?message=You%20are%20signed%20out"))
                let page = try await browser.get(location)
                #expect(page.status == 200 && page.body.contains("Please sign in again"))
                let done = try await PageForm(page).send(
                    ["email": owner.email, "password": TestServer.password], by: browser)
                #expect(done.header("Location") == [path])
            }
        }
    }

    @Test("a fresh token opens the account, beside the session", arguments: Backend.allCases)
    func commandLine(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            browser.set(Browser.session, to: owner.token)
            let first = try Self.token(try await browser.get("/cli-auth"))
            let second = try Self.token(try await browser.get("/cli-auth"))
            #expect(first != second && first != owner.token)
            for token in [first, second, owner.token] {
                #expect(try await server.send("GET", "/api/v2/users/me", token: token).status == 200)
            }
        }
    }

    @Test("a visit from another site, and HEAD, leave no key behind; the button does")
    func strangers() async throws {
        try await TestServer.with(.sqlite) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            browser.set(Browser.session, to: owner.token)
            let count = "SELECT count(*) FROM api_keys"
            let before = try server.database.sql(count)
            let page = try await browser.send("GET", "/cli-auth", headers: [("Sec-Fetch-Site", "cross-site")])
            #expect(page.status == 200 && !page.body.contains("<output"))
            #expect(try await browser.send("HEAD", "/cli-auth").status == 200)
            #expect(try server.database.sql(count) == before)
            let shown = try await PageForm(page).send(by: browser)
            #expect(try await server.send("GET", "/api/v2/users/me", token: try Self.token(shown)).status == 200)
            var forged = try PageForm(page)
            forged["csrf"] = nil
            #expect(try await forged.send(by: browser).status == 400)
        }
    }

    @Test("a token that may do less makes no token that may do more")
    func narrow() async throws {
        try await TestServer.with(.sqlite) { server in
            let owner = try await server.owner()
            let made = try await server.send(
                "POST", "/api/v2/users/me/keys/tokens", token: owner.token, body: #"{"scopes":["api_key:read"]}"#)
            let browser = Browser(server)
            browser.set(Browser.session, to: try #require(made["key"]?.text))
            #expect(try await browser.get("/cli-auth").status == 403)
        }
    }

    @Test("signing out ends the session", arguments: Backend.allCases)
    func signOut(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let browser = Browser(server)
            browser.set(Browser.session, to: owner.token)
            var form = try PageForm(try await browser.get("/"))
            let csrf = form["csrf"]
            form["csrf"] = "forged"
            #expect(try await form.send(by: browser).status == 400)
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 200)
            form["csrf"] = csrf
            let out = try await form.send(by: browser)
            #expect(out.status == 303 && out.header("Location") == ["/login"])
            #expect(browser.cookies[Browser.session] == nil)
            #expect(try await server.send("GET", "/api/v2/users/me", token: owner.token).status == 401)
        }
    }

    @Test("a dormant user is not let in by a page, and stays dormant (auth.md §9.5)", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("ana", by: owner)
            try server.database.sql("UPDATE users SET status = 'dormant' WHERE username = 'ana'")
            let browser = Browser(server)
            browser.set(Browser.session, to: person.token)
            #expect(try await browser.get("/").status == 303)
            #expect(try server.database.sql("SELECT status FROM users WHERE username = 'ana'") == [["dormant"]])
        }
    }
}
