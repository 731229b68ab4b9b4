internal import HTTP
internal import JSON
internal import Storage
internal import Synchronization

/// An answer of the pages: members, sent as a form unless JSON was asked for.
typealias Members = [(name: String, value: JSONValue)]

extension FakeGitHub {
    /// Everybody is signed in and agrees: the answer goes back at once.
    func authorize(_ asked: Asked) -> Response {
        let settings = settings
        guard asked.query.first("client_id") == settings.clientID,
            let back = asked.query.first("redirect_uri") ?? settings.callback
        else { return .json(["message": "Not Found"], .notFound) }
        let state = asked.query.first("state").map { [("state", $0)] } ?? []
        if let callback = settings.callback, back != callback, !back.hasPrefix(callback + "/") {
            let error = OAuthError("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL.")
            return .redirect(to: FormText.append(error.pairs + state, to: callback))
        }
        if let error = settings.authorizeError {
            return .redirect(to: FormText.append(error.pairs + state, to: back))
        }
        // GitHub knows S256 only; a plain challenge is none.
        let isHashed = asked.query.first("code_challenge_method") == "S256"
        let code = issueCode(
            redirectURI: back, challenge: isHashed ? asked.query.first("code_challenge") : nil,
            scope: asked.query.first("scope") ?? "")
        return .redirect(to: FormText.append([("code", code)] + state, to: back))
    }

    /// A code as the authorization page gives it, without a browser: for one that is injected into another's flow.
    public func issueCode(
        redirectURI: String, challenge: String? = nil, scope: String = "read:user read:org user:email"
    ) -> String {
        state.withLock { state in
            state.codes.issue(
                AuthorizationCodes.Grant(
                    clientID: state.settings.clientID, redirectURI: redirectURI, challenge: challenge, scope: scope,
                    nonce: nil, expiry: state.settings.now().adding(seconds: state.settings.codeSeconds)))
        }
    }

    /// 200, also for errors; JSON only for who asks for it.
    func form(_ members: Members, _ asked: Asked) -> Response {
        if asked.header("Accept")?.contains("application/json") == true {
            return .json(.object(members.map { JSONValue.Member($0.name, $0.value) }))
        }
        let pairs = members.map { ($0.name, $0.value.text ?? String(decoding: $0.value.bytes, as: UTF8.self)) }
        var response = Response(.ok, body: Array(FormText.encode(pairs).utf8))
        response.add(.contentType, "application/x-www-form-urlencoded; charset=utf-8")
        return response
    }

    static func refusal(_ error: String, _ description: String) -> Members {
        [
            ("error", .string(error)), ("error_description", .string(description)),
            ("error_uri", .string("https://docs.github.test/errors#\(error)")),
        ]
    }
}
