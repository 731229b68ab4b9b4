public import HTTP
internal import JSON
internal import Storage

/// An OpenID Connect provider: what its discovery document says, and its endpoints (auth.md §8.6).
public struct OIDCProvider: Sendable {
    public let settings: OIDCSettings
    let client: any Client
    let metadata: Metadata
    let keys: KeySet

    /// OpenID Connect Discovery §3.
    struct Metadata: Sendable {
        let issuer: String
        let authorizationEndpoint: String
        let tokenEndpoint: String
        /// nil: claims come from the ID token alone.
        let userInfoEndpoint: String?
        let keySetURL: String
        let hasS256: Bool
        /// What ID tokens may be signed with: announced, and asymmetric.
        let algorithms: [String]
        let takesSecretInBody: Bool
    }

    /// The start cannot go on; the text names the issuer and the cause.
    public struct DiscoveryFault: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Reads the discovery document.
    public static func discover(
        _ settings: OIDCSettings, client: any Client
    ) async throws(DiscoveryFault) -> OIDCProvider {
        func fault(_ cause: String) -> DiscoveryFault {
            DiscoveryFault(description: "OpenID Connect discovery at issuer \"\(settings.issuer)\" failed: \(cause)")
        }
        let base = settings.issuer.hasSuffix("/") ? String(settings.issuer.dropLast()) : settings.issuer
        let answer: ClientResponse
        do throws(ClientFault) {
            answer = try await client.send(ClientRequest("GET", "\(base)/.well-known/openid-configuration"))
        } catch {
            throw fault(error.description)
        }
        guard answer.status == 200 else { throw fault("it answered \(answer.status)") }
        guard let json = try? JSONReader.only(answer.body), case .object = json else {
            throw fault("it answered with what is no JSON object")
        }
        do throws(Metadata.Missing) {
            let metadata = try Metadata(json, settings)
            return OIDCProvider(
                settings: settings, client: client, metadata: metadata,
                keys: KeySet(url: metadata.keySetURL, client: client))
        } catch {
            throw fault(error.cause)
        }
    }

    func target(accessURL: String) -> OAuthFlow.Target {
        OAuthFlow.Target(
            name: "oidc", authorizationURL: metadata.authorizationEndpoint,
            parameters: [
                ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", redirectURI(accessURL)),
                ("scope", settings.scopes.joined(separator: " ")), ("access_type", "offline"),
            ] + settings.authorizationParameters,
            usesPKCE: metadata.hasS256, issuer: metadata.issuer)
    }

    private func redirectURI(_ accessURL: String) -> String {
        let base = settings.redirectBaseURL.isEmpty ? accessURL : settings.redirectBaseURL
        return "\(base)/api/v2/users/oidc/callback"
    }

    // MARK: Tokens

    func exchange(
        _ callback: OAuthFlow.Callback, accessURL: String, at now: Timestamp
    ) async throws(TokenGrant.Refusal) -> TokenGrant {
        var items = [
            ("grant_type", "authorization_code"), ("code", callback.code), ("redirect_uri", redirectURI(accessURL)),
        ]
        if let verifier = callback.verifier { items.append(("code_verifier", verifier)) }
        return try await token(items, now)
    }

    func refresh(_ refreshToken: String, at now: Timestamp) async throws(TokenGrant.Refusal) -> TokenGrant {
        try await token([("grant_type", "refresh_token"), ("refresh_token", refreshToken)], now)
    }

    /// Proves who we are as the provider wants it (RFC 6749 §2.3.1, RFC 7523 §2.2).
    private func token(
        _ items: [(String, String)], _ now: Timestamp
    ) async throws(TokenGrant.Refusal) -> TokenGrant {
        var items = items.map { (name: $0.0, value: $0.1) }
        var fields: [(name: String, value: String)] = []
        if let assertion = settings.assertion {
            let text: String
            do throws(ClientAssertion.Fault) {
                text = try await assertion.token(
                    clientID: settings.clientID, audience: metadata.tokenEndpoint, at: now)
            } catch {
                throw .failed("The client assertion cannot be signed.")
            }
            items += [
                ("client_id", settings.clientID), ("client_assertion", text),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ]
        } else if settings.clientSecret.isEmpty {
            items.append(("client_id", settings.clientID))
        } else if metadata.takesSecretInBody {
            items += [("client_id", settings.clientID), ("client_secret", settings.clientSecret)]
        } else {
            let pair = "\(percentEncoded(settings.clientID)):\(percentEncoded(settings.clientSecret))"
            let credentials = String(decoding: Base64.encode(Array(pair.utf8)), as: UTF8.self)
            fields.append(("Authorization", "Basic \(credentials)"))
        }
        var request = ClientRequest.form(metadata.tokenEndpoint, items)
        request.fields += fields
        return try await TokenGrant.request(request, by: client, at: now)
    }

    /// - Returns: nil when the provider has no such endpoint.
    func userInfo(_ grant: TokenGrant) async throws(ClientFault) -> ClientResponse? {
        guard let endpoint = metadata.userInfoEndpoint else { return nil }
        return try await client.send(
            ClientRequest("GET", endpoint, fields: [("Authorization", "Bearer \(grant.accessToken)")]))
    }
}

extension OIDCProvider.Metadata {
    struct Missing: Error { let cause: String }

    /// Signatures that only the provider can make: never `none`, never a shared secret.
    private static let asymmetric = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    init(_ json: JSONValue, _ settings: OIDCSettings) throws(Missing) {
        func url(_ name: String) throws(Missing) -> String {
            guard let text = json[name]?.text, text.hasPrefix("https://") || text.hasPrefix("http://") else {
                throw Missing(cause: "\(name) is missing, or no http URL")
            }
            return text
        }
        func texts(_ name: String) -> [String] { json[name]?.elements.compactMap(\.text) ?? [] }
        issuer = json["issuer"]?.text ?? ""
        guard settings.skipsIssuerChecks || issuer == settings.issuer else {
            throw Missing(cause: "it calls itself \"\(issuer)\"")
        }
        authorizationEndpoint = try url("authorization_endpoint")
        tokenEndpoint = try url("token_endpoint")
        keySetURL = try url("jwks_uri")
        userInfoEndpoint = json["userinfo_endpoint"] == nil ? nil : try url("userinfo_endpoint")
        hasS256 = texts("code_challenge_methods_supported").contains("S256")
        let announced = texts("id_token_signing_alg_values_supported").filter(Self.asymmetric.contains)
        algorithms = announced.isEmpty ? ["RS256"] : announced
        let methods = texts("token_endpoint_auth_methods_supported")
        takesSecretInBody = !methods.isEmpty && !methods.contains("client_secret_basic")
    }
}
