import API
import HTTP
import JSON
import TestSupport
import Testing

/// Attacks on the cookie of a conversion (auth.md §7, case 170 of §14).
@Suite struct ConversionForgeryTests {
    typealias Forge = @Sendable (ForgedTicket) -> String

    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let forge: Forge

        init(_ name: String, _ status: Int, _ forge: @escaping Forge) {
            testDescription = name
            self.status = status
            self.forge = forge
        }
    }

    /// Not signed by us: 400 with the fragment.
    private static let foreign: [Attack] = [
        Attack("a bit of the signature", 400) { JWTForge.spoiled($0.hs512) },
        Attack("another secret", 400) { $0.with(secret: Array(repeating: 7, count: 64)).hs512 },
        Attack("HS512 with an empty key", 400) { $0.with(secret: []).hs512 },
        Attack("no signature", 400) { "\($0.input)." },
        Attack("unknown kid", 400) { $0.with(header: "kid", "2").hs512 },
        Attack("kid 0", 400) { $0.with(header: "kid", "0").hs512 },
        Attack("kid -1", 400) { $0.with(header: "kid", "-1").hs512 },
        Attack("kid of 63 bits", 400) { $0.with(header: "kid", "9223372036854775807").hs512 },
        Attack("kid of 33 bits", 400) { $0.with(header: "kid", "4294967297").hs512 },
        Attack("kid of SQL", 400) { $0.with(header: "kid", "1 OR 1=1").hs512 },
        Attack("a path as kid", 400) { $0.with(header: "kid", "../../dev/null").with(secret: []).hs512 },
        Attack("no kid", 400) { ticket in
            var ticket = ticket
            ticket.header = ticket.header.removing("kid")
            return ticket.hs512
        },
        Attack("claims changed after signing", 400) {
            $0.with("exp", 9_999_999_999).input + "." + ($0.hs512.split(separator: ".").last ?? "")
        },
    ]

    /// Signed by us, or no token at all, but of no use: 500.
    private static let unusable: [Attack] =
        ["none", "None", "NONE", "nOnE", ""].map { algorithm in
            Attack("alg \(algorithm)", 500) { "\($0.with(header: "alg", .string(algorithm)).input)." }
        } + [
            Attack("none, with a good signature", 500) { $0.with(header: "alg", "none").hs512 },
            Attack("HS256 with our secret", 500) { $0.with(header: "alg", "HS256").hs256 },
            Attack("HS384 in the header", 500) { $0.with(header: "alg", "HS384").hs512 },
            Attack("hs512 in lower case", 500) { $0.with(header: "alg", "hs512").hs512 },
            Attack("expired", 500) { $0.with("exp", 1).hs512 },
            Attack("not yet valid", 500) { $0.with("nbf", 9_999_999_999).hs512 },
            Attack("no expiry", 500) { $0.with("exp", .null).hs512 },
            Attack("expiry as text", 500) { $0.with("exp", "9999999999").hs512 },
            Attack("no token", 500) { _ in "x" }, Attack("two parts", 500) { _ in "e30.e30" },
            Attack("four parts", 500) { $0.hs512 + ".e30" }, Attack("dots", 500) { _ in ".." },
            Attack("long", 500) { _ in String(repeating: "a", count: 6000) },
        ]

    /// Signed by us for something else: 403.
    private static let others: [Attack] = [
        Attack("another deployment", 403) { $0.with("iss", "11111111-2222-3333-4444-555555555555").hs512 },
        Attack("no deployment", 403) { $0.with("iss", .null).hs512 },
        Attack("another state", 403) { $0.with("merge_state", "convert-0123456789abcdefghijklmnopqrstuv").hs512 },
        Attack("another user", 403) { $0.with("user_id", "11111111-2222-3333-4444-555555555555").hs512 },
        Attack("from another type", 403) { $0.with("from_login_type", "oidc").hs512 },
        Attack("to another type", 403) { $0.with("to_login_type", "password").hs512 },
    ]

    @Test("170: a forged cookie converts nothing", arguments: Backend.allCases, foreign + unusable + others)
    func forged(on backend: Backend, attack: Attack) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: .github)
            let good = try #require(browser.cookies[ConversionScene.cookie])
            let ticket = try ForgedTicket(good, scene.server.database)
            browser.set(ConversionScene.cookie, to: attack.forge(ticket))
            let before = try scene.server.database.accountRows()
            let answer = try await scene.finish(browser, at: .github, state: state)
            #expect(answer.status == attack.status && answer.isJSON && !answer.opensSession, "\(answer)")
            if attack.status == 400 {
                #expect(answer.body.contains("Using an invalid jwt to authorize this action."), "\(answer)")
            }
            #expect(try scene.server.database.accountRows() == before)
            // The forger can do it: with nothing changed, its token is as good as the server's.
            #expect(ticket.hs512 == good)
            browser.set(ConversionScene.cookie, to: ticket.hs512)
            #expect(try await scene.finish(browser, at: .github, state: state).status == 307)
        }
    }

    @Test("a stored key that is no key signs and verifies nothing", arguments: Backend.allCases, ["", "zz", "abc"])
    func brokenKey(on backend: Backend, secret: String) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: .github)
            let ticket = try ForgedTicket(try #require(browser.cookies[ConversionScene.cookie]), scene.server.database)
            try scene.server.database.sql("UPDATE crypto_keys SET secret = '\(secret)'")
            // Nothing new is signed with what everybody has.
            let begun = Browser(scene.server)
            begun.set(Browser.session, to: owner.token)
            if (try? await scene.begin(begun, to: .github)) != nil {
                let signed = try #require(begun.cookies[ConversionScene.cookie])
                let parts = try #require(JWTForge.Parts(signed))
                var copy = ticket.with(secret: [])
                (copy.header, copy.claims) = (parts.header, parts.claims)
                #expect(signed != copy.hs512)
            }
            browser.set(ConversionScene.cookie, to: ticket.with(secret: []).hs512)
            let answer = try await scene.finish(browser, at: .github, state: state)
            #expect(answer.status >= 400 && !answer.opensSession, "\(answer)")
            #expect(try scene.loginType(of: owner) == "password")
        }
    }
}
