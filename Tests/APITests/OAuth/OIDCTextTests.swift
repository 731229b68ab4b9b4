import API
import HTTP
import JSON
import TestSupport
import Testing

/// Texts of a provider that are no plain words: they are refused or shown, and never obeyed.
@Suite struct OIDCTextTests {
    @Test("NUL in a claim is refused alike on both backends", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let claims: [JSONValue] = [
                ["email": "a\u{0}@corp.test"], ["name": "a\u{0}b"], ["preferred_username": "a\u{0}b"],
                ["picture": "http://p.test/\u{0}"], ["other": "\u{0}"], ["other": ["x", ["y": "\u{0}"]]],
                ["na\u{0}me": 1],
            ]
            for change in claims {
                let answer = try await scene.visit(change).answer
                #expect(answer.isError(400), "\(change): \(answer)")
                let token = try await scene.visit(idToken: change, userinfo: [:]).answer
                #expect(token.isError(400), "ID token alone, \(change): \(token)")
            }
            #expect(try await scene.visit(["sub": "s\u{0}"]).answer.isError(400))
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("NUL in a provider's tokens is refused alike on both backends", arguments: Backend.allCases)
    func nulTokens(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            let token = try JWTForge.sign(scene.provider.claims(), with: scene.provider.settings.keys.rsa)
            for tokens in [#""access_token":"a\u0000b""#, #""access_token":"a","refresh_token":"r\u0000""#] {
                let body = #"{"token_type":"Bearer","id_token":"\#(token)",\#(tokens)}"#
                scene.provider.answer("/token", with: CannedAnswer(.ok, body))
                let answer = try await scene.visit().answer
                #expect(answer.status >= 400 && answer.isError(answer.status), "\(tokens): \(answer)")
            }
            #expect(try scene.count("user_links") == "0")
        }
    }

    @Test("control and other odd characters in claims do no harm", arguments: Backend.allCases)
    func controls(on backend: Backend) async throws {
        let odd = [
            "\r\nSet-Cookie: a=b", "\u{1b}[31m", "\u{7f}\u{80}\u{9f}", "\u{202e}txt", "\u{feff}x", "\u{fffe}\u{ffff}",
            "'; DROP TABLE users; --", "\\u0000", "%00", "${x}", "\u{10ffff}", "\t",
        ]
        try await OIDCScene.with(backend) { scene in
            for (number, text) in odd.enumerated() {
                let claims: JSONValue = [
                    "sub": .string("s\(number)\(text)"), "email": .string("\(number)\(text)@corp.test"),
                    "name": .string("x\(text)x"), "preferred_username": .string("u\(number)\(text)"),
                    "picture": .string("http://p.test/\(text)"), "other": .string(text),
                ]
                let visit = try await scene.visit(claims)
                #expect(!visit.answer.headers.contains { $0.value.contains("a=b") })
                let user = try await visit.user()
                #expect(user["email"]?.text == "\(number)\(text)@corp.test" && user["name"]?.text == "x\(text)x")
                #expect(try await scene.visit(claims).user()["id"] == user["id"], "the same again")
            }
        }
    }

    @Test("lone surrogates and bytes that are no UTF-8 do not reach the database", arguments: Backend.allCases)
    func encodings(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.ignoresUserInfo = true }) { scene in
            for text in [#""name":"\ud800x""#, #""name":"x\udc00\ud800""#, #""other":"\udfff""#] {
                let visit = try await scene.visit(token: OIDCHostileAnswerTests.maker(adding: text))
                #expect(visit.isSignedIn || visit.answer.isError(400), "\(text): \(visit.answer)")
            }
        }
    }

    @Test("no page runs what a claim says", arguments: Backend.allCases)
    func html(on backend: Backend) async throws {
        let script = #"<script>alert("x")</script><img src=x onerror=alert(1)>'"&"#
        try await OIDCScene.with(
            backend,
            settings: {
                $0.emailDomains = ["corp.test"]
                $0.groupField = "groups"
                $0.allowedGroups = ["dev"]
                $0.allowsSignUps = false
            }
        ) { scene in
            _ = try await scene.server.owner()
            let usual: JSONValue = [
                "sub": .string(script), "name": .string(script), "preferred_username": .string(script),
                "picture": .string(script), "groups": "dev", "email": "a@corp.test",
            ]
            let pages: [(JSONValue, Int)] = [
                ([:], 403), (["email": .string("\(script)@corp.test")], 403), (["email": .string(script)], 403),
                (["email": .string("x@\(script)")], 403), (["groups": .string(script)], 403),
                (["groups": .string("\(script),x")], 400), (["email_verified": "false"], 403),
            ]
            for (claims, status) in pages {
                let answer = try await scene.visit(usual.merging(claims)).answer
                #expect(answer.isPage(status), "\(claims): \(answer)")
                #expect(!answer.body.contains("<script") && !answer.body.contains("<img"), "\(claims)")
                #expect(answer.header("Content-Security-Policy").first?.contains("default-src 'none'") == true)
            }
            let query = "error=%3Cscript%3Ealert(1)%3C%2Fscript%3E&error_description=%3Cimg%20src%3Dx%3E"
            let refused = try await scene.server.send("GET", "\(Browser.oidcCallback)?\(query)")
            #expect(refused.isError(400) && refused.header("X-Content-Type-Options") == ["nosniff"])
            #expect(refused.header("Content-Type").allSatisfy { $0.hasPrefix("application/json") })
        }
    }
}
