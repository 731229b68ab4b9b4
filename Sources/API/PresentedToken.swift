internal import HTTP

/// The token of a request: the first non-empty of five places, and never another one (auth.md §9.3).
struct PresentedToken: Sendable {
    /// nil: the request has none.
    let token: ArraySlice<UInt8>?
    /// The session cookie, which CSRF is about.
    let cookie: ArraySlice<UInt8>?
    /// A cookie without the prefix that is demanded was sent: it is taken back.
    let hasUnprefixedCookie: Bool

    init(_ request: Request, usesHostPrefix: Bool) {
        let plain = Cookies.value("coder_session_token", in: request)
        hasUnprefixedCookie = usesHostPrefix && plain != nil
        cookie = usesHostPrefix ? Cookies.value("__Host-coder_session_token", in: request) : plain
        if let cookie, !cookie.isEmpty {
            token = cookie
        } else if let value = Self.query("coder_session_token", request), !value.isEmpty {
            token = value
        } else if let value = request.value(.sessionToken), !value.isEmpty {
            token = value
        } else if let value = Self.bearer(request), !value.isEmpty {
            token = value
        } else if let value = Self.query("access_token", request).map(Self.trimmed), !value.isEmpty {
            token = value
        } else {
            token = nil
        }
    }

    /// The value behind `Authorization: Bearer`, the scheme in any case.
    static func bearer(_ request: Request) -> ArraySlice<UInt8>? {
        guard let value = request.value(.authorization), value.count >= 6,
            ASCII.equal(value.prefix(6), ignoringCase: "bearer"), value.count == 6 || value[value.startIndex + 6] == 32
        else { return nil }
        return trimmed(value.dropFirst(6))
    }

    /// Only a query that names the parameter is read apart.
    static func query(_ name: String, _ request: Request) -> ArraySlice<UInt8>? {
        guard let range = request.query else { return nil }
        return QueryItems(request.bytes[range]).first(name).map { ArraySlice($0.utf8) }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        return bytes
    }
}
