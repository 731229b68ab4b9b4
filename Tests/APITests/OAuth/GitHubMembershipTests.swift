import API
import HTTP
import JSON
import TestSupport
import Testing

/// Who may come from GitHub: auth.md §8.2 steps 1 and 3, cases 124–126 of §14.
@Suite struct GitHubMembershipTests {
    typealias Membership = FakeGitHubAccount.Membership
    typealias Team = FakeGitHubAccount.Team

    private static func restrict(
        _ settings: inout GitHubSettings, to organizations: [String] = ["coder", "second"],
        teams: [GitHubSettings.Team] = []
    ) {
        settings.allowsEveryone = false
        settings.allowedOrganizations = organizations
        settings.allowedTeams = teams
    }

    private static func expectRefusal(_ answer: Answer, _ server: TestServer) throws {
        #expect(answer.status == 401 && answer.isPage && !answer.opensSession, "\(answer)")
        #expect(answer.header("WWW-Authenticate").isEmpty)
        let location = try #require(answer.header("Location").first)
        #expect(location.hasPrefix("/login?message="), "\(location)")
        #expect(answer.locationItem("message")?.isEmpty == false)
        #expect(answer.locationItem("redirect") == "/workspaces?a=b")
        #expect(try server.database.liveUsers() == "0")
    }

    @Test(
        "124, 125: active membership in an allowed organization, by its exact name", arguments: Backend.allCases,
        [
            ([], false), ([Membership("other")], false), ([Membership("coder", state: "pending")], false),
            ([Membership("Coder"), Membership("SECOND")], false), ([Membership("coder-2"), Membership("code")], false),
            ([Membership("coder", state: "pending"), Membership("other")], false),
            ([Membership("coder")], true), ([Membership("other"), Membership("second")], true),
        ])
    func organizations(on backend: Backend, _ row: (memberships: [Membership], isLetIn: Bool)) async throws {
        for ignoresFilter in [false, true] {
            try await TestServer.withGitHub(backend, { Self.restrict(&$0) }) { server, github async throws in
                github.configure {
                    $0.account.memberships = row.memberships
                    $0.ignoresStateFilter = ignoresFilter
                }
                let answer = try await Browser(server).signIn(
                    Browser.githubCallback, "redirect=%2Fworkspaces%3Fa%3Db", at: github)
                if row.isLetIn {
                    #expect(answer.status == 307 && answer.opensSession, "\(answer)")
                } else {
                    try Self.expectRefusal(answer, server)
                }
                let asked = try #require(github.asked(github.api("/user/memberships/orgs")).first)
                #expect(asked.query.first("state") == "active" && asked.query.first("per_page") == "100")
            }
        }
    }

    @Test("124: with the device flow the refusal is JSON", arguments: Backend.allCases)
    func device(on backend: Backend) async throws {
        try await TestServer.withGitHub(
            backend,
            {
                Self.restrict(&$0)
                $0.usesDeviceFlow = true
            }
        ) { server, github async throws in
            let answer = try await DeviceSteps(Browser(server)).signIn()
            #expect(answer.status == 401 && answer.isJSON && answer.message == "Unauthorized", "\(answer)")
            #expect(answer.detail?.isEmpty == false && answer.header("Location").isEmpty && !answer.opensSession)
            #expect(answer.header("WWW-Authenticate").isEmpty)
        }
    }

    @Test(
        "126: an allowed team of a matched organization; its state is not looked at", arguments: Backend.allCases,
        [
            (["coder"], [], false), (["coder"], [Team("coder", "frontend")], false),
            (["coder"], [Team("coder", "backend")], true),
            (["coder"], [Team("coder", "backend", state: "pending")], true),
            (["coder", "second"], [Team("second", "ops")], true),
            // The team's organization is none of the person's.
            (["coder"], [Team("second", "ops")], false), (["coder", "second"], [Team("second", "backend")], false),
        ])
    func teams(on backend: Backend, _ row: (memberships: [String], teams: [Team], isLetIn: Bool)) async throws {
        try await TestServer.withGitHub(
            backend,
            {
                Self.restrict(
                    &$0,
                    teams: [.init(organization: "coder", slug: "backend"), .init(organization: "second", slug: "ops")])
            }
        ) { server, github async throws in
            github.configure {
                $0.account.memberships = row.memberships.map { Membership($0) }
                $0.account.teams = row.teams
            }
            let answer = try await Browser(server).signIn(
                Browser.githubCallback, "redirect=%2Fworkspaces%3Fa%3Db", at: github)
            if row.isLetIn {
                #expect(answer.status == 307 && answer.opensSession, "\(answer)")
            } else {
                try Self.expectRefusal(answer, server)
            }
        }
    }

    @Test("126: a team that cannot be read is a no; memberships that cannot are 500", arguments: Backend.allCases)
    func upstream(on backend: Backend) async throws {
        let team = GitHubSettings.Team(organization: "coder", slug: "backend")
        try await TestServer.withGitHub(backend, { Self.restrict(&$0, teams: [team]) }) { server, github async throws in
            github.configure {
                $0.account.memberships = [.init("coder")]
                $0.account.teams = [.init("coder", "backend")]
            }
            github.fail(github.api("/orgs/coder/teams/backend/memberships/octo_ana"), .internalServerError)
            let query = "redirect=%2Fworkspaces%3Fa%3Db"
            try Self.expectRefusal(
                try await Browser(server).signIn(Browser.githubCallback, query, at: github), server)
            github.fail(github.api("/user/memberships/orgs"), .forbidden)
            let broken = try await Browser(server).signIn(Browser.githubCallback, query, at: github)
            #expect(broken.status == 500 && broken.isJSON && !broken.opensSession, "\(broken)")
        }
    }

    @Test("allow-everyone asks for no memberships", arguments: Backend.allCases)
    func everyone(on backend: Backend) async throws {
        try await TestServer.withGitHub(backend) { server, github async throws in
            #expect(try await Browser(server).signIn(Browser.githubCallback, at: github).status == 307)
            #expect(github.count(github.api("/user/memberships/orgs")) == 0)
        }
    }
}
