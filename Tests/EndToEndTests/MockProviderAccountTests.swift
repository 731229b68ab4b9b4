import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Who an identity is, once there are accounts (auth.md §8.4, §8.5; decisions.md #10, #11).
    @Suite(.serialized) struct MockProviderAccountTests {
        private static func claims(_ email: String, _ more: String = "") -> String {
            #"{"email":"\#(email)","email_verified":true\#(more)}"#
        }

        private static func expectPage(
            _ way: Way, _ title: String, location: SourceLocation = #_sourceLocation
        ) {
            #expect(way.status == 403 && way.session == nil, "\(way)", sourceLocation: location)
            #expect(
                way.body.contains("<!doctype html>") && way.body.contains(title), "\(way)", sourceLocation: location)
        }

        @Test(
            "a later sign-in overwrites e-mail, name and picture, never the user name (153, 154)",
            arguments: Backend.allCases)
        func later(on backend: Backend) async throws {
            try await MockProvider.with(backend) { mock in
                let first = try await mock.signIn(
                    "ana",
                    Self.claims(
                        "ana@usersd.test",
                        #","preferred_username":"ana","name":"Ana","picture":"https://p.usersd.test/1","groups":["x"]"#)
                )
                let id = try mock.server.me(first).json?["id"]?.text
                #expect(id != nil)
                let second = try await mock.signIn(
                    "ana", Self.claims("new@usersd.test", #","preferred_username":"anna""#))
                let me = try mock.server.me(second).json
                #expect(me?["id"]?.text == id)
                for (field, value) in [
                    ("email", "new@usersd.test"), ("username", "ana"), ("name", ""), ("avatar_url", ""),
                ] {
                    #expect(me?[field]?.text ?? "" == value, "\(field)")
                }
                let claims = try mock.server.send("GET", "/api/v2/users/oidc-claims", token: second.session)
                #expect(claims.json?["claims"]?["preferred_username"]?.text == "anna", "\(claims)")
                #expect(claims.json?["claims"]?["groups"] == nil)
                #expect(try mock.server.me(first).status == 200)
                #expect(try mock.database.emails() == ["new@usersd.test", "owner@usersd.test"])
            }
        }

        @Test("whose account it is not (155, 129, 134)", arguments: Backend.allCases)
        func foreign(on backend: Backend) async throws {
            try await MockProvider.with(backend) { mock in
                let owner = try mock.server.signIn()
                let ana = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                let before = try mock.database.sql("SELECT linked_id, oauth_access_token FROM user_links")
                Self.expectPage(
                    try await mock.signIn("thief", Self.claims("ANA@usersd.test")), "Account already linked")
                let password = try await mock.signIn("pat", Self.claims("owner@usersd.test"))
                Self.expectPage(password, "Incorrect login type")
                #expect(password.body.contains("password"))
                #expect(try mock.server.create("none", token: owner).status == 201)
                Self.expectPage(
                    try await mock.signIn("nobody", Self.claims("none@usersd.test")), "Incorrect login type")
                #expect(try mock.database.sql("SELECT linked_id, oauth_access_token FROM user_links") == before)
                // Her e-mail at the provider is now somebody else's here.
                let moved = try await mock.signIn("ana", Self.claims("owner@usersd.test"))
                #expect(moved.status >= 400 && moved.session == nil, "\(moved)")
                #expect(try mock.server.me(ana).json?["email"]?.text == "ana@usersd.test")
            }
        }

        @Test(
            "suspended: refused and nothing written; dormant: woken; deleted: another account (157, 158, 132)",
            arguments: Backend.allCases)
        func statuses(on backend: Backend) async throws {
            try await MockProvider.with(backend) { mock in
                let owner = try mock.server.signIn()
                let ana = try await mock.signIn("ana", Self.claims("ana@usersd.test", #","name":"Ana""#))
                let id = try #require(try mock.server.me(ana).json?["id"]?.text)
                #expect(try mock.server.send("PUT", "/api/v2/users/\(id)/status/suspend", token: owner).status == 200)
                let keys = try mock.database.sql("SELECT count(*) FROM api_keys")
                Self.expectPage(
                    try await mock.signIn("ana", Self.claims("ana@usersd.test", #","name":"X""#)), "Account suspended")
                #expect(try mock.database.sql("SELECT count(*) FROM api_keys") == keys)
                #expect(try mock.server.send("GET", "/api/v2/users/\(id)", token: owner).json?["name"]?.text == "Ana")

                try mock.database.sql("UPDATE users SET status = 'dormant' WHERE email = 'ana@usersd.test'")
                let woken = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                #expect(try mock.server.me(woken).json?["status"]?.text == "active", "\(woken)")

                #expect(try mock.server.send("DELETE", "/api/v2/users/\(id)", token: owner).status == 200)
                #expect(try mock.server.me(woken).status == 401)
                let again = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                let me = try mock.server.me(again)
                #expect(me.status == 200 && me.json?["id"] != nil && me.json?["id"]?.text != id, "\(me)")
            }
        }

        @Test(
            "sign-ups off: the operator's words, or ours; who has an account gets in (159)", arguments: Backend.allCases
        )
        func signUpsOff(on backend: Backend) async throws {
            let words = "Ask **Ana** <script>alert(1)</script>"
            for (arguments, fragments) in [
                ([], ["administrator"]),
                (["--oidc-signups-disabled-text", words], ["<strong>Ana</strong>", "&lt;script&gt;"]),
            ] {
                try await MockProvider.with(backend, ["--oidc-allow-signups=false"] + arguments) { mock in
                    let way = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                    Self.expectPage(way, "Signups are disabled")
                    for fragment in fragments { #expect(way.body.contains(fragment), "\(way)") }
                    #expect(!way.body.contains("<script>alert"))
                    // An account of this login type that an owner made, without a link (156).
                    let owner = try mock.server.signIn()
                    let made = try mock.server.send(
                        "POST", "/api/v2/users", token: owner,
                        body: """
                            {"username":"ana","email":"ana@usersd.test","login_type":"oidc","user_status":"active",\
                            "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                            """)
                    #expect(made.status == 201, "\(made)")
                    let again = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                    #expect(try mock.server.me(again).json?["id"] == made.json?["id"], "\(again)")
                    #expect(
                        try mock.database.sql("SELECT linked_id FROM user_links")
                            == [["\(mock.provider.issuer)||ana"]])
                }
            }
        }

        @Test("the first user may sign up although sign-ups are off, and is the owner", arguments: Backend.allCases)
        func first(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                try await PythonProvider.with("mock_provider.py") { provider in
                    let server = try await RunningServer.start(
                        database, issuer: provider.issuer,
                        ["--oidc-client-secret", "any", "--oidc-allow-signups=false"])
                    let mock = MockProvider(provider: provider, server: server, database: database)
                    let way = try await mock.signIn("ana", Self.claims("ana@usersd.test"))
                    #expect(
                        try server.me(way).json?["roles"]?.elements.compactMap { $0["name"]?.text } == ["owner"],
                        "\(way)")
                    Self.expectPage(
                        try await mock.signIn("bea", Self.claims("bea@usersd.test")), "Signups are disabled")
                    #expect(try await server.stop() == 0)
                }
            }
        }
    }
}
