internal import HTTP
internal import JSON
internal import Synchronization

extension Response {
    static func json(_ value: JSONValue, _ status: Status = .ok) -> Response {
        var response = Response(status, body: value.bytes)
        response.add(.contentType, "application/json; charset=utf-8")
        return response
    }

    /// A browser is sent on; 303, because our engine has no 302.
    static func redirect(to location: String) -> Response {
        var response = Response(.seeOther)
        response.add(HeaderName("Location"), location)
        return response
    }
}

extension FakeProvider {
    /// Everybody is signed in and agrees: the answer goes back at once.
    func authorize(_ asked: Asked) -> Response {
        let settings = settings
        // Without a client and a place to go back to, nothing may be sent anywhere (RFC 6749 §4.1.2.1).
        guard asked.query.first("client_id") == settings.clientID, let back = asked.query.first("redirect_uri") else {
            return .json(["error": "invalid_request"], .badRequest)
        }
        let state = asked.query.first("state").map { [("state", $0)] } ?? []
        func refused(_ error: OAuthError) -> Response {
            .redirect(to: FormText.append(error.pairs + state, to: back))
        }
        if let error = settings.authorizeError { return refused(error) }
        let scope = asked.query.first("scope") ?? ""
        let challenge = asked.query.first("code_challenge")
        guard asked.query.first("response_type") == "code" else {
            return refused(OAuthError("unsupported_response_type"))
        }
        guard scope.split(separator: " ").contains("openid") else { return refused(OAuthError("invalid_scope")) }
        guard challenge == nil || asked.query.first("code_challenge_method") == "S256" else {
            return refused(OAuthError("invalid_request", "only S256 is supported"))
        }
        let code = issueCode(
            redirectURI: back, challenge: challenge, scope: scope, nonce: asked.query.first("nonce"))
        let issuer = settings.callbackIssuer.map { [("iss", $0)] } ?? []
        return .redirect(to: FormText.append([("code", code)] + state + issuer, to: back))
    }

    func userinfo(_ asked: Asked) throws -> Response {
        let settings = settings
        guard let token = asked.credentials("Bearer"), state.withLock({ $0.accessTokens.contains(token) }) else {
            var response = Response(.unauthorized)
            response.add(.wwwAuthenticate, #"Bearer error="invalid_token""#)
            return response
        }
        switch settings.userinfo {
        case .claims: return .json(settings.claims)
        case .json(let value): return .json(value)
        case .token(let make):
            let claims = (["iss": .string(url), "aud": .string(settings.clientID)] as JSONValue)
                .merging(settings.claims)
            var response = Response(.ok, body: Array((try make(claims, settings.keys) ?? "").utf8))
            response.add(.contentType, "application/jwt")
            return response
        case .status(let status): return .json(["error": "server_error"], status)
        }
    }
}
