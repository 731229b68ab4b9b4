import API
import JSON
import TestSupport
import Testing

/// The end of a conversion at an OpenID Connect provider: auth.md §7, cases 167–171 of §14, decisions.md #15.
@Suite struct ConvertFinishTests {
    private static let cookie = "coder_oauth_convert_jwt"

    /// The owner, with a browser in which a conversion has begun.
    private static func begun(_ scene: OIDCScene) async throws -> (TestServer.Person, Browser, state: String) {
        let owner = try await scene.server.owner()
        let browser = Browser(scene.server)
        let begin = try await browser.send(
            "POST", "/api/v2/users/me/convert-login",
            body: #"{"to_type":"oidc","password":"\#(TestServer.password)"}"#,
            headers: [("Coder-Session-Token", owner.token)])
        #expect(begin.status == 201, "\(begin)")
        browser.set(Browser.session, to: owner.token)
        let claims = scene.usual.setting("email", .string(owner.email))
        scene.provider.configure { $0.claims = claims }
        return (owner, browser, try #require(begin["state_string"]?.text))
    }

    @Test("167, 168: the account becomes the provider's, and the old session ends", arguments: Backend.allCases)
    func finished(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let (owner, browser, state) = try await Self.begun(scene)
            let answer = try await browser.signIn(
                Browser.oidcCallback, "oidc_merge_state=\(state)", at: scene.provider)
            #expect(answer.status == 307, "\(answer)")
            #expect(browser.cookies[Browser.session] == nil && browser.cookies[Self.cookie] == nil)
            #expect(try await scene.server.send("GET", "/api/v2/users/me", token: owner.token).status == 401)
            let login = try await scene.server.send(
                "POST", "/api/v2/users/login",
                body: #"{"email":"owner@usersd.test","password":"\#(TestServer.password)"}"#)
            #expect(login.status == 401)
            let user = try await scene.visit(["email": .string(owner.email)]).user()
            #expect(user["id"]?.text == owner.id && user["login_type"]?.text == "oidc")
            #expect(try scene.link("user_id") == owner.id)
        }
    }

    @Test("169: without a session a new one begins", arguments: Backend.allCases)
    func withoutSession(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let (owner, browser, state) = try await Self.begun(scene)
            browser.set(Browser.session, to: nil)
            let answer = try await browser.signIn(
                Browser.oidcCallback, "oidc_merge_state=\(state)", at: scene.provider)
            #expect(answer.status == 307, "\(answer)")
            #expect(try await browser.user()?["id"]?.text == owner.id)
        }
    }

    @Test("170, 171: a conversion that fails changes nothing", arguments: Backend.allCases)
    func failed(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let (owner, browser, state) = try await Self.begun(scene)
            let ticket = try #require(browser.cookies[Self.cookie])
            let query = "oidc_merge_state=\(state)"
            scene.provider.configure { $0.claims = $0.claims.setting("email", "other@corp.test") }
            let foreign = try await browser.signIn(Browser.oidcCallback, query, at: scene.provider)
            #expect(foreign.isError(400) && foreign.body.contains("other@corp.test"), "\(foreign)")
            #expect(browser.cookies[Self.cookie] == ticket)
            scene.provider.configure { $0.claims = $0.claims.setting("email", .string(owner.email)) }
            browser.set(Self.cookie, to: nil)
            #expect(try await browser.signIn(Browser.oidcCallback, query, at: scene.provider).isError(400))
            browser.set(Self.cookie, to: JWTForge.spoiled(ticket))
            let spoiled = try await browser.signIn(Browser.oidcCallback, query, at: scene.provider)
            #expect(spoiled.isError(400), "\(spoiled)")
            #expect(spoiled.message?.contains("Using an invalid jwt to authorize this action.") == true)
            browser.set(Self.cookie, to: ticket)
            let other = "oidc_merge_state=convert-\(String(repeating: "b", count: 32))"
            #expect(try await browser.signIn(Browser.oidcCallback, other, at: scene.provider).isError(403))
            scene.server.clock.advance(seconds: 301)
            #expect(try await browser.signIn(Browser.oidcCallback, query, at: scene.provider).isError(500))
            #expect(try scene.count("user_links") == "0")
            let me = try await scene.server.send("GET", "/api/v2/users/me", token: owner.token)
            #expect(me["login_type"]?.text == "password")
        }
    }
}
