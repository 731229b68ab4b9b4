import API
import HTTP
import JSON
import TestSupport
import Testing

/// A provider whose answers are too long, too slow or too clever. The server stays well.
@Suite struct OIDCHostileAnswerTests {
    /// A good signature over claims in a spelling of their own.
    private static func signed(_ text: String, _ keys: FakeProviderKeys, header: String? = nil) throws -> String {
        let head = header ?? #"{"alg":"RS256","kid":"\#(keys.rsa.id)"}"#
        let input = "\(JWTForge.base64URL(Array(head.utf8))).\(JWTForge.base64URL(Array(text.utf8)))"
        return "\(input).\(JWTForge.base64URL(try keys.rsa.signature(for: Array(input.utf8))))"
    }

    /// Signs the claims with further text inside their braces.
    static func maker(adding text: String) -> FakeProviderSettings.TokenMaker {
        { claims, keys in try signed("\(String(decoding: claims.bytes, as: UTF8.self).dropLast()),\(text)}", keys) }
    }

    @Test("10 MiB from any endpoint are refused", arguments: Backend.allCases)
    func huge(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for (path, status) in [("/jwks", 400), ("/token", 500), ("/userinfo", 500)] {
                scene.provider.pad(path, toBytes: 10 << 20)
                let answer = try await scene.visit().answer
                #expect(answer.isError(status), "\(path): \(answer)")
                scene.provider.pad(path, toBytes: 0)
                let next = try await scene.visit(["sub": .string(path), "email": .string("\(path)@corp.test")])
                #expect(next.isSignedIn, "\(path): \(next.answer)")
            }
        }
    }

    @Test("a provider that hangs keeps nobody else waiting, and not for ever", arguments: Backend.allCases)
    func hanging(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let browser = Browser(scene.server)
            let back = try await browser.begin(Browser.oidcCallback, at: scene.provider)
            scene.provider.hold("/token")
            let hasEnded = Noted(false)
            let cookies = browser.cookieField
            let slow = Task {
                let answer = try await scene.server.send("GET", back.target, headers: [cookies])
                hasEnded.change { $0 = true }
                return answer
            }
            await scene.provider.arrival(at: "/token")
            for _ in 0..<20 {
                #expect(try await scene.server.send("GET", "/api/v2/users/authmethods").status == 200)
                #expect(try await scene.server.send("GET", Browser.oidcCallback).status == 307)
            }
            #expect(!hasEnded.value, "they were answered while it waited")
            let answer = try await slow.value
            #expect(answer.isError(500), "\(answer)")
            // Nobody has let the provider go on: the time-out ended it.
            scene.provider.release("/token")
            #expect(try await scene.visit().isSignedIn)
        }
    }

    @Test("members that stand twice cannot say two things", arguments: Backend.allCases)
    func duplicates(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            let refused = [
                #""aud":"other""#, #""iss":"https://evil.test""#, #""exp":1"#, #""sub":"""#, #""sub":null"#,
                #""aud":["oidc-client"],"aud":"x""#,
            ]
            for text in refused {
                let answer = try await scene.visit(token: Self.maker(adding: text)).answer
                #expect(answer.isError(400), "\(text): \(answer)")
            }
            let unverified = try await scene.visit(token: Self.maker(adding: #""email_verified":false"#)).answer
            #expect(unverified.isPage(403, "Email not verified") || unverified.isError(400), "\(unverified)")
            let visit = try await scene.visit(token: Self.maker(adding: #""sub":"two","email":"two@corp.test""#))
            let user = try await visit.user()
            #expect(user["email"]?.text == "two@corp.test")
            #expect(try scene.link("user_id", subject: "two") == user["id"]?.text, "one subject, and the same e-mail's")
            let shown = try await visit.browser.get("/api/v2/users/oidc-claims")["claims"]
            #expect(shown?.names.filter { $0 == "sub" } == ["sub"] && shown?["sub"] == "two")
        }
    }

    @Test("a header that says two algorithms", arguments: Backend.allCases)
    func duplicateAlgorithms(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for (first, last) in [("none", "RS256"), ("RS256", "none"), ("HS256", "RS256"), ("RS256", "HS256")] {
                let header = #"{"alg":"\#(first)","kid":"rsa-1","alg":"\#(last)"}"#
                let bare = try await scene.visit(token: { claims, _ in
                    "\(JWTForge.base64URL(Array(header.utf8))).\(JWTForge.base64URL(claims.bytes))."
                }).answer
                #expect(bare.isError(400), "\(header): \(bare)")
            }
        }
    }

    @Test("answers nested deeper than any claim", arguments: Backend.allCases, [100, 1_000, 9_000, 100_000])
    func nesting(on backend: Backend, depth: Int) async throws {
        let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let objects = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        try await OIDCScene.with(backend) { scene in
            for text in [deep, objects] {
                let token = try await scene.visit(token: Self.maker(adding: #""deep":\#(text)"#))
                #expect(token.isSignedIn || token.answer.isError(400), "id token: \(token.answer)")
                if depth == 100 { #expect(token.isSignedIn) }
                scene.provider.configure { $0.idToken = { try JWTForge.sign($0, with: $1.rsa) } }
                let info = #"{"sub":"subject-1","email":"ana@provider.test","email_verified":true,"deep":\#(text)}"#
                for (path, body) in [
                    ("/userinfo", info), ("/jwks", #"{"keys":[],"deep":\#(text)}"#),
                    ("/token", #"{"access_token":"a","deep":\#(text)}"#),
                ] {
                    scene.provider.answer(path, with: CannedAnswer(.ok, body))
                    let answer = try await scene.visit().answer
                    let isTold = [400, 500].contains(answer.status) && answer.message != nil
                    #expect(answer.status == 307 || isTold, "\(path): \(answer)")
                    scene.provider.answer(path, with: nil)
                }
                #expect(try await scene.visit().isSignedIn)
            }
            let faults = scene.server.log.lines.filter { $0.contains("fault") }
            #expect(faults.isEmpty, "what a database cannot hold is refused before: \(faults)")
        }
    }

    @Test("numbers beyond 64 bits are kept as they are", arguments: Backend.allCases)
    func numbers(on backend: Backend) async throws {
        let good = [
            "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
            "0.1234567890123456789012345", "-0", "1" + String(repeating: "0", count: 400),
        ]
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            for text in good {
                let visit = try await scene.visit(token: Self.maker(adding: #""big":\#(text)"#))
                #expect(visit.isSignedIn, "\(text): \(visit.answer)")
                let claims = try await visit.browser.get("/api/v2/users/oidc-claims")["claims"]
                let isSame = claims?["big"] == .number(text) || text == "-0" && claims?["big"] == 0
                #expect(isSame, "\(text) became \(String(describing: claims?["big"]))")
            }
            for text in ["1e400", "1e-400", "1E+99999", "1e200000", "-1e999999999", "1e99999999999999999999"] {
                let visit = try await scene.visit(token: Self.maker(adding: #""big":\#(text)"#))
                #expect(visit.isSignedIn || visit.answer.isError(400), "\(text): \(visit.answer)")
            }
            for exp in ["99999999999999999999", "1e30", "1e400", "9223372036854775808"] {
                let answer = try await scene.visit(token: Self.maker(adding: #""exp":\#(exp),"nbf":0"#)).answer
                #expect(answer.status == 307 || answer.isError(400), "\(exp): \(answer)")
            }
            for nbf in ["99999999999999999999", "1e400"] {
                let answer = try await scene.visit(token: Self.maker(adding: #""nbf":\#(nbf)"#)).answer
                #expect(answer.isError(400), "\(nbf): \(answer)")
            }
        }
    }

    @Test("an expires_in that is nonsense opens a session that works", arguments: Backend.allCases)
    func expiresIn(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            let token = try JWTForge.sign(scene.provider.claims(), with: scene.provider.settings.keys.rsa)
            let values = [
                "9223372036854775807", "99999999999999999999", "1e400", "-1", "0", "1.5", "\"60\"", "\"x\"",
                "null", "true", "[]", "{}", "-9223372036854775808",
            ]
            for value in values {
                let body = #"{"access_token":"a","token_type":"Bearer","expires_in":\#(value),"id_token":"\#(token)"}"#
                scene.provider.answer("/token", with: CannedAnswer(.ok, body))
                _ = try await scene.visit().user()
            }
        }
    }
}
