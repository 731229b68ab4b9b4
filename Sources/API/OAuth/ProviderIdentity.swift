internal import Storage

/// Who signed in, as the provider says.
struct ProviderIdentity: Sendable {
    var loginType: LoginType
    /// GitHub's decimal user id, or `issuer||subject`.
    var linkedID: String
    var email: String
    /// A wish; it may be no user name at all.
    var username: String
    /// Trimmed and cut.
    var name: String
    var avatarURL: String
    /// github.com's accounts only.
    var githubUserID: Int64?
    var grant: TokenGrant
    /// What the link stores: a JSON object.
    var claims: [UInt8]
    var allowsSignUps: Bool
}

extension ProviderIdentity {
    /// White space off both ends, then at most 128 bytes without cutting a character in two.
    static func name(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        func trimEnd() { while scalars.last?.properties.isWhitespace == true { scalars.removeLast() } }
        trimEnd()
        while scalars.reduce(0, { $0 + UTF8.width($1) }) > 128 { scalars.removeLast() }
        trimEnd()
        return String(String.UnicodeScalarView(scalars))
    }
}
