internal import HTTP

/// Cross-site request forgery (auth.md §10): a request that changes something and is signed in by a cookie must
/// show that its sender can read the cookie's site.
struct CSRF: Sendable {
    static let tokenCount = 32

    /// What the cookie holds: 32 bytes, without memory of their own, for nearly every request is given some.
    struct Token: Sendable {
        private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        init(random ambient: Ambient) { withUnsafeMutableBytes(of: &words, ambient.fillRandom) }

        init?(_ bytes: [UInt8]) {
            guard bytes.count == tokenCount else { return nil }
            withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        }

        var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

        /// Base64, as the cookie has it.
        func write(to text: inout [UInt8]) { withUnsafeBytes(of: words) { Base64.encode($0, to: &text) } }
    }

    /// - Parameter path: looked at with its slashes collapsed (decisions.md #21).
    /// - Throws: `.crossSite`.
    static func check(_ request: Request, _ presented: PresentedToken, path segments: PathSegments) throws(APIError) {
        guard !request.method.isSafe, let cookie = presented.cookie, !cookie.isEmpty else { return }
        let path = segments.normalized
        guard path == "/api" || path.hasPrefix("/api/") || path.hasPrefix("/oauth2/authorize") else { return }
        if path == "/api/v2/users/first" || path == "/api/v2/csp/reports" { return }
        if PresentedToken.bearer(request) != nil { return }
        for name in [HeaderName.provisionerPSK, .provisionerKey] {
            if let value = request.value(name), !value.isEmpty { return }
        }
        let header = request.value(.sessionToken)
        if let header, ConstantTime.areEqual(Array(header), Array(cookie)) { return }
        if let query = PresentedToken.query("coder_session_token", request),
            ConstantTime.areEqual(Array(query), Array(cookie))
        {
            return
        }
        if holdsToken(request) { return }
        if let header, !header.isEmpty {
            throw .crossSite(
                "CSRF error encountered. Authentication via the cookie \"\(Cookie.session)\" and the header "
                    + "\"Coder-Session-Token\" disagree. Send one of them, or the same value in both.")
        }
        throw .crossSite(
            "Something is wrong with your CSRF token. Reload the page, or send the session token in the header "
                + "\"Coder-Session-Token\".")
    }

    /// The token of the cookie, when it is one.
    static func token(_ request: Request) -> Token? {
        guard let cookie = Cookies.value("csrf_token", in: request), let bytes = Base64.decode(cookie) else {
            return nil
        }
        return Token(bytes)
    }

    /// What a form carries: a pad, then the token XOR the pad, so that no two pages hold the same text.
    static func masked(_ token: Token, _ ambient: Ambient) -> String {
        let pad = ambient.randomBytes(tokenCount)
        return String(decoding: Base64.encode(pad + zip(token.bytes, pad).map { $0 ^ $1 }), as: UTF8.self)
    }

    /// A form's own check, below paths that the API's does not look at: whether its token is the cookie's.
    static func isOwn(_ formToken: String, _ request: Request) -> Bool { fits(Array(formToken.utf8)[...], request) }

    private static func holdsToken(_ request: Request) -> Bool {
        request.value(.csrfToken).map { fits($0, request) } ?? false
    }

    /// Whether a text is the cookie's token, plain or masked.
    private static func fits(_ text: ArraySlice<UInt8>, _ request: Request) -> Bool {
        guard let token = token(request)?.bytes, let bytes = Base64.decode(text) else { return false }
        switch bytes.count {
        case tokenCount: return ConstantTime.areEqual(bytes, token)
        case 2 * tokenCount:
            return ConstantTime.areEqual((0..<tokenCount).map { bytes[$0] ^ bytes[tokenCount + $0] }, token)
        default: return false
        }
    }
}
