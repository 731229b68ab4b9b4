import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Signing in through a whole provider: its login page, its consent page, PKCE (auth.md §8).
    @Suite(.serialized) struct FullProviderTests {
        @Test(
            "sign-up, and sign-in again: the cookie is a session, the account is one, the claims can be read",
            arguments: Backend.allCases)
        func signsIn(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let server = full.server
                let way = try await FullProvider.ana.signIn(at: server, "?redirect=%2Fworkspaces%3Fa%3Db")
                #expect(way.status == 307 && way.location == "/workspaces?a=b" && way.trouble == nil, "\(way)")
                let token = try #require(way.session)
                #expect(token.wholeMatch(of: #/[0-9A-Za-z]{10}-[0-9A-Za-z]{22}/#) != nil)

                let me = try server.me(way)
                #expect(me.status == 200, "\(me)")
                for (field, value) in [
                    ("username", "ana"), ("email", "ana@usersd.test"), ("name", "Ana B"), ("login_type", "oidc"),
                    ("status", "active"), ("avatar_url", ""),
                ] {
                    #expect(me.json?[field]?.text ?? "" == value, "\(field): \(me)")
                }
                #expect(me.json?["roles"]?.elements.compactMap { $0["name"]?.text } == ["owner"])
                #expect(me.json?["organization_ids"]?.elements.count == 1)
                #expect(try server.send("GET", "/api/v2/users/me", token: token).body == me.body)

                let claims = try server.send("GET", "/api/v2/users/oidc-claims", token: token)
                #expect(claims.status == 200, "\(claims)")
                for (claim, value) in [
                    ("sub", .string("1")), ("iss", .string(full.provider.issuer)), ("email_verified", .bool(true)),
                    ("preferred_username", .string("ana")), ("aud", .string(RunningServer.clientID)),
                ] as [(String, JSONValue)] {
                    #expect(claims.json?["claims"]?[claim] == value, "\(claim): \(claims)")
                }

                let again = try await FullProvider.ana.signIn(at: server)
                #expect(again.status == 307 && again.location == "/", "\(again)")
                #expect(again.session != nil && again.session != token)
                #expect(try server.me(again).json?["id"] == me.json?["id"])
                #expect(try server.me(way).status == 200)

                let other = try await FullProvider.bea.signIn(at: server)
                let bea = try server.me(other)
                #expect(bea.status == 200 && bea.json?["username"]?.text == "bea", "\(bea)")
                #expect(bea.json?["roles"]?.elements.isEmpty == true)
                #expect(try full.database.emails() == ["ana@usersd.test", "bea@usersd.test"])
                #expect(
                    try full.database.sql("SELECT linked_id FROM user_links ORDER BY linked_id")
                        == [["\(full.provider.issuer)||1"], ["\(full.provider.issuer)||2"]])
            }
        }

        @Test("the authorization request has what the contract lists, and the provider's own cookies stay there")
        func request() async throws {
            try await FullProvider.with(.sqlite) { full in
                let way = try await FullProvider.ana.signIn(at: full.server, "?redirect=%2Fa")
                #expect(way.steps.first?["status"]?.integer == 307)
                let url = try #require(way.steps.dropFirst().first?["url"]?.text)
                #expect(url.hasPrefix("\(full.provider.issuer)/"), "\(url)")
                let query = Query(url)
                #expect(
                    query.names == [
                        "access_type", "client_id", "code_challenge", "code_challenge_method", "redirect_uri",
                        "response_type", "scope", "state",
                    ])
                for (name, value) in [
                    ("response_type", "code"), ("client_id", "usersd"), ("scope", "openid profile email"),
                    ("access_type", "offline"), ("code_challenge_method", "S256"),
                    ("redirect_uri", "http://127.0.0.1:\(full.server.port)\(Person.callback)"),
                ] {
                    #expect(query[name] == value)
                }
                #expect(query["state"]?.wholeMatch(of: #/[0-9A-Za-z]{32}/#) != nil)
                #expect(way.cookies["oauth_state"] == query["state"])
                #expect(way.cookies["oauth_redirect"] == "/a")
                #expect(way.cookies["oauth_pkce_verifier"]?.wholeMatch(of: #/[0-9A-Za-z_-]{43}/#) != nil)
            }
        }

        @Test(
            "authmethods says that there is a provider; password accounts have no claims", arguments: Backend.allCases)
        func otherAccounts(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let methods = try full.server.send("GET", "/api/v2/users/authmethods")
                #expect(
                    methods.json?["oidc"]
                        == .object([
                            .init("enabled", .bool(true)), .init("signInText", .string("OpenID Connect")),
                            .init("iconUrl", .string("")),
                        ]))
                let owner = try full.server.owner()
                let claims = "/api/v2/users/oidc-claims"
                #expect(try full.server.send("GET", claims, token: owner).status == 400)
                #expect(try full.server.send("GET", claims).status == 401)
                let way = try await FullProvider.ana.signIn(at: full.server)
                #expect(try full.server.me(way).json?["roles"]?.elements.isEmpty == true)
                let login = #"{"email":"ana@usersd.test","password":"\#(FullProvider.ana.password)"}"#
                #expect(try full.server.send("POST", "/api/v2/users/login", body: login).status == 401)
            }
        }

        @Test(
            "who does not get in: a wrong password, a refused consent, an e-mail that is not verified",
            arguments: Backend.allCases)
        func refusals(on backend: Backend) async throws {
            try await FullProvider.with(backend) { full in
                let wrong = try await Person(name: "ana", password: "wrong").signIn(at: full.server)
                #expect(wrong.callback == nil && wrong.trouble == "the login was not accepted", "\(wrong)")
                #expect(wrong.session == nil)

                let refused = try await FullProvider.ana.signIn(at: full.server, "", ["--refuse"])
                #expect(refused.callback?.contains("error=access_denied") == true, "\(refused)")
                #expect(refused.status == 400 && refused.session == nil, "\(refused)")
                let answer = try JSONReader.only(Array(refused.body.utf8))
                #expect(answer["message"]?.text?.contains("access_denied") == true, "\(refused)")

                let unverified = try await FullProvider.cleo.signIn(at: full.server)
                #expect(unverified.status == 403 && unverified.session == nil, "\(unverified)")
                for text in ["<!doctype html>", "Email not verified", "Verify the", "Back to login"] {
                    #expect(unverified.body.contains(text), "\(text)")
                }
                #expect(try full.database.emails() == [])
                // None of it has used up the right to be the first.
                #expect(try full.server.send("GET", "/api/v2/users/first").status == 404)
                let way = try await FullProvider.ana.signIn(at: full.server)
                #expect(try full.server.me(way).json?["roles"]?.elements.count == 1)
            }
        }

        @Test("groups that a provider really sends", arguments: [("ops,other", 307), ("opsy", 403)])
        func groups(allowed: String, status: Int) async throws {
            let arguments = ["--oidc-scopes", "openid,profile,email,groups", "--oidc-allowed-groups", allowed]
            try await FullProvider.with(.sqlite, arguments) { full in
                let way = try await FullProvider.ana.signIn(at: full.server)
                #expect(way.status == status && (way.session != nil) == (status == 307), "\(way)")
                #expect(try await FullProvider.bea.signIn(at: full.server).status == 403)
            }
        }
    }
}
