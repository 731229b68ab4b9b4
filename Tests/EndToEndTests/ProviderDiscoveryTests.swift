import TestSupport
import Testing

extension EndToEndTests {
    /// The discovery document at the start: without a good one there is none (auth.md §8.8).
    @Suite(.serialized) struct ProviderDiscoveryTests {
        struct Bad: Sendable, CustomStringConvertible {
            let description: String
            /// Stand in the message beside the issuer.
            let causes: [String]
            let answer: @Sendable (_ issuer: String) -> String?

            init(_ description: String, _ causes: [String], _ answer: @escaping @Sendable (String) -> String?) {
                self.description = description
                self.causes = causes
                self.answer = answer
            }

            /// A document with one thing wrong.
            init(_ description: String, _ causes: [String], changing name: String, to value: String?) {
                self.init(description, causes) { issuer in
                    CannedIssuer.answer(200, CannedIssuer.document(issuer, [name: value]))
                }
            }
        }

        static let bad: [Bad] = [
            Bad("404", ["404"]) { CannedIssuer.answer(404, CannedIssuer.document($0)) },
            Bad("500", ["500"]) { CannedIssuer.answer(500, CannedIssuer.document($0)) },
            Bad("a page", ["JSON"]) { _ in CannedIssuer.answer(200, "<!doctype html><p>Welcome!") },
            Bad("nothing", ["JSON"]) { _ in CannedIssuer.answer(200, "") },
            Bad("a list", ["JSON"]) { CannedIssuer.answer(200, "[\(CannedIssuer.document($0))]") },
            Bad("half a document", ["JSON"]) { CannedIssuer.answer(200, String(CannedIssuer.document($0).dropLast())) },
            Bad("two documents", ["JSON"]) {
                CannedIssuer.answer(200, CannedIssuer.document($0) + CannedIssuer.document($0))
            },
            Bad("another issuer", ["https://other.usersd.test"], changing: "issuer", to: "https://other.usersd.test"),
            Bad("no issuer", [#""""#], changing: "issuer", to: nil),
            Bad("a slash too many", [#"/""#]) {
                CannedIssuer.answer(200, CannedIssuer.document($0, ["issuer": "\($0)/"]))
            },
            Bad(
                "no authorization endpoint", ["authorization_endpoint"], changing: "authorization_endpoint", to: nil),
            Bad("no token endpoint", ["token_endpoint"], changing: "token_endpoint", to: nil),
            Bad("no key set", ["jwks_uri"], changing: "jwks_uri", to: nil),
            Bad(
                "a script for an endpoint", ["authorization_endpoint"], changing: "authorization_endpoint",
                to: "javascript:x"),
            Bad("a file for a key set", ["jwks_uri"], changing: "jwks_uri", to: "file:///etc/hostname"),
            Bad("a path for an endpoint", ["token_endpoint"], changing: "token_endpoint", to: "/token"),
            Bad("2 MiB", ["1048576 bytes"]) {
                CannedIssuer.answer(200, CannedIssuer.document($0, blanks: 2 << 20))
            },
            Bad("a connection that breaks", [":"]) { _ in "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" },
            Bad("no HTTP", [":"]) { _ in "220 mail.usersd.test ESMTP\r\n" },
            // Ten seconds; the one such test.
            Bad("silence", ["Timeout"]) { _ in nil },
        ]

        private static func start(_ issuer: String, _ more: [String] = []) async throws -> Binary {
            try await Binary.run(
                [
                    "serve", "--sqlite-path", ":memory:", "--http-address", "127.0.0.1:0", "--oidc-client-id", "usersd",
                    "--oidc-client-secret", "geheim", "--oidc-issuer-url", issuer,
                ] + more)
        }

        private static func expectEnd(
            _ process: Binary, issuer: String, _ causes: [String], location: SourceLocation = #_sourceLocation
        ) {
            #expect(process.status == 1, "\(process.log)", sourceLocation: location)
            let faults = process.lines.filter { $0.hasPrefix("usersd: ") }
            #expect(faults.count == 1, "\(process.log)", sourceLocation: location)
            // What is said beside the issuer: a cause may not be found in its URL.
            let fault = (faults.first ?? "").replacing("\"\(issuer)\"", with: "", maxReplacements: 1)
            #expect(fault != faults.first, "\(process.log)", sourceLocation: location)
            for cause in causes { #expect(fault.contains(cause), "\(process.log)", sourceLocation: location) }
            #expect(!process.log.contains("listening"), sourceLocation: location)
            #expect(!process.log.contains("geheim"), sourceLocation: location)
        }

        @Test("whatever is wrong with it ends the start with 1; issuer and cause are named", arguments: bad)
        func refused(_ row: Bad) async throws {
            let issuer = try CannedIssuer(row.answer)
            Self.expectEnd(try await Self.start(issuer.url), issuer: issuer.url, row.causes)
        }

        @Test("nobody listens at the issuer")
        func refusedConnection() async throws {
            let issuer = "http://127.0.0.1:\(try ClosedPort.any())"
            Self.expectEnd(try await Self.start(issuer), issuer: issuer, ["connect"])
        }

        @Test("an issuer that nobody can ask")
        func noHost() async throws {
            for issuer in ["http://", "http://127.0.0.1:99999", "http://[::1"] {
                Self.expectEnd(try await Self.start(issuer), issuer: issuer, [])
            }
        }

        @Test("what is enough: a good document, and another issuer when that is not to be checked")
        func enough() async throws {
            let other = try CannedIssuer {
                CannedIssuer.answer(200, CannedIssuer.document($0, ["issuer": "https://other.usersd.test"]))
            }
            let plain = try CannedIssuer {
                CannedIssuer.answer(200, CannedIssuer.document($0, ["userinfo_endpoint": nil], blanks: 64 << 10))
            }
            for (issuer, more) in [(plain, []), (other, ["--dangerous-oidc-skip-issuer-checks"])] {
                let server = try await RunningServer.start(
                    ["--sqlite-path", ":memory:", "--oidc-client-id", "usersd", "--oidc-issuer-url", issuer.url] + more)
                let start = try server.send("GET", Person.callback)
                #expect(start.status == 307, "\(start)")
                #expect(start.header("Location")?.hasPrefix("\(issuer.url)/authorize?") == true)
                // The document does not offer PKCE.
                #expect(!start.head.contains("code_challenge") && !start.head.contains("oauth_pkce_verifier"))
                #expect(try await server.stop() == 0)
            }
        }
    }
}
