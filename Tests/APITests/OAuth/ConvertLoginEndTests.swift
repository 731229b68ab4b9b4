import API
import HTTP
import JSON
import TestSupport
import Testing

/// The end of `convert-login` at the provider: auth.md §7, cases 165 and 167–169 of §14; decisions.md #15.
@Suite struct ConvertLoginEndTests {
    typealias Target = ConversionScene.Target

    @Test("165: with password sign-in off, the right password is 403", arguments: Backend.allCases, Target.allCases)
    func disabled(on backend: Backend, target: Target) async throws {
        try await TestServer.with(backend, { $0.isPasswordAuthDisabled = true }) { server in
            let first = try await server.send(
                "POST", "/api/v2/users/first",
                body: #"{"email":"o@usersd.test","username":"o","password":"\#(TestServer.password)"}"#)
            let key = StoredKey(userID: first["user_id"]?.text ?? "", expiresAt: server.microseconds(3600))
            try key.insert(into: server.database)
            for (password, status) in [(TestServer.password, 403), ("wrong", 401)] {
                let answer = try await server.send(
                    "POST", "/api/v2/users/me/convert-login", token: key.token,
                    body: #"{"to_type":"\#(target.rawValue)","password":"\#(password)"}"#)
                #expect(answer.status == status && answer.isJSON, "\(answer)")
                #expect(answer.header("Set-Cookie").allSatisfy { !$0.hasPrefix(ConversionScene.cookie) })
            }
        }
    }

    @Test("167: the account is the provider's, and no password opens it", arguments: Backend.allCases, Target.allCases)
    func account(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow("Owner@usersd.test")
            let browser = scene.browser(of: owner)
            let answer = try await scene.finish(
                browser, at: target, state: try await scene.begin(browser, to: target))
            #expect(answer.status == 307 && answer.header("Location") == ["/"], "\(answer)")
            #expect(try scene.loginType(of: owner) == target.rawValue)
            let database = scene.server.database
            #expect(try database.sql("SELECT login_type, user_id FROM user_links") == [[target.rawValue, owner.id]])
            let hash = "SELECT length(hashed_password) FROM users WHERE id = '\(owner.id)'"
            #expect(try database.sql(hash) == [["0"]])
            for password in [TestServer.password, "wrong", "hunter2"] {
                let login = try await scene.passwordLogin(owner.email, password)
                #expect(login.status == 401 && login.message == "Incorrect email or password.", "\(login)")
            }
            // The provider opens it from now on.
            let next = Browser(scene.server)
            #expect(try await scene.signIn(next, at: target).status == 307)
            let user = try #require(try await next.user())
            #expect(user["id"]?.text == owner.id && user["username"]?.text == "owner")
            #expect(user["roles"]?[0]?["name"]?.text == "owner")
        }
    }

    @Test(
        "167, 168: the session's cookie and token end, no new one begins, others stay", arguments: Backend.allCases,
        Target.allCases)
    func session(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            let other = try await scene.server.signIn(owner.email)
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let answer = try await scene.finish(
                browser, at: target, state: try await scene.begin(browser, to: target))
            #expect(answer.status == 307 && !answer.opensSession)
            let cleared = answer.header("Set-Cookie")
            let session = try #require(cleared.first { $0.hasPrefix("coder_session_token=;") })
            #expect(session.contains("; Max-Age=0") && session.contains("; HttpOnly") && session.contains("; Path=/"))
            #expect(cleared.contains("\(ConversionScene.cookie)=; Path=/; Max-Age=0"), "\(cleared)")
            #expect(browser.cookies[ConversionScene.cookie] == nil)
            #expect(try await scene.server.send("GET", "/api/v2/users/me", token: owner.token).status == 401)
            #expect(try await scene.server.send("GET", "/api/v2/users/me", token: other).status == 200)
        }
    }

    enum Session: CaseIterable, Sendable { case none, malformed, wrongSecret, unknown }

    @Test(
        "169: without a session whose secret matches, a new one begins", arguments: Backend.allCases, Session.allCases)
    func newSession(on backend: Backend, session: Session) async throws {
        for target in Target.allCases {
            try await ConversionScene.with(backend) { scene async throws in
                let owner = try await scene.server.owner()
                scene.providersKnow(owner.email)
                let browser = scene.browser(of: owner)
                let state = try await scene.begin(browser, to: target)
                let shown: String? =
                    switch session {
                    case .none: nil
                    case .malformed: "not-a-token"
                    case .wrongSecret: "\(owner.token.prefix(11))0123456789ABCDEFGHIJKL"
                    case .unknown: "0123456789-0123456789ABCDEFGHIJKL"
                    }
                browser.set(Browser.session, to: shown)
                let answer = try await scene.finish(browser, at: target, state: state)
                #expect(answer.status == 307 && answer.opensSession, "\(answer)")
                #expect(try await browser.user()?["login_type"]?.text == target.rawValue)
                let keys = "SELECT count(*) FROM api_keys WHERE login_type = "
                #expect(try scene.server.database.sql(keys + "'password'") == [["1"]])
                #expect(try scene.server.database.sql(keys + "'\(target.rawValue)'") == [["1"]])
            }
        }
    }

    @Test("167: the expiry of the session is not looked at", arguments: Backend.allCases, Target.allCases)
    func expiredSession(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: target)
            let key = StoredKey(userID: owner.id, expiresAt: scene.server.microseconds(-3600))
            try key.insert(into: scene.server.database)
            browser.set(Browser.session, to: key.token)
            let answer = try await scene.finish(browser, at: target, state: state)
            #expect(answer.status == 307 && !answer.opensSession, "\(answer)")
            #expect(try scene.server.database.sql("SELECT count(*) FROM api_keys WHERE id = '\(key.id)'") == [["0"]])
        }
    }
}
