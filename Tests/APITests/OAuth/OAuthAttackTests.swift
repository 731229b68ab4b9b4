import API
import JSON
import Outbound
import TestSupport
import Testing

/// Attacks on a flow between browser, server and provider (RFC 9700 §4, RFC 6819 §4.4.1).
@Suite struct OAuthAttackTests {
    private static let path = Browser.oidcCallback
    private static let redirectURI = "http://127.0.0.1:3000\(path)"

    private static func takesNobodyIn(_ answer: Answer) -> Bool {
        400...599 ~= answer.status && !answer.givesSession && answer.header("Location").isEmpty
    }

    @Test(
        "114: a stranger who chooses the state signs nobody in as himself", arguments: Backend.allCases, [false, true])
    func fixation(on backend: Backend, hasPKCE: Bool) async throws {
        try await OIDCScene.with(
            backend,
            provider: {
                if !hasPKCE { $0.metadata = $0.metadata.removing("code_challenge_methods_supported") }
            }
        ) { scene in
            let letters = String(repeating: "a", count: 32)
            for chosen in ["stranger", letters, "convert-\(letters)", "convert-", "Convert-\(letters)"] {
                let victim = Browser(scene.server)
                _ = try await victim.get("\(Self.path)?oidc_merge_state=\(chosen)")
                let code = scene.provider.issueCode(redirectURI: Self.redirectURI)
                let answer = try await victim.get("\(Self.path)?code=\(code)&state=\(chosen)")
                #expect(Self.takesNobodyIn(answer), "\(chosen): \(answer)")
            }
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("114: a state that would break out of its cookie does not", arguments: Backend.allCases)
    func stateSplitting(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for chosen in [
                "convert-a%3B%20Domain%3Devil", "convert-a%0D%0ASet-Cookie%3A%20a%3Db", "convert-%00", "a%22",
            ] {
                let answer = try await scene.server.send("GET", "\(Self.path)?oidc_merge_state=\(chosen)")
                let lines = answer.header("Set-Cookie")
                #expect(lines.allSatisfy { !$0.contains("evil") && !$0.hasPrefix("a=b") }, "\(chosen): \(lines)")
                #expect(lines.filter { $0.hasPrefix("oauth_state=") }.count <= 1)
            }
        }
    }

    @Test("116, 117: a callback works once, and in its own browser", arguments: Backend.allCases)
    func replay(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = Browser(scene.server)
            let back = try await browser.begin(Self.path, at: scene.provider)
            #expect(Self.takesNobodyIn(try await Browser(scene.server).get(back.target)), "a thief's browser")
            #expect(try await browser.get(back.target).status == 307)
            let keys = try scene.count("api_keys")
            #expect(Self.takesNobodyIn(try await browser.get(back.target)), "again")
            #expect(try scene.count("api_keys") == keys)
            let next = try await browser.begin(Self.path, at: scene.provider)
            #expect(Self.takesNobodyIn(try await browser.get(back.target)), "the old callback in a new flow")
            #expect(try await browser.get(next.target).status == 307)
        }
    }

    @Test("117: a code that was got in another flow is refused", arguments: Backend.allCases)
    func injection(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let victim = Browser(scene.server)
            let stolen = try #require(try await victim.begin(Self.path, at: scene.provider).code)
            let attacker = Browser(scene.server)
            let state = try #require(try await attacker.begin(Self.path, at: scene.provider).state)
            let answer = try await attacker.get("\(Self.path)?code=\(stolen)&state=\(state)")
            #expect(answer.isError(500), "\(answer)")
            let bare = scene.provider.issueCode(redirectURI: Self.redirectURI)
            let second = Browser(scene.server)
            let own = try #require(try await second.begin(Self.path, at: scene.provider).state)
            #expect(try await second.get("\(Self.path)?code=\(bare)&state=\(own)").isError(500), "without a challenge")
            let third = Browser(scene.server)
            let back = try await third.begin(Self.path, at: scene.provider)
            third.set("oauth_pkce_verifier", to: String(repeating: "v", count: 43))
            #expect(try await third.get(back.target).isError(500), "with another verifier")
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("116: forged and foreign state cookies", arguments: Backend.allCases)
    func foreignState(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let others = try #require(try await Browser(scene.server).begin(Self.path, at: scene.provider).state)
            for forged in [others, "", "x", "*", "%", "null", "undefined", "0"] {
                let browser = Browser(scene.server)
                let back = try await browser.begin(Self.path, at: scene.provider)
                browser.set("oauth_state", to: forged)
                #expect(try await browser.get(back.target).isError(401), "\(forged)")
            }
            let browser = Browser(scene.server)
            let state = try #require(try await browser.begin(Self.path, at: scene.provider).state)
            let code = scene.provider.issueCode(redirectURI: Self.redirectURI)
            for wrong in [state.lowercased() + "x", "", String(state.dropLast()), "\(state)%00", "%20\(state)"] {
                let answer = try await browser.get("\(Self.path)?code=\(code)&state=\(wrong)")
                #expect(Self.takesNobodyIn(answer), "\(wrong): \(answer)")
            }
            #expect(scene.provider.count("/token") == 0)
        }
    }

    @Test("116: NUL in a text of the query is refused (decisions.md)", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let queries = ["code=%00&state=s", "code=c&state=s%00", "error=%00", "error=x&error_uri=%00"]
            for query in queries {
                let browser = Browser(scene.server)
                browser.set("oauth_state", to: "s")
                browser.set("oauth_pkce_verifier", to: "v")
                let answer = try await browser.get("\(Self.path)?\(query)")
                #expect(answer.isError(400), "\(query): \(answer)")
            }
            #expect(scene.provider.count("/token") == 0)
        }
    }

    @Test("§9.2: a session that somebody planted does not become the person's", arguments: Backend.allCases)
    func sessionFixation(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let attacker = try await scene.server.owner()
            for planted in [attacker.token, "rubbish", "0123456789-0123456789012345678901"] {
                let browser = Browser(scene.server)
                browser.set(Browser.session, to: planted)
                #expect(try await browser.signIn(Self.path, at: scene.provider).status == 307)
                #expect(browser.cookies[Browser.session] != planted)
                #expect(try await browser.user()?["username"]?.text == "ana")
            }
        }
    }
}
