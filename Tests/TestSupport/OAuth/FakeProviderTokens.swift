internal import HTTP
internal import JSON
internal import Synchronization

extension FakeProvider {
    /// `POST /token` (RFC 6749 §4.1.3, §5 and §6; OpenID Connect Core §3.1.3).
    func token(_ asked: Asked) throws -> Response {
        let settings = settings
        do {
            try authenticate(asked, settings)
            switch asked.form.first("grant_type") {
            case "authorization_code":
                let grant = try state.withLock { state throws(CodeRefusal) in
                    try state.codes.redeem(asked.form, clientID: settings.clientID, at: settings.now())
                }
                // A verifier without a challenge is a challenge that somebody has taken out (RFC 9700 §4.8.2).
                if grant.challenge == nil, asked.form.first("code_verifier") != nil {
                    return refused(TokenRefusal("invalid_grant", "no challenge was sent"))
                }
                return try granted(grant, settings, newRefreshToken: settings.issuesRefreshToken)
            case "refresh_token": return try refresh(asked.form.first("refresh_token") ?? "", settings)
            case let other: return refused(TokenRefusal("unsupported_grant_type", other))
            }
        } catch let refusal as CodeRefusal {
            return refused(TokenRefusal("invalid_grant", "\(refusal)"))
        } catch let refusal as TokenRefusal {
            return refused(refusal)
        }
    }

    private struct TokenRefusal: Error {
        let error: String
        let description: String?
        init(_ error: String, _ description: String? = nil) {
            self.error = error
            self.description = description
        }
    }

    private func refused(_ refusal: TokenRefusal) -> Response {
        let isClient = refusal.error == "invalid_client"
        var body: JSONValue = ["error": .string(refusal.error)]
        if let description = refusal.description { body = body.setting("error_description", .string(description)) }
        var response = Response.json(body, isClient ? .unauthorized : .badRequest)
        if isClient { response.add(.wwwAuthenticate, #"Basic realm="provider""#) }
        return response
    }

    private func authenticate(_ asked: Asked, _ settings: FakeProviderSettings) throws(TokenRefusal) {
        let posted = asked.form.first("client_secret")
        let basic = asked.basic
        if basic != nil, posted != nil { throw TokenRefusal("invalid_request", "two proofs of the client") }
        guard basic?.user ?? asked.form.first("client_id") == settings.clientID else {
            throw TokenRefusal("invalid_client")
        }
        let isProven =
            switch settings.client {
            case .secret(let secret):
                settings.secretPlaces.contains(basic == nil ? .post : .basic) && basic?.password ?? posted == secret
            case .publicClient: basic == nil && posted == nil
            case .assertion:
                asked.form.first("client_assertion_type")
                    == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    && asked.form.first("client_assertion").flatMap { JWTForge.Parts($0) } != nil
            }
        if !isProven { throw TokenRefusal("invalid_client") }
    }

    private func refresh(_ token: String, _ settings: FakeProviderSettings) throws -> Response {
        guard let grant = state.withLock({ $0.refreshTokens[token] }) else {
            throw TokenRefusal("invalid_grant", "unknown")
        }
        switch settings.refresh {
        case .keep: return try granted(grant, settings, newRefreshToken: false)
        case .rotate:
            state.withLock { $0.refreshTokens[token] = nil }
            return try granted(grant, settings, newRefreshToken: true)
        case .refuse: throw TokenRefusal("invalid_grant", "refused")
        }
    }

    private func granted(
        _ grant: AuthorizationCodes.Grant, _ settings: FakeProviderSettings, newRefreshToken: Bool
    ) throws -> Response {
        let claims = claims(nonce: grant.nonce)
        let accessToken = try settings.accessToken?(claims, settings.keys) ?? Opaque.text("access")
        let refreshToken = newRefreshToken ? Opaque.text("refresh") : nil
        state.withLock { state in
            state.accessTokens.insert(accessToken)
            if let refreshToken { state.refreshTokens[refreshToken] = grant }
        }
        var body: JSONValue = [
            "access_token": .string(accessToken), "token_type": "Bearer", "scope": .string(grant.scope),
        ]
        if let seconds = settings.accessTokenSeconds {
            body = body.setting("expires_in", .number(String(seconds)))
        }
        if let refreshToken { body = body.setting("refresh_token", .string(refreshToken)) }
        if let token = try settings.idToken(claims, settings.keys) { body = body.setting("id_token", .string(token)) }
        var response = Response.json(body)
        response.add(HeaderName("Cache-Control"), "no-store")
        return response
    }
}
