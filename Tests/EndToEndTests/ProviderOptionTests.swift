import TestSupport
import Testing

extension EndToEndTests {
    /// The options of sign-in providers: what does not fit together is refused before anything is opened
    /// (auth.md §8.3, §8.8).
    @Suite(.serialized) struct ProviderOptionTests {
        typealias Wrong = OptionTests.Wrong

        private static func github(_ more: String..., names: String...) -> Wrong {
            Wrong(["--oauth2-github-client-id", "id", "--oauth2-github-client-secret", "geheim"] + more, names: names)
        }

        private static func oidc(_ more: String..., names: String...) -> Wrong {
            Wrong(["--oidc-client-id", "id", "--oidc-issuer-url", "http://127.0.0.1:1"] + more, names: names)
        }

        private static let who = ["--oauth2-github-allowed-orgs", "--oauth2-github-allow-everyone"]

        // swift-format-ignore
        static let wrong: [Wrong] = [
            // Any one of the three turns GitHub on, and then somebody must be allowed.
            Wrong(["--oauth2-github-client-id", "id"], names: who),
            Wrong(["--oauth2-github-client-secret", "geheim"], names: who),
            Wrong(["--oauth2-github-enterprise-base-url", "https://github.usersd.test"], names: who),
            Wrong([], ["CODER_OAUTH2_GITHUB_CLIENT_ID": "id"], names: who),
            Wrong([], ["CODER_OAUTH2_GITHUB_CLIENT_SECRET": "geheim"], names: who),
            github("--oauth2-github-allowed-orgs", " , ", names: who[0], who[1]),
            github("--oauth2-github-allowed-teams", "org/team", names: who[0], who[1]),
            github("--oauth2-github-allow-everyone", "--oauth2-github-allowed-orgs", "org", names: who[1], "organizations"),
            github("--oauth2-github-allow-everyone", "--oauth2-github-allowed-teams", "org/team", names: who[1], "teams"),
            github("--oauth2-github-allowed-orgs", "org", "--oauth2-github-allowed-teams", "team", names: "--oauth2-github-allowed-teams", "\"team\""),
            github("--oauth2-github-allowed-orgs", "org", "--oauth2-github-allowed-teams", "org/team,org/", names: "--oauth2-github-allowed-teams", "\"org/\""),
            github("--oauth2-github-allowed-orgs", "org", "--oauth2-github-allowed-teams", "/team", names: "--oauth2-github-allowed-teams", "\"/team\""),
            github("--oauth2-github-allowed-orgs", "org", "--oauth2-github-allowed-teams", "org/a/b", names: "--oauth2-github-allowed-teams", "\"org/a/b\""),
            github("--oauth2-github-allowed-orgs", "org", "--oauth2-github-enterprise-base-url", "github.usersd.test", names: "--oauth2-github-enterprise-base-url", "github.usersd.test"),
            github("--oauth2-github-allow-everyone=so", names: who[1], "true or false"),
            github("--oauth2-github-allow-signups=so", names: "--oauth2-github-allow-signups", "true or false"),
            github("--oauth2-github-device-flow=so", names: "--oauth2-github-device-flow", "true or false"),

            Wrong(["--oidc-client-id", "id"], names: ["--oidc-client-id", "--oidc-issuer-url"]),
            Wrong(["--oidc-client-id", "id", "--oidc-issuer-url", ""], names: ["--oidc-issuer-url"]),
            Wrong([], ["CODER_OIDC_CLIENT_ID": "id"], names: ["--oidc-issuer-url"]),
            oidc("--oidc-issuer-url", "provider.usersd.test", names: "--oidc-issuer-url", "provider.usersd.test"),
            oidc("--oidc-issuer-url", "ftp://provider.usersd.test", names: "--oidc-issuer-url", "ftp://"),
            oidc("--oidc-client-secret", "geheim", "--oidc-client-key-file", "k", "--oidc-client-cert-file", "c", names: "--oidc-client-secret", "--oidc-client-key-file"),
            oidc("--oidc-client-secret", "geheim", "--oidc-client-key-file", "k", names: "--oidc-client-secret", "--oidc-client-key-file"),
            oidc("--oidc-client-key-file", "k", names: "--oidc-client-key-file", "--oidc-client-cert-file"),
            oidc("--oidc-client-cert-file", "c", names: "--oidc-client-key-file", "--oidc-client-cert-file"),
            Wrong([], ["CODER_OIDC_CLIENT_ID": "id", "CODER_OIDC_ISSUER_URL": "http://127.0.0.1:1", "CODER_OIDC_CLIENT_SECRET": "geheim", "CODER_OIDC_CLIENT_KEY_FILE": "k", "CODER_OIDC_CLIENT_CERT_FILE": "c"], names: ["--oidc-client-secret", "--oidc-client-key-file"]),
            oidc("--oidc-allowed-groups", "staff", names: "--oidc-allowed-groups", "--oidc-group-field"),
            oidc("--oidc-access-token-claims", names: "--oidc-access-token-claims", "--oidc-ignore-userinfo"),
            oidc("--oidc-access-token-claims", "--oidc-ignore-userinfo=false", names: "--oidc-access-token-claims", "--oidc-ignore-userinfo"),
            oidc("--oidc-auth-url-params", "access_type=offline", names: "--oidc-auth-url-params", "access_type=offline"),
            oidc("--oidc-auth-url-params", "[]", names: "--oidc-auth-url-params"),
            oidc("--oidc-auth-url-params", "", names: "--oidc-auth-url-params"),
            oidc("--oidc-auth-url-params", #"{"max_age": 5}"#, names: "--oidc-auth-url-params", "max_age"),
            oidc("--oidc-redirect-url", "usersd.test", names: "--oidc-redirect-url", "usersd.test"),
            oidc("--oidc-allow-signups=so", names: "--oidc-allow-signups", "true or false"),
            oidc("--oidc-ignore-email-verified=so", names: "--oidc-ignore-email-verified", "true or false"),
            oidc("--oidc-ignore-userinfo=so", names: "--oidc-ignore-userinfo", "true or false"),
            oidc("--dangerous-oidc-skip-issuer-checks=so", names: "--dangerous-oidc-skip-issuer-checks", "true or false"),
            Wrong([], ["CODER_OIDC_ALLOW_SIGNUPS": "so"], names: ["CODER_OIDC_ALLOW_SIGNUPS", "true or false"]),

            Wrong(["--session-duration", "0"], names: ["--session-duration", "\"0\""]),
        ]

        @Test("what does not fit together is named, and the status is 2", arguments: wrong)
        func wrongOption(_ row: Wrong) async throws { try await Self.expectRefusal(row) }

        @Test("a session is shorter than 720h, which is how long a refresh token lives")
        func sessionDuration() async throws {
            for text in ["720h", "8760h"] {
                try await Self.expectRefusal(Wrong(["--session-duration", text], names: ["--session-duration", text]))
            }
        }

        private static func expectRefusal(_ row: Wrong) async throws {
            // Above everything that could go wrong later: nobody listens at the database's address.
            let process = try Binary(
                ["serve", "--http-address", "127.0.0.1:0", "--postgres-url", "postgresql://127.0.0.1:1/none"]
                    + row.arguments, row.variables)
            #expect(try await process.exit() == 2, "\(process.log)")
            #expect(process.lines.count == 1, "\(process.log)")
            for name in row.names { #expect(process.log.contains(name), "\(process.log)") }
            #expect(!process.log.contains("geheim"))
        }

        @Test("config shows that a secret is set, and not which")
        func config() async throws {
            let names = ["CODER_OIDC_CLIENT_SECRET", "CODER_OAUTH2_GITHUB_CLIENT_SECRET"]
            for process in [
                try await Binary.run([
                    "config", "--oidc-client-secret", "geheim", "--oauth2-github-client-secret=geheim",
                    "--oidc-client-id", "shown",
                ]),
                try await Binary.run(
                    ["config"], [names[0]: "geheim", names[1]: "geheim", "CODER_OIDC_CLIENT_ID": "shown"]),
            ] {
                #expect(process.status == 0)
                let lines = process.output.split(separator: "\n").map(String.init)
                for name in names {
                    #expect(lines.contains { $0.hasPrefix("\(name)=") && $0 != "\(name)=" }, "\(name)")
                }
                #expect(lines.contains("CODER_OIDC_CLIENT_ID=shown"))
                #expect(lines.contains(#"CODER_OIDC_AUTH_URL_PARAMS={"access_type": "offline"}"#))
                #expect(!(process.output + process.log).contains("geheim"))
            }
        }
    }
}
