import Crypto
import JSON
import TestSupport

/// What a client of an OpenID Connect provider sends, over a socket.
struct ProviderClientSteps {
    static let redirect = "http://usersd.test/callback"
    static let verifier = "a-verifier-of-forty-three-characters-at-least"

    let provider: FakeProvider

    static var challenge: String { JWTForge.base64URL(Array(SHA256.hash(data: Array(verifier.utf8)))) }

    /// Goes through the authorization endpoint; returns where it sends the browser.
    func authorize(_ changes: [String: String?] = [:]) async throws -> Callback {
        var query: [(String, String)] = [
            ("response_type", "code"), ("client_id", "oidc-client"), ("redirect_uri", Self.redirect),
            ("scope", "openid profile email"), ("state", "st&te"), ("code_challenge", Self.challenge),
            ("code_challenge_method", "S256"),
        ].filter { !changes.keys.contains($0.0) }
        for (name, value) in changes { if let value { query.append((name, value)) } }
        let answer = try await PlainClient.send("GET", provider.url + "/authorize?" + Self.encoded(query))
        return try Callback(answer.header("Location").first ?? "")
    }

    func code() async throws -> String { try await authorize().code ?? "" }

    /// Sends a code, a new one unless one is given, to the token endpoint.
    /// - Parameter changes: nil takes a pair out.
    func redeem(
        _ code: String? = nil, _ changes: [String: String?] = [:], headers: [(String, String)] = []
    ) async throws -> Answer {
        let code = if let code { code } else { try await self.code() }
        var form: [String: String] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Self.redirect,
            "client_id": "oidc-client", "client_secret": "oidc-secret", "code_verifier": Self.verifier,
        ]
        for (name, value) in changes { form[name] = value }
        return try await PlainClient.send(
            "POST", provider.url + "/token", headers: headers, form: form.map { ($0.key, $0.value) })
    }

    func refresh(_ token: String) async throws -> Answer {
        try await redeem(
            "", ["grant_type": "refresh_token", "refresh_token": token, "code": nil, "code_verifier": nil])
    }

    /// The error that a code meets; nil when it buys a token.
    func refusal(_ code: String? = nil, _ changes: [String: String?] = [:]) async throws -> String? {
        try await redeem(code, changes)["error"]?.text
    }

    private static func encoded(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\($0.1.replacing("&", with: "%26").replacing(" ", with: "+"))" }.joined(separator: "&")
    }
}
