import API
import JSON
import TestSupport
import Testing

/// `/login/device`: GitHub's device flow for people (auth.md §8.3).
@Suite struct DevicePageTests {
    @Test("the code is shown; the button waits until GitHub has it", arguments: Backend.allCases)
    func whole(on backend: Backend) async throws {
        try await FakeGitHub.with { github in
            github.configure { $0.deviceSteps = [.pending, .slowDown, .granted] }
            try await TestServer.with(backend, providers: github.github { $0.usesDeviceFlow = true }) { server in
                let browser = Browser(server)
                let start = try await browser.get("\(Browser.githubCallback)?redirect=%2Fcli-auth")
                let page = try await browser.get(try #require(start.header("Location").first))
                #expect(page.status == 200 && page.body.contains("<output aria-label=\"Code\""), "\(page)")
                var shown = page
                for text in ["GitHub does not have the code yet.", "GitHub asks for a pause."] {
                    shown = try await PageForm(shown).send(by: browser)
                    #expect(shown.status == 200 && shown.body.contains(text), "\(shown)")
                    server.clock.advance(seconds: 15)
                }
                let done = try await PageForm(shown).send(by: browser)
                #expect(done.status == 303 && done.header("Location") == ["/cli-auth"], "\(done)")
                #expect(try await browser.user()?["login_type"]?.text == "github")
            }
        }
    }

    @Test("a flow of another browser goes nowhere; refusals end on a page")
    func refusals() async throws {
        try await FakeGitHub.with { github in
            try await TestServer.with(.sqlite, providers: github.github { $0.usesDeviceFlow = true }) { server in
                let browser = Browser(server)
                let start = try await browser.get(Browser.githubCallback)
                let location = try #require(start.header("Location").first)
                let stranger = Browser(server)
                #expect(try await stranger.get(location).status == 400)
                github.configure { $0.deviceSteps = [.denied] }
                let page = try await browser.get(location)
                let answer = try await PageForm(page).send(by: browser)
                #expect(answer.status == 500 && answer.body.contains("access_denied"), "\(answer)")
                #expect(browser.cookies[Browser.session] == nil)
            }
        }
    }

    @Test("without the device flow there is no such page")
    func off() async throws {
        try await FakeGitHub.with { github in
            try await TestServer.with(.sqlite, providers: github.github()) { server in
                let browser = Browser(server)
                browser.set("oauth_state", to: "s")
                let page = try await browser.get("/login/device?state=s")
                #expect(page.status == 400)
            }
        }
    }
}
