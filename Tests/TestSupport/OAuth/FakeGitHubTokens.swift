internal import HTTP
internal import JSON
internal import Storage
internal import Synchronization

extension FakeGitHub {
    struct AccessToken {
        var scope: String
        var expiry: Timestamp?
    }

    struct RefreshToken {
        var scope: String
        var accessToken: String
        var expiry: Timestamp
    }

    /// `POST /login/oauth/access_token`: three grants.
    func accessToken(_ asked: Asked) -> Members {
        let settings = settings
        let form = asked.form
        guard form.first("client_id") ?? asked.basic?.user == settings.clientID else {
            return Self.refusal("incorrect_client_credentials", "The client_id is unknown.")
        }
        // A device holds no secret.
        if form.first("grant_type") == "urn:ietf:params:oauth:grant-type:device_code" {
            return poll(form, settings)
        }
        guard form.first("client_secret") ?? asked.basic?.password == settings.clientSecret else {
            return Self.refusal("incorrect_client_credentials", "The client_id and/or client_secret are incorrect.")
        }
        switch form.first("grant_type") {
        case nil, "authorization_code": return redeem(form, settings)
        case "refresh_token": return refresh(form.first("refresh_token") ?? "", settings)
        default: return Self.refusal("unsupported_grant_type", "The grant_type is not supported.")
        }
    }

    private func redeem(_ form: QueryItems, _ settings: FakeGitHubSettings) -> Members {
        let result: Result<AuthorizationCodes.Grant, CodeRefusal> = state.withLock { state in
            do throws(CodeRefusal) {
                return .success(
                    try state.codes.redeem(form, clientID: settings.clientID, at: settings.now(), isLenient: true))
            } catch { return .failure(error) }
        }
        switch result {
        case .success(let grant): return grantToken(scope: grant.scope, settings)
        case .failure(.otherRedirect):
            return Self.refusal("redirect_uri_mismatch", "The redirect_uri MUST match the one the code was asked with.")
        case .failure: return Self.refusal("bad_verification_code", "The code passed is incorrect or expired.")
        }
    }

    /// A refresh token works once and takes its access token with it.
    private func refresh(_ token: String, _ settings: FakeGitHubSettings) -> Members {
        let old = state.withLock { state in
            let old = state.refreshTokens.removeValue(forKey: token)
            if let old { state.accessTokens[old.accessToken] = nil }
            return old
        }
        guard let old, old.expiry > settings.now() else {
            return Self.refusal("bad_refresh_token", "The refresh token passed is incorrect or expired.")
        }
        return grantToken(scope: old.scope, settings)
    }

    func grantToken(scope: String, _ settings: FakeGitHubSettings) -> Members {
        let token = Opaque.text("gho")
        let now = settings.now()
        let expiry = settings.accessTokenSeconds.map { now.adding(seconds: $0) }
        // Scopes come back with commas between them.
        let commas = scope.split(separator: " ").joined(separator: ",")
        var members: Members = [
            ("access_token", .string(token)), ("scope", .string(commas)), ("token_type", "bearer"),
        ]
        state.withLock { $0.accessTokens[token] = AccessToken(scope: scope, expiry: expiry) }
        guard let seconds = settings.accessTokenSeconds else { return members }
        let refreshToken = Opaque.text("ghr")
        state.withLock {
            $0.refreshTokens[refreshToken] = RefreshToken(
                scope: scope, accessToken: token, expiry: now.adding(seconds: settings.refreshTokenSeconds))
        }
        members += [
            ("expires_in", .number(String(seconds))), ("refresh_token", .string(refreshToken)),
            ("refresh_token_expires_in", .number(String(settings.refreshTokenSeconds))),
        ]
        return members
    }

    /// Ends an access token, as its owner does on GitHub's pages.
    public func revoke(_ token: String) { state.withLock { $0.accessTokens[token] = nil } }
}
