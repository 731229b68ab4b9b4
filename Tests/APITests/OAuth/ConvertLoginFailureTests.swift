import API
import HTTP
import JSON
import TestSupport
import Testing

/// Conversions that do not end well: auth.md §7, cases 170 and 171 of §14; decisions.md #10, #11.
@Suite struct ConvertLoginFailureTests {
    typealias Target = ConversionScene.Target

    enum Fault: CaseIterable, Sendable {
        case otherEmail, noCookie, emptyCookie, expired, otherState, otherTarget, suspended
        case providerFails

        var status: Int {
            switch self {
            case .otherEmail, .noCookie, .emptyCookie: 400
            case .expired, .providerFails: 500
            case .otherState, .otherTarget, .suspended: 403
            }
        }
    }

    private static func finish(
        _ fault: Fault, _ scene: ConversionScene, _ browser: Browser, _ target: Target, _ owner: TestServer.Person
    ) async throws -> Answer {
        var state = try await scene.begin(browser, to: fault == .otherTarget ? target.other : target)
        switch fault {
        case .otherEmail: scene.providersKnow("other@usersd.test")
        case .noCookie: browser.set(ConversionScene.cookie, to: nil)
        case .emptyCookie: browser.set(ConversionScene.cookie, to: "")
        case .expired: scene.server.clock.advance(seconds: 301)
        case .otherState: state = "convert-0123456789abcdefghijklmnopqrstuv"
        case .otherTarget: break
        case .suspended: try scene.server.database.setStatus("suspended", of: owner.id)
        case .providerFails:
            scene.github.fail(scene.github.api("/user"), .internalServerError)
            scene.oidc.fail("/userinfo", .internalServerError)
        }
        let before = try scene.server.database.accountRows()
        let answer = try await scene.finish(browser, at: target, state: state)
        #expect(try scene.server.database.accountRows() == before, "\(fault)")
        return answer
    }

    @Test("170, 171: nothing changes and no cookie is cleared", arguments: Backend.allCases, Fault.allCases)
    func failure(on backend: Backend, fault: Fault) async throws {
        for target in Target.allCases {
            try await ConversionScene.with(backend) { scene async throws in
                let owner = try await scene.server.owner()
                scene.providersKnow(owner.email)
                let browser = scene.browser(of: owner)
                let answer = try await Self.finish(fault, scene, browser, target, owner)
                #expect(answer.status == fault.status && !answer.opensSession, "\(target) \(answer)")
                #expect(fault == .suspended || answer.isJSON)
                if fault == .otherEmail { #expect(answer.body.contains("other@usersd.test"), "\(answer)") }
                let cookies = answer.header("Set-Cookie")
                #expect(!cookies.contains { $0.hasPrefix(ConversionScene.cookie) || $0.hasPrefix(Browser.session) })
                #expect(browser.cookies[Browser.session] == owner.token)
                if fault != .suspended { #expect(try await scene.passwordLogin(owner.email).status == 201) }
            }
        }
    }

    /// The identity comes first in the contract's table, before the cookie is looked at.
    @Test("170: an identity without a user goes before an expired cookie", arguments: Backend.allCases, Target.allCases)
    func order(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let browser = scene.browser(of: try await scene.server.owner())
            let state = try await scene.begin(browser, to: target)
            scene.providersKnow("other@usersd.test")
            scene.server.clock.advance(seconds: 301)
            let answer = try await scene.finish(browser, at: target, state: state)
            #expect(answer.status == 400 && answer.body.contains("other@usersd.test"), "\(answer)")
        }
    }

    @Test("171: after a failure the conversion can still end", arguments: Backend.allCases, Target.allCases)
    func again(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow("other@usersd.test")
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: target)
            #expect(try await scene.finish(browser, at: target, state: state).status == 400)
            scene.providersKnow(owner.email)
            scene.server.clock.advance(seconds: 299)
            #expect(try await scene.finish(browser, at: target, state: state).status == 307)
            #expect(try scene.loginType(of: owner) == target.rawValue)
        }
    }

    @Test(
        "170: a conversion ends once: its cookie and state are worth nothing afterwards",
        arguments: Backend.allCases, Target.allCases)
    func replay(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: target)
            let cookie = browser.cookies[ConversionScene.cookie]
            #expect(try await scene.finish(browser, at: target, state: state).status == 307)
            let thief = Browser(scene.server)
            thief.set(ConversionScene.cookie, to: cookie)
            for place in Target.allCases {
                let answer = try await scene.finish(thief, at: place, state: state)
                #expect(answer.status == 403 && !answer.opensSession, "\(place) \(answer)")
            }
            #expect(try scene.loginType(of: owner) == target.rawValue)
        }
    }

    @Test(
        "decisions.md #10: a link to another subject is not overwritten", arguments: Backend.allCases,
        Target.allCases)
    func linkedElsewhere(on backend: Backend, target: Target) async throws {
        try await ConversionScene.with(backend) { scene async throws in
            let owner = try await scene.server.owner()
            scene.providersKnow(owner.email)
            let columns = "INSERT INTO user_links (user_id, login_type, linked_id) VALUES"
            try scene.server.database.sql("\(columns) ('\(owner.id)', '\(target.rawValue)', 'another')")
            let browser = scene.browser(of: owner)
            let state = try await scene.begin(browser, to: target)
            let before = try scene.server.database.accountRows()
            let answer = try await scene.finish(browser, at: target, state: state)
            #expect(answer.status == 403 && !answer.opensSession, "\(answer)")
            #expect(try scene.server.database.accountRows() == before)
        }
    }
}
