import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// What people see of providers that are configured (auth.md §6, §8.1, §8.8).
    @Suite(.serialized) struct ConfiguredProviderTests {
        struct Configured: Sendable, CustomStringConvertible {
            let arguments: [String]
            let methods: String
            var description: String { "\(arguments)" }

            init(_ arguments: [String], _ methods: String) {
                self.arguments = arguments
                self.methods = methods
            }
        }

        private static let githubOn = ["--oauth2-github-client-id", "id", "--oauth2-github-allow-everyone"]
        private static let off = #"{"enabled":false,"signInText":"","iconUrl":""}"#

        /// `ISSUER` is one.
        static let configured: [Configured] = [
            Configured(
                [],
                """
                {"password":{"enabled":true},"github":{"enabled":false,"default_provider_configured":false},\
                "oidc":\(off)}
                """),
            Configured(
                githubOn,
                """
                {"password":{"enabled":true},"github":{"enabled":true,"default_provider_configured":false},\
                "oidc":\(off)}
                """),
            // A public client, without a secret (163).
            Configured(
                ["--oidc-client-id", "id", "--oidc-issuer-url", "ISSUER"],
                """
                {"password":{"enabled":true},"github":{"enabled":false,"default_provider_configured":false},\
                "oidc":{"enabled":true,"signInText":"OpenID Connect","iconUrl":""}}
                """),
            Configured(
                githubOn + [
                    "--oidc-client-id", "id", "--oidc-issuer-url", "ISSUER", "--oidc-sign-in-text", "Corp \"X\"",
                    "--oidc-icon-url", "/icon.png", "--disable-password-auth", "--terms-of-service-url",
                    "https://terms.usersd.test",
                ],
                """
                {"terms_of_service_url":"https://terms.usersd.test","password":{"enabled":false},\
                "github":{"enabled":true,"default_provider_configured":false},\
                "oidc":{"enabled":true,"signInText":"Corp \\"X\\"","iconUrl":"/icon.png"}}
                """),
            // An issuer without a client is none.
            Configured(
                ["--oidc-issuer-url", "http://127.0.0.1:1", "--oidc-sign-in-text", "Corp"],
                """
                {"password":{"enabled":true},"github":{"enabled":false,"default_provider_configured":false},\
                "oidc":\(off)}
                """),
        ]

        @Test("authmethods of a configured server (78–81)", arguments: configured)
        func authMethods(_ row: Configured) async throws {
            let issuer = try CannedIssuer.good()
            let server = try await RunningServer.start(
                ["--sqlite-path", ":memory:"] + row.arguments.map { $0 == "ISSUER" ? issuer.url : $0 })
            let answer = try server.send("GET", "/api/v2/users/authmethods")
            #expect(answer.status == 200)
            #expect(answer.json == (try JSONReader.only(Array(row.methods.utf8))), "\(answer)")
            #expect(try await server.stop() == 0)
        }

        @Test("what the start of a flow makes of the options")
        func authorizationRequest() async throws {
            let issuer = try CannedIssuer.good()
            let on = ["--sqlite-path", ":memory:", "--oidc-client-id", "id", "--oidc-issuer-url", issuer.url]
            for (arguments, expected) in [
                (
                    ["--access-url", "http://usersd.test/"],
                    ["redirect_uri": "http://usersd.test/api/v2/users/oidc/callback"]
                ),
                (
                    ["--access-url", "http://usersd.test", "--oidc-redirect-url", "https://login.usersd.test/"],
                    ["redirect_uri": "https://login.usersd.test/api/v2/users/oidc/callback"]
                ),
                (
                    [
                        "--oidc-scopes", "openid,email,groups", "--oidc-auth-url-params",
                        #"{"prompt":"a b","scope":"x"}"#,
                    ],
                    ["scope": "x", "prompt": "a b"]
                ),
                (
                    ["--oidc-scopes", "openid,groups", "--oidc-allowed-groups", "staff"],
                    ["scope": "openid groups", "access_type": "offline"]
                ),
            ] as [([String], [String: String])] {
                let server = try await RunningServer.start(on + arguments)
                let start = try server.send("GET", Person.callback)
                #expect(start.status == 307, "\(start)")
                let query = Query(start.header("Location") ?? "")
                for (name, value) in expected {
                    #expect(query[name] == value, "\(name): \(start.head)")
                }
                #expect(Set(query.names).count == query.names.count)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("by default the access URL is where it listens, also when the kernel chose the port")
        func standardAccessURL() async throws {
            let issuer = try CannedIssuer.good()
            let server = try await RunningServer.start([
                "--sqlite-path", ":memory:", "--oidc-client-id", "id", "--oidc-issuer-url", issuer.url,
            ])
            let query = Query(try server.send("GET", Person.callback).header("Location") ?? "")
            #expect(query["redirect_uri"] == "http://127.0.0.1:\(server.port)\(Person.callback)")
            #expect(try await server.stop() == 0)
        }
    }
}
