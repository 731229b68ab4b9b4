import API
import HTTP
import JSON
import TestSupport
import Testing

/// A GitHub, or an Enterprise server, that answers what it should not (auth.md §8.2).
@Suite struct HostileGitHubTests {
    private static func expectRefused(
        _ backend: Backend, _ path: String, _ statuses: Set<Int>, _ spoil: @escaping @Sendable (FakeGitHub) -> Void
    ) async throws {
        try await TestServer.withGitHub(
            backend,
            {
                $0.allowsEveryone = false
                $0.allowedOrganizations = ["coder"]
            }
        ) { server, github async throws in
            github.configure { $0.account.memberships = [.init("coder")] }
            spoil(github)
            let answer = try await Browser(server).signIn(Browser.githubCallback, at: github)
            #expect(statuses.contains(answer.status) && answer.isJSON && !answer.opensSession, "\(path) \(answer)")
            #expect(try server.database.liveUsers() == "0")
            // The server is well, and so is GitHub once it comes to its senses.
            github.pad(github.api(path), toBytes: 0)
            github.pad(path, toBytes: 0)
            github.answer(github.api(path), with: nil)
            github.answer(path, with: nil)
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
        }
    }

    @Test(
        "an answer of 10 MiB is 500", arguments: Backend.allCases,
        [FakeGitHub.tokenPath, "/user", "/user/emails", "/user/memberships/orgs"])
    func huge(on backend: Backend, path: String) async throws {
        try await Self.expectRefused(backend, path, [500]) { github in
            github.pad(path == FakeGitHub.tokenPath ? path : github.api(path), toBytes: 10 << 20)
        }
    }

    @Test(
        "an answer that is no JSON is 500", arguments: Backend.allCases,
        ["", "<html>", "{", #"{"id":4711}{"id":4711}"#, "\u{feff}{}", String(repeating: "[", count: 100_000)])
    func noJSON(on backend: Backend, body: String) async throws {
        for path in ["/user", "/user/emails"] {
            try await Self.expectRefused(backend, path, [500]) { github in
                github.answer(github.api(path), with: CannedAnswer(.ok, body))
            }
        }
    }

    @Test(
        "a user without a number for an id is 500", arguments: Backend.allCases,
        [
            "0", "-0", "null", #""4711""#, "true", "[]", "4711.5", "1e400", "18446744073709551617",
            "9223372036854775808",
        ])
    func id(on backend: Backend, id: String) async throws {
        try await Self.expectRefused(backend, "/user", [500]) { github in
            let body = #"{"login":"octo","id":\#(id),"name":null,"avatar_url":""}"#
            github.answer(github.api("/user"), with: CannedAnswer(.ok, body))
        }
    }

    @Test("a user that is no object is 500", arguments: Backend.allCases, ["[]", "null", "7", #""octo""#, "{}"])
    func user(on backend: Backend, body: String) async throws {
        try await Self.expectRefused(backend, "/user", [500]) { github in
            github.answer(github.api("/user"), with: CannedAnswer(.ok, body))
        }
    }

    /// The contract has 400 for no e-mail and 500 for an empty one; both refuse.
    @Test(
        "an e-mail that is none is refused", arguments: Backend.allCases,
        [
            #"[{"email":null,"primary":true,"verified":true}]"#, #"[{"email":"","primary":true,"verified":true}]"#,
            #"[{"email":7,"primary":true,"verified":true}]"#, #"[{"primary":true,"verified":true}]"#,
            #"[{"email":"a@x.test","primary":"true","verified":"true"}]"#,
            #"[{"email":"a@x.test","primary":1,"verified":1}]"#, #"[null,7,"x",[]]"#, "{}", "null", "[]",
        ])
    func email(on backend: Backend, body: String) async throws {
        try await Self.expectRefused(backend, "/user/emails", [400, 500]) { github in
            github.answer(github.api("/user/emails"), with: CannedAnswer(.ok, body))
        }
    }

    @Test(
        "a token that would become a header line of its own is 500", arguments: Backend.allCases,
        [#"gho_x\r\nX-Evil: 1"#, #"gho\u0000x"#, #"gho\nx"#])
    func token(on backend: Backend, token: String) async throws {
        try await Self.expectRefused(backend, FakeGitHub.tokenPath, [500]) { github in
            let body = #"{"access_token":"\#(token)","token_type":"bearer"}"#
            github.answer(FakeGitHub.tokenPath, with: CannedAnswer(.ok, body))
        }
    }

    @Test(
        "NUL in what GitHub says is refused or taken out, never stored", arguments: Backend.allCases,
        ["name", "avatar_url", "email"])
    func nul(on backend: Backend, field: String) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            github.configure {
                if field == "name" { $0.account.name = "a\u{0}b" }
                if field == "avatar_url" { $0.account.avatarURL = "https://x.test/\u{0}" }
                if field == "email" { $0.account.emails = [.init("a\u{0}b@x.test")] }
            }
            let browser = Browser(server)
            let answer = try await browser.signIn(Browser.githubCallback, at: github)
            if answer.status == 307 {
                let user = try #require(try await browser.user())
                let stored = Array((user[field]?.text ?? "").utf8)
                #expect(!stored.contains(0), "\(field)")
            } else {
                #expect([400, 500].contains(answer.status) && answer.isJSON && !answer.opensSession, "\(answer)")
                #expect(try server.database.liveUsers() == "0")
            }
        }
    }
}
