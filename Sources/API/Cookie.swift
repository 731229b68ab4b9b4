internal import Storage

/// A `Set-Cookie` line (RFC 6265 §4.1) with Go's order of attributes.
struct Cookie: Sendable {
    static let session = "coder_session_token"
    static let csrf = "csrf_token"
    static let conversion = "coder_oauth_convert_jwt"
    static let hostPrefix = "__Host-"
    /// The year that session cookies live; the server alone decides validity (auth.md §9.4).
    static let sessionAge = 31_536_000

    private(set) var line: String

    static func session(_ token: String, _ configuration: Configuration) -> Cookie {
        Cookie(name(configuration), token, maxAge: sessionAge, isHTTPOnly: true, configuration)
    }

    static func clearedSession(_ configuration: Configuration) -> Cookie {
        Cookie(name(configuration), "", maxAge: 0, isHTTPOnly: false, configuration)
    }

    /// What stands around the value of a cookie that is written often.
    struct Frame: Sendable {
        let beforeValue: [UInt8]
        let behindValue: [UInt8]
    }

    static func csrfFrame(_ configuration: Configuration) -> Frame {
        let empty = Cookie(csrf, "", maxAge: nil, isHTTPOnly: true, configuration).line
        return Frame(
            beforeValue: Array("\(csrf)=".utf8), behindValue: Array(empty.utf8.dropFirst(csrf.utf8.count + 1)))
    }

    /// A step of a sign-in at a provider (auth.md §8.1); ends with the browser's session.
    static func flow(_ name: StaticString, _ value: String, _ configuration: Configuration) -> Cookie {
        Cookie("\(name)", value, maxAge: nil, isHTTPOnly: true, configuration)
    }

    static let clearedConversion = Cookie(line: "\(conversion)=; Path=/; Max-Age=0")

    /// The session that began a conversion (auth.md §7).
    static func endedSession(_ configuration: Configuration) -> Cookie {
        Cookie(name(configuration), "", maxAge: 0, isHTTPOnly: true, configuration)
    }

    /// Carries a conversion to the provider's callback: always Lax, never prefixed (auth.md §7).
    static func convertLogin(_ token: String, expires: Timestamp, _ configuration: Configuration) -> Cookie {
        let secure = configuration.usesSecureCookies ? "; Secure" : ""
        return Cookie(
            line:
                "\(conversion)=\(token); Path=/; Expires=\(HTTPDate.text(expires)); HttpOnly\(secure); SameSite=Lax"
        )
    }

    /// Takes back a cookie without prefix, when the prefix is demanded.
    static let clearedUnprefixed = Cookie(line: "\(session)=; Path=/; Max-Age=0")

    private static func name(_ configuration: Configuration) -> String {
        configuration.usesHostPrefixCookie ? hostPrefix + session : session
    }

    private init(line: String) { self.line = line }

    private init(_ name: String, _ value: String, maxAge: Int?, isHTTPOnly: Bool, _ configuration: Configuration) {
        line = "\(name)=\(value); Path=/"
        if let maxAge { line += "; Max-Age=\(maxAge)" }
        if isHTTPOnly { line += "; HttpOnly" }
        if configuration.usesSecureCookies { line += "; Secure" }
        line += configuration.sameSite == .lax ? "; SameSite=Lax" : "; SameSite=None"
    }
}
