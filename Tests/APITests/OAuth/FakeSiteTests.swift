import HTTP
import JSON
import TestSupport
import Testing

/// What every fake site does to its visitors when a test wants it.
@Suite struct FakeSiteTests {
    @Test("a held path answers only after its release; others go on")
    func holding() async throws {
        try await FakeProvider.with { provider in
            provider.hold("/jwks")
            async let held = PlainClient.send("GET", provider.url + "/jwks")
            await provider.arrival(at: "/jwks")
            let other = try await PlainClient.send("GET", provider.url + "/.well-known/openid-configuration")
            #expect(other.status == 200)
            // Decided while it waits: it cannot have been answered before.
            provider.answer("/jwks", with: CannedAnswer(.ok, "late", contentType: "text/plain"))
            provider.release("/jwks")
            #expect(try await held.body == "late")
            #expect(try await PlainClient.send("GET", provider.url + "/jwks").body == "late")
        }
    }

    @Test("a path that hangs to the end keeps nobody from stopping")
    func hanging() async throws {
        let gone = try await FakeProvider.with { provider in
            provider.hold("/token")
            let waiting = Task { [url = provider.url] in try await PlainClient.send("POST", url + "/token", form: []) }
            await provider.arrival(at: "/token")
            return (waiting, provider.url)
        }
        let answer = try await gone.0.value
        #expect(answer.status == 401, "released at the end, a request without a client is refused")
        await #expect(throws: SupportFault.self) { try await PlainClient.send("GET", gone.1 + "/jwks") }
    }

    @Test("answers fail, are replaced and grow; claims of 64 KiB pass")
    func interference() async throws {
        try await FakeProvider.with { provider in
            let discovery = provider.url + "/.well-known/openid-configuration"
            provider.fail("/.well-known/openid-configuration", .serviceUnavailable)
            #expect(try await PlainClient.send("GET", discovery).status == 503)
            provider.answer("/.well-known/openid-configuration", with: nil)
            #expect(try await PlainClient.send("GET", discovery)["issuer"]?.text == provider.url)
            provider.configure { $0.metadata = $0.metadata.setting("issuer", "http://x.test").removing("jwks_uri") }
            let changed = try await PlainClient.send("GET", discovery)
            #expect(changed["issuer"]?.text == "http://x.test")
            #expect(changed["jwks_uri"] == nil)
            provider.pad("/.well-known/openid-configuration", toBytes: 10 << 20)
            let large = try await PlainClient.send("GET", discovery)
            #expect(large.body.utf8.count == 10 << 20)
            #expect(large["issuer"]?.text == "http://x.test")
            let long = String(repeating: "c", count: 64 << 10)
            provider.configure { $0.claims = $0.claims.setting("long", .string(long)) }
            let steps = ProviderClientSteps(provider: provider)
            let token = try await steps.redeem()["id_token"]?.text ?? ""
            #expect(JWTForge.Parts(token)?.claims["long"]?.text == long)
        }
    }

    @Test("a visit without a socket is recorded like any other")
    func visiting() async throws {
        try await FakeGitHub.with(.dotCom) { github in
            let location =
                github.url + "/login/oauth/authorize?client_id=github-client&state=s+1"
                + "&redirect_uri=http%3A%2F%2Fusersd.test%2Fcallback"
            let callback = try github.visit(location)
            #expect(callback.state == "s 1")
            #expect(callback.target == "/callback?code=\(callback.code ?? "none")&state=s%201")
            #expect(github.asked("/login/oauth/authorize").map { $0.query.first("state") } == ["s 1"])
            #expect(throws: SupportFault.self) { try github.visit("http://elsewhere.test/login/oauth/authorize") }
            #expect(throws: SupportFault.self) { try github.visit(github.url + "/login/oauth/authorize?client_id=x") }
        }
    }
}
