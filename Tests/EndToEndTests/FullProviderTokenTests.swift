import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// The provider's tokens behind a session, and a provider that goes away (auth.md §9.5, §9.6).
    @Suite(.serialized) struct FullProviderTokenTests {
        /// Where access tokens hardly live, userinfo may find them dead.
        private static let idTokenOnly = ["--oidc-ignore-userinfo"]

        private static func tokens(_ full: FullProvider) throws -> [String] {
            try full.database.sql("SELECT oauth_access_token, oauth_refresh_token FROM user_links").joined()
                .map { $0 ?? "" }
        }

        @Test(
            "an expired token is renewed while the session goes on; a refused renewal ends it, signing in begins another",
            arguments: Backend.allCases)
        func refresh(on backend: Backend) async throws {
            try await FullProvider.with(backend, tokenSeconds: 1, Self.idTokenOnly) { full in
                let way = try await FullProvider.ana.signIn(at: full.server)
                let first = try Self.tokens(full)
                #expect(first.count == 2 && !first.contains(""))
                // Twice: the second renewal has only what the first one brought.
                var seen = first
                for _ in 0..<2 {
                    let before = seen
                    seen = try await eventually("the provider's token is renewed") {
                        let answer = try full.server.me(way)
                        guard answer.status == 200 else { throw SupportFault("the session ended: \(answer)") }
                        let now = try Self.tokens(full)
                        return now == before ? nil : now
                    }
                    #expect(seen[0] != before[0] && seen[1] != before[1])
                }

                // Once more: a refresh token that the provider did not give.
                try full.database.sql("UPDATE user_links SET oauth_refresh_token = 'made-up'")
                let refused = try await eventually("the session ends") {
                    let answer = try full.server.me(way)
                    return answer.status == 200 ? nil : answer
                }
                #expect(refused.status == 401, "\(refused)")
                #expect(refused.json?["message"]?.text?.contains("refresh") == true, "\(refused)")
                #expect(refused.json?["detail"]?.text?.contains("invalid_grant") == true, "\(refused)")
                #expect(refused.header("WWW-Authenticate")?.contains("invalid_token") == true)
                #expect(!refused.body.contains("made-up"))

                let again = try await FullProvider.ana.signIn(at: full.server)
                #expect(try full.server.me(again).status == 200)
                #expect(try full.database.emails() == ["ana@usersd.test"])
            }
        }

        @Test("many requests at once renew a token once: a provider that rotates would take the second for a theft")
        func refreshAtOnce() async throws {
            try await FullProvider.with(.postgres, tokenSeconds: 1, Self.idTokenOnly) { full in
                let way = try await FullProvider.ana.signIn(at: full.server)
                let before = try Self.tokens(full)
                try await Task.sleep(for: .milliseconds(1_100))
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try full.server.me(way).status } }
                    var statuses: [Int] = []
                    for try await status in group { statuses.append(status) }
                    return statuses
                }
                #expect(statuses == Array(repeating: 200, count: 8))
                #expect(try Self.tokens(full) != before)
            }
        }

        @Test(
            "a provider that stops: sessions go on, a new sign-in is refused cleanly and whatever else works",
            arguments: Backend.allCases)
        func stopped(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let known = try await FullProvider.ana.signIn(at: full.server)
                let halfway = try await FullProvider.bea.signIn(at: full.server, "", ["--stop"])
                try await full.provider.stop()

                #expect(try full.server.me(known).status == 200)
                #expect(
                    try full.server.send("GET", "/api/v2/users/authmethods").json?["oidc"]?["enabled"] == .bool(true))

                // The person was on the provider's pages when it stopped.
                let answer = try full.server.send(
                    "GET", try #require(halfway.callback), cookies: cookieField(halfway.cookies))
                #expect(answer.status == 500, "\(answer)")
                #expect(answer.json?["message"]?.text?.isEmpty == false && answer.json?["detail"]?.text != nil)
                #expect(!answer.head.contains("coder_session_token"))
                for secret in [
                    Query(halfway.callback ?? "")["code"], halfway.cookies["oauth_pkce_verifier"],
                    RunningServer.clientSecret,
                ] {
                    #expect(!answer.body.contains(try #require(secret)))
                }

                // usersd still sends people there; nobody answers.
                let new = try await FullProvider.bea.signIn(at: full.server)
                #expect(new.callback == nil && new.session == nil && new.trouble?.contains("refused") == true, "\(new)")
                #expect(try full.server.me(known).status == 200)
                #expect(try full.database.emails() == ["ana@usersd.test"])
            }
        }

        @Test("a token that expires while the provider is away: try again later, and the session is not lost")
        func expiredWhileStopped() async throws {
            try await FullProvider.with(.sqlite, tokenSeconds: 1, Self.idTokenOnly) { full in
                let way = try await FullProvider.ana.signIn(at: full.server)
                try await full.provider.stop()
                let answer = try await eventually("the token expires") {
                    let answer = try full.server.me(way)
                    return answer.status == 200 ? nil : answer
                }
                #expect(answer.status == 503 && answer.header("Retry-After") != nil, "\(answer)")
                #expect(try full.database.sql("SELECT count(*) FROM api_keys") == [["1"]])
            }
        }
    }
}
