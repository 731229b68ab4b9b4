import API
import HTTP
import JSON
import TestSupport
import Testing

/// Conversions that one person begins and another ends (auth.md §7, case 170 of §14).
@Suite struct ConversionStrangerTests {
    typealias Target = ConversionScene.Target

    enum Victim: CaseIterable, Sendable {
        case unknown, withPassword, withProvider

        /// An identity without a user is 400; another user's is 403.
        var status: Int { self == .unknown ? 400 : 403 }
    }

    @Test(
        "a stranger's conversion does not take in who comes from the provider", arguments: Backend.allCases,
        Victim.allCases)
    func stranger(on backend: Backend, victim: Victim) async throws {
        for target in Target.allCases {
            try await ConversionScene.with(backend) { scene async throws in
                let owner = try await scene.server.owner()
                let stranger = try await scene.server.person("stranger", by: owner)
                let email = "victim@usersd.test"
                scene.providersKnow(email)
                switch victim {
                case .unknown: break
                case .withPassword: _ = try await scene.server.person("victim", by: owner)
                case .withProvider: #expect(try await scene.signIn(Browser(scene.server), at: target).status == 307)
                }
                let theirs = scene.browser(of: stranger)
                let state = try await scene.begin(theirs, to: target)
                // The victim's browser has been given the stranger's cookie, and follows the stranger's link.
                let browser = Browser(scene.server)
                browser.set(ConversionScene.cookie, to: theirs.cookies[ConversionScene.cookie])
                let before = try scene.server.database.accountRows()
                let answer = try await scene.finish(browser, at: target, state: state)
                #expect(answer.status == victim.status && answer.isJSON && !answer.opensSession, "\(answer)")
                #expect(try scene.server.database.accountRows() == before)
                #expect(try scene.loginType(of: stranger) == "password")
            }
        }
    }

    @Test("a conversion's state without its cookie signs nobody in", arguments: Backend.allCases, Target.allCases)
    func withoutCookie(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            #expect(try await scene.signIn(Browser(scene.server), at: target).status == 307)
            let before = try scene.server.database.accountRows()
            for state in ["convert-0123456789abcdefghijklmnopqrstuv", "convert-"] {
                let answer = try await scene.finish(Browser(scene.server), at: target, state: state)
                #expect(answer.status == 400 && answer.isJSON && !answer.opensSession, "\(state) \(answer)")
                #expect(try scene.server.database.accountRows() == before)
            }
        }
    }

    @Test(
        "a conversion's cookie without its state is an ordinary sign-in", arguments: Backend.allCases,
        Target.allCases)
    func withoutState(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            _ = try await scene.begin(browser, to: target)
            let before = try scene.server.database.accountRows()
            let answer = try await scene.signIn(browser, at: target)
            #expect(answer.status == 403 && answer.isPage && !answer.opensSession, "\(answer)")
            #expect(try scene.server.database.accountRows() == before)
        }
    }

    @Test("the cookie of one user does not convert another", arguments: Backend.allCases, Target.allCases)
    func otherUser(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            let bert = try await scene.server.person("bert", by: owner)
            let berts = scene.browser(of: bert)
            let state = try await scene.begin(berts, to: target)
            // The owner's identity at the provider, the owner's session, bert's proof.
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            browser.set(ConversionScene.cookie, to: berts.cookies[ConversionScene.cookie])
            let before = try scene.server.database.accountRows()
            let answer = try await scene.finish(browser, at: target, state: state)
            #expect(answer.status == 403 && answer.isJSON && !answer.opensSession, "\(answer)")
            #expect(try scene.server.database.accountRows() == before)
        }
    }
}
