/// A field name as it is sent; compared without regard to ASCII case (RFC 9110 §5.1).
public struct HeaderName: Sendable, Equatable {
    public let text: StaticString

    public init(_ text: StaticString) { self.text = text }

    public static func == (a: HeaderName, b: HeaderName) -> Bool {
        a.matches(UnsafeBufferPointer(start: b.text.utf8Start, count: b.text.utf8CodeUnitCount))
    }

    public static let accessControlRequestMethod = HeaderName("Access-Control-Request-Method")
    public static let allow = HeaderName("Allow")
    public static let authorization = HeaderName("Authorization")
    public static let bypassRateLimit = HeaderName("X-Coder-Bypass-Ratelimit")
    public static let cacheControl = HeaderName("Cache-Control")
    public static let contentSecurityPolicy = HeaderName("Content-Security-Policy")
    public static let contentType = HeaderName("Content-Type")
    public static let cookie = HeaderName("Cookie")
    public static let csrfToken = HeaderName("X-CSRF-TOKEN")
    public static let host = HeaderName("Host")
    public static let location = HeaderName("Location")
    public static let provisionerKey = HeaderName("Coder-Provisioner-Daemon-Key")
    public static let provisionerPSK = HeaderName("Coder-Provisioner-Daemon-PSK")
    public static let rateLimitLimit = HeaderName("X-RateLimit-Limit")
    public static let rateLimitRemaining = HeaderName("X-RateLimit-Remaining")
    public static let rateLimitReset = HeaderName("X-RateLimit-Reset")
    public static let referrerPolicy = HeaderName("Referrer-Policy")
    public static let refresh = HeaderName("Refresh")
    public static let requestID = HeaderName("X-Coder-Request-Id")
    public static let retryAfter = HeaderName("Retry-After")
    public static let secFetchSite = HeaderName("Sec-Fetch-Site")
    public static let sessionToken = HeaderName("Coder-Session-Token")
    public static let setCookie = HeaderName("Set-Cookie")
    public static let strictTransportSecurity = HeaderName("Strict-Transport-Security")
    public static let vary = HeaderName("Vary")
    public static let frameOptions = HeaderName("X-Frame-Options")
    public static let wwwAuthenticate = HeaderName("WWW-Authenticate")

    /// Whether bytes of a request spell this name.
    @inlinable
    public func matches(_ bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        var expected = text.utf8Start
        for byte in bytes {
            if ASCII.lower(byte) != ASCII.lower(expected.pointee) { return false }
            expected += 1
        }
        return true
    }
}

public enum ASCII {
    @inlinable
    public static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// 0…15, or nil when the byte is no hexadecimal digit.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    /// Whether the bytes spell `text`, which is lower case, in any case.
    @inlinable
    public static func equal(_ bytes: some Collection<UInt8>, ignoringCase text: StaticString) -> Bool {
        HeaderName(text).matches(bytes)
    }
}
