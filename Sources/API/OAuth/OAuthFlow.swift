internal import Crypto
internal import HTTP
internal import Storage

/// The machine that both providers share: one URL starts a flow and ends it (auth.md §8.1).
struct OAuthFlow: Sendable {
    /// What a provider needs of the machine.
    struct Target: Sendable {
        /// In the cookie that says where a flow began, and in texts.
        let name: String
        let authorizationURL: String
        /// In the order they are sent.
        let parameters: [(name: String, value: String)]
        /// Sent when discovery, or the contract, knows S256.
        let usesPKCE: Bool
        /// Compared with `iss` of an answer that has it (RFC 9207 §2.4); nil: the provider has none.
        let issuer: String?
    }

    /// An answer of the provider that is the one that was asked for.
    struct Callback: Sendable {
        let code: String
        let state: String
        /// nil: PKCE is not in use.
        let verifier: String?
        /// A path of this server.
        let redirect: String
    }

    enum Step: Sendable {
        case start(Reply)
        case callback(Callback)
    }

    let configuration: Configuration
    let ambient: Ambient

    static let stateCookie: StaticString = "oauth_state"
    static let redirectCookie: StaticString = "oauth_redirect"
    static let verifierCookie: StaticString = "oauth_pkce_verifier"
    /// Ours: which provider the state was sent to (RFC 9700 §4.4.2). Clients that bring cookies of their own lack it.
    static let providerCookie: StaticString = "oauth_provider"
    /// A state that carries a conversion (auth.md §7).
    static let conversionPrefix = "convert-"

    /// - Parameter start: makes the answer that sends the browser away; nil: to the provider.
    func step(
        _ call: Call, _ target: Target, start: ((_ state: String) -> String)? = nil
    ) throws(APIError) -> Step {
        let query = call.query
        for item in query.items where item.value.utf8.contains(0) || item.name.utf8.contains(0) {
            throw .refused("A NUL character stands in the query.")
        }
        if let error = query.first("error"), !error.isEmpty { throw Self.refusal(error, query) }
        guard let code = query.first("code"), !code.isEmpty else {
            return .start(begin(query, target, start))
        }
        guard let state = query.first("state"), !state.isEmpty else {
            throw .refused("State must be provided.")
        }
        guard let cookie = Self.cookie(Self.stateCookie, call), !cookie.isEmpty else {
            throw .answered(
                .unauthorized, "Cookie \"oauth_state\" must be provided.",
                detail: "Begin the sign-in again: it was begun in another browser, or long ago.")
        }
        guard ConstantTime.areEqual(Array(cookie.utf8), Array(state.utf8)) else {
            throw .answered(.unauthorized, "State mismatched.", detail: "Begin the sign-in again.")
        }
        if let provider = Self.cookie(Self.providerCookie, call), !provider.isEmpty, provider != target.name {
            throw .refused("The sign-in was begun with another provider.", detail: "Begin the sign-in again.")
        }
        if let expected = target.issuer, let issuer = query.first("iss"), issuer != expected {
            throw .refused("The answer came from another issuer.", detail: "Begin the sign-in again.")
        }
        var verifier: String?
        if target.usesPKCE {
            guard let value = Self.cookie(Self.verifierCookie, call), !value.isEmpty else {
                throw .refused("Cookie \"oauth_pkce_verifier\" must be provided.", detail: "Begin the sign-in again.")
            }
            verifier = value
        }
        let redirect = Self.cookie(Self.redirectCookie, call) ?? query.first("redirect") ?? ""
        return .callback(
            Callback(code: code, state: state, verifier: verifier, redirect: RedirectTarget.reduced(redirect)))
    }

    // MARK: Start

    private func begin(_ query: QueryItems, _ target: Target, _ start: ((String) -> String)?) -> Reply {
        // A device code is bound to no verifier, whatever cookies there are.
        let state = state(query.first("oidc_merge_state") ?? "", isBound: target.usesPKCE && start == nil)
        let redirect = query.first("redirect") ?? ""
        var parameters = [("state", state)]
        var reply = Reply(Response(.temporaryRedirect))
        reply.set(.flow(Self.stateCookie, state, configuration))
        reply.set(
            .flow(Self.redirectCookie, redirect.isEmpty ? "" : RedirectTarget.reduced(redirect), configuration))
        reply.set(.flow(Self.providerCookie, target.name, configuration))
        if target.usesPKCE {
            let verifier = Base64URL.encode(ambient.randomBytes(32))
            parameters += [("code_challenge", Self.challenge(verifier)), ("code_challenge_method", "S256")]
            reply.set(.flow(Self.verifierCookie, verifier, configuration))
        }
        let location = start?(state) ?? Self.url(target, state: parameters[0].1, pkce: Array(parameters.dropFirst()))
        reply.response.add(.location, location)
        reply.response.add(.cacheControl, "no-store")
        return reply
    }

    /// A given state is used. Where no verifier binds the code to this browser, a stranger who chose it could bring a
    /// code of his own; there it must name a conversion, whose end asks for the conversion's cookie.
    private func state(_ given: String, isBound: Bool) -> String {
        let isPlain = given.utf8.allSatisfy {
            48...57 ~= $0 || 97...122 ~= $0 | 0x20 || [45, 46, 95, 126].contains($0)
        }
        guard !given.isEmpty, given.utf8.count <= 128, isPlain, isBound || given.hasPrefix(Self.conversionPrefix) else {
            return ambient.randomAlphanumerics(32)
        }
        return given
    }

    /// RFC 7636 §4.2.
    static func challenge(_ verifier: String) -> String {
        Base64URL.encode(Array(SHA256.hash(data: Array(verifier.utf8))))
    }

    /// Later parameters of the same name override earlier ones.
    private static func url(_ target: Target, state: String, pkce: [(String, String)]) -> String {
        var items: [(name: String, value: String)] = []
        for item in target.parameters + [("state", state)] + pkce.map({ (name: $0.0, value: $0.1) }) {
            items.removeAll { $0.name == item.name }
            items.append(item)
        }
        let text = items.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
        return target.authorizationURL + (target.authorizationURL.contains("?") ? "&" : "?") + text
    }

    // MARK: Parts

    private static func cookie(_ name: StaticString, _ call: Call) -> String? {
        Cookies.value(name, in: call.request).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func refusal(_ error: String, _ query: QueryItems) -> APIError {
        var parts: [String] = []
        if let description = query.first("error_description"), !description.isEmpty { parts.append(description) }
        if let uri = query.first("error_uri"), !uri.isEmpty { parts.append("error_uri: \(uri)") }
        return .refused("The provider refused the sign-in: \(error)", detail: parts.joined(separator: ", "))
    }
}
