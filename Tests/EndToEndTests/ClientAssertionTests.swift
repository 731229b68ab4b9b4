import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// A client that proves who it is with a key instead of a secret (auth.md §8.8), judged by another library.
    @Suite(.serialized) struct ClientAssertionTests {
        /// What the provider wrote down of its token requests.
        private static func requests(_ provider: PythonProvider) throws -> [JSONValue] {
            try provider.process.output.split(separator: "\n").dropFirst().map { try JSONReader.only(Array($0.utf8)) }
        }

        @Test(
            "an RS256 assertion with x5t, for five minutes and for the token endpoint, a new one for each request",
            arguments: Backend.allCases)
        func assertion(on backend: Backend) async throws {
            try await withFolder { folder in
                let certificate = try await Certificate.make(in: folder)
                try await PythonProvider.with("assertion_provider.py", [certificate.path]) { provider in
                    try await TestDatabase.with(backend) { database in
                        let server = try await RunningServer.start(
                            database, issuer: provider.issuer,
                            [
                                "--oidc-client-key-file", certificate.keyPath, "--oidc-client-cert-file",
                                certificate.path, "--log-level", "trace",
                            ])
                        let way = try await Person(name: "ana").signIn(at: server)
                        #expect(way.status == 307, "\(way)")
                        // The second request renews the token.
                        let requests = try await eventually("the token is renewed") {
                            guard try server.me(way).status == 200 else { throw SupportFault("the session ended") }
                            let requests = try Self.requests(provider)
                            return requests.count < 2 ? nil : requests
                        }
                        #expect(requests[0]["form"]?["grant_type"]?.text == "authorization_code")
                        #expect(requests[1]["form"]?["grant_type"]?.text == "refresh_token")
                        for request in requests { try Self.check(request, provider) }
                        let ids = Set(requests.compactMap { $0["claims"]?["jti"]?.text })
                        #expect(ids.count == requests.count)
                        #expect(try await server.stop() == 0)
                        for request in requests {
                            let assertion = try #require(request["form"]?["client_assertion"]?.text)
                            #expect(!server.process.log.contains(assertion))
                        }
                        #expect(!server.process.log.contains("PRIVATE KEY"))
                    }
                }
            }
        }

        private static func check(_ request: JSONValue, _ provider: PythonProvider) throws {
            #expect(request["valid"] == .bool(true), "\(request)")
            let header = try #require(request["header"])
            #expect(header.names.sorted() == ["alg", "typ", "x5t"], "\(header)")
            #expect(header["alg"]?.text == "RS256" && header["typ"]?.text == "JWT")
            #expect(header["x5t"] == request["thumbprint"] && header["x5t"]?.text?.count == 27)
            let claims = try #require(request["claims"])
            #expect(claims["iss"]?.text == RunningServer.clientID && claims["sub"]?.text == RunningServer.clientID)
            #expect(claims["aud"]?.text == "\(provider.issuer)/token")
            let (issued, expiry) = (try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer))
            #expect(expiry - issued == 300)
            // It is the only proof (RFC 6749 §2.3).
            let form = try #require(request["form"])
            #expect(request["authorization"] == .null && form["client_secret"] == nil)
            #expect(form["client_id"]?.text == RunningServer.clientID)
            #expect(
                form["client_assertion_type"]?.text == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        }

        @Test("an assertion of another key is refused by the provider, and by usersd with the provider's word")
        func otherKey() async throws {
            try await withFolder { folder in
                let known = try await Certificate.make(in: folder, name: "known")
                let other = try await Certificate.make(in: folder, name: "other")
                try await PythonProvider.with("assertion_provider.py", [known.path]) { provider in
                    try await TestDatabase.with(.sqlite) { database in
                        let server = try await RunningServer.start(
                            database, issuer: provider.issuer,
                            ["--oidc-client-key-file", other.keyPath, "--oidc-client-cert-file", other.path])
                        let way = try await Person(name: "ana").signIn(at: server)
                        #expect(way.status == 500 && way.session == nil, "\(way)")
                        #expect(way.body.contains("invalid_client"), "\(way)")
                        #expect(try Self.requests(provider).map { $0["valid"] } == [.bool(false)])
                        #expect(try await server.stop() == 0)
                    }
                }
            }
        }

        struct Wrong: Sendable, CustomStringConvertible {
            let key: String
            let certificate: String
            let name: String
            var description: String { "\(key) \(certificate)" }
        }

        @Test(
            "files that are none of that: the status is 2, the options are named and no line of the files is shown",
            arguments: [
                Wrong(key: "missing.key", certificate: "good.pem", name: "missing.key"),
                Wrong(key: "good.key", certificate: "missing.pem", name: "missing.pem"),
                Wrong(key: "", certificate: "good.pem", name: "--oidc-client-key-file"),
                Wrong(key: "good.key", certificate: "", name: "--oidc-client-cert-file"),
                Wrong(key: "good.pem", certificate: "good.pem", name: "RSA key"),
                Wrong(key: "good.key", certificate: "good.key", name: "certificate"),
                Wrong(key: "curve.key", certificate: "curve.pem", name: "RSA key"),
                Wrong(key: "small.key", certificate: "small.pem", name: "2048 bits"),
                Wrong(key: "empty", certificate: "good.pem", name: "RSA key"),
                Wrong(key: "good.key", certificate: "empty", name: "certificate"),
                Wrong(key: ".", certificate: "good.pem", name: "cannot be read"),
            ])
        func files(_ row: Wrong) async throws {
            try await withFolder { folder in
                _ = try await Certificate.make(in: folder, name: "good")
                _ = try await Certificate.make(in: folder, name: "curve", algorithm: "ec:prime256v1")
                _ = try await Certificate.make(in: folder, name: "small", algorithm: "rsa:1024")
                _ = try PricesProgram.file("empty", "", in: folder)
                func path(_ name: String) -> String { name.isEmpty ? "" : "\(folder)/\(name)" }
                let process = try await Binary.run([
                    "serve", "--sqlite-path", ":memory:", "--http-address", "127.0.0.1:0", "--oidc-client-id", "usersd",
                    "--oidc-issuer-url", "http://127.0.0.1:\(try ClosedPort.any())", "--oidc-client-key-file",
                    path(row.key), "--oidc-client-cert-file", path(row.certificate),
                ])
                #expect(process.status == 2, "\(process.log)")
                #expect(process.lines.count == 1)
                #expect(
                    process.log.contains("--oidc-client-key-file") && process.log.contains(row.name), "\(process.log)")
                #expect(!process.log.contains("-----BEGIN"))
            }
        }
    }
}
