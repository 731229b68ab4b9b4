public import HTTP
public import Storage

/// What the operator decides about the API. Options and their environment variables are in `usersd`.
public struct Configuration: Sendable {
    public enum SameSite: String, Sendable, CaseIterable { case lax, none }

    /// `X-Coder-Build-Version`: a semantic version with `v`, of the API level we implement (clients.md §1).
    public var version = "v2.34.0"
    /// Where people reach the server, without a slash at the end.
    public var accessURL = "http://127.0.0.1:3000"
    public var deploymentID = UUID.zero
    public var isPasswordAuthDisabled = false
    /// Lifetime of a session key, seconds.
    public var sessionDuration: Int64 = 86_400
    public var isSessionRefreshDisabled = false
    /// `Secure` on the cookies; by default when the access URL is https.
    public var usesSecureCookies = false
    public var sameSite = SameSite.lax
    public var usesHostPrefixCookie = false
    /// Seconds, of a token that asks for none.
    public var defaultTokenLifetime: Int64 = 168 * 3600
    /// Seconds, of tokens of users who are no owners.
    public var maximumTokenLifetime: Int64 = 876_600 * 3600
    /// Seconds, of owners' tokens.
    public var maximumAdminTokenLifetime: Int64 = 168 * 3600
    public var termsOfServiceURL = ""
    /// `Strict-Transport-Security` on everything but the API (RFC 6797); empty: none.
    public var strictTransport = ""
    /// Requests a minute of one caller on one route; negative: no limit. 0 means the default (auth.md §12).
    public var rateLimit = 512
    public var isRateLimitDisabled = false
    /// Headers that carry the client's address, in order; looked at only when the peer is a trusted proxy.
    public var proxyHeaders: [String] = []
    public var proxyOrigins: [AddressRange] = []

    public init() {}
}
