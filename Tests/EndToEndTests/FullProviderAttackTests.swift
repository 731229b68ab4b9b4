import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// What somebody may try with the URL that the provider sent a person back to (auth.md §8.1; RFC 9700 §4).
    @Suite(.serialized) struct FullProviderAttackTests {
        /// A flow up to the callback, which is not made.
        private static func stopped(_ person: Person, _ full: FullProvider) async throws -> Way {
            let way = try await person.signIn(at: full.server, "", ["--stop"])
            guard way.callback != nil else { throw SupportFault("the provider sent nobody back: \(way)") }
            return way
        }

        private static func code(_ way: Way) -> String { Query(way.callback ?? "")["code"] ?? "" }

        /// Neither a session nor a 2xx or 3xx, and nothing secret.
        private static func expectRefusal(
            _ answer: Reply, _ status: Int, of ways: Way..., location: SourceLocation = #_sourceLocation
        ) {
            #expect(answer.status == status, "\(answer)", sourceLocation: location)
            #expect(!answer.head.contains("coder_session_token"), sourceLocation: location)
            #expect(answer.json?["message"]?.text?.isEmpty == false, "\(answer)", sourceLocation: location)
            for secret in ways.flatMap({ [code($0), $0.cookies["oauth_pkce_verifier"] ?? "-"] }) {
                #expect(!answer.body.contains(secret), sourceLocation: location)
            }
        }

        @Test("a code works once", arguments: Backend.allCases)
        func replay(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let way = try await Self.stopped(FullProvider.ana, full)
                let callback = try #require(way.callback)
                let first = try full.server.send("GET", callback, cookies: cookieField(way.cookies))
                #expect(first.status == 307 && first.head.contains("coder_session_token="), "\(first)")
                let second = try full.server.send("GET", callback, cookies: cookieField(way.cookies))
                Self.expectRefusal(second, 500, of: way)
                #expect(second.json?["detail"]?.text?.contains("invalid_grant") == true, "\(second)")
                #expect(try full.database.sql("SELECT count(*) FROM api_keys") == [["1"]])
                #expect(!full.server.process.log.contains(Self.code(way)))
                #expect(!full.server.process.log.contains(way.cookies["oauth_pkce_verifier"] ?? ""))
            }
        }

        @Test("a code in another flow: the provider refuses the other verifier", arguments: Backend.allCases)
        func injection(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let stolen = try await Self.stopped(FullProvider.ana, full)
                let own = try await Self.stopped(FullProvider.bea, full)
                // The thief's state and cookies, the other's code.
                let callback = try #require(own.callback).replacing(Self.code(own), with: Self.code(stolen))
                Self.expectRefusal(
                    try full.server.send("GET", callback, cookies: cookieField(own.cookies)), 500, of: stolen, own)
                // The flow's own state, the other's verifier.
                let other = try await Self.stopped(FullProvider.ana, full)
                var cookies = other.cookies
                cookies["oauth_pkce_verifier"] = own.cookies["oauth_pkce_verifier"]
                Self.expectRefusal(
                    try full.server.send("GET", try #require(other.callback), cookies: cookieField(cookies)), 500,
                    of: other, own)
                #expect(try full.database.emails() == [])
                // It was the mixture that was wrong: the untouched flow is good.
                let whole = try full.server.send(
                    "GET", try #require(own.callback), cookies: cookieField(own.cookies))
                #expect(whole.status == 307, "\(whole)")
                #expect(try full.database.emails() == ["bea@usersd.test"])
            }
        }

        struct Change: Sendable, CustomStringConvertible {
            let description: String
            let status: Int
            let change: @Sendable (_ callback: inout String, _ cookies: inout [String: String]) -> Void
        }

        static let changes: [Change] = [
            Change(description: "no cookies: a callback that was sent to somebody else", status: 401) { $1 = [:] },
            Change(description: "no state cookie", status: 401) { $1["oauth_state"] = nil },
            Change(description: "the state cookie of another flow", status: 401) {
                $1["oauth_state"] = String(repeating: "a", count: 32)
            },
            Change(description: "no state", status: 400) { callback, _ in
                callback = callback.replacing(#/state=[^&]*/#, with: "state=")
            },
            Change(description: "another state", status: 401) { callback, _ in
                callback = callback.replacing(#/state=[^&]*/#, with: "state=x")
            },
            Change(description: "no verifier", status: 400) { $1["oauth_pkce_verifier"] = nil },
            Change(description: "a verifier of one's own", status: 500) {
                $1["oauth_pkce_verifier"] = String(repeating: "v", count: 43)
            },
            Change(description: "a code of one's own", status: 500) { callback, _ in
                callback = callback.replacing(#/code=[^&]*/#, with: "code=guessed")
            },
            Change(description: "an answer of another issuer", status: 400) { callback, _ in
                callback = callback.replacing(#/&iss=[^&]*/#, with: "") + "&iss=http%3A%2F%2F127.0.0.1%3A1"
            },
        ]

        @Test("a callback that was changed on its way signs nobody in")
        func changed() async throws {
            try await FullProvider.with(.sqlite) { full in
                for row in Self.changes {
                    let way = try await Self.stopped(FullProvider.ana, full)
                    var (callback, cookies) = (try #require(way.callback), way.cookies)
                    row.change(&callback, &cookies)
                    #expect(callback != way.callback || cookies != way.cookies, "\(row)")
                    let answer = try full.server.send("GET", callback, cookies: cookieField(cookies))
                    #expect(answer.status == row.status, "\(row): \(answer)")
                    #expect(!answer.head.contains("coder_session_token"), "\(row)")
                    #expect(answer.header("WWW-Authenticate") == nil, "\(row)")
                }
                #expect(try full.database.emails() == [])
            }
        }
    }
}
