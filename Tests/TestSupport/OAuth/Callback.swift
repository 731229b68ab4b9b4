internal import HTTP

/// Where a browser comes back to after an authorization endpoint has sent it on.
public struct Callback: Sendable {
    /// The whole URL.
    public let location: String
    /// Its path and query: the target of a request to the server under test.
    public let target: String
    public let code: String?
    public let state: String?
    public let error: String?

    /// - Throws: `SupportFault` when the text is no absolute http URL.
    public init(_ location: String) throws {
        guard let scheme = location.firstRange(of: "://"),
            let slash = location[scheme.upperBound...].firstIndex(of: "/")
        else { throw SupportFault("a browser could not go there: \(location)") }
        self.location = location
        let target = String(location[slash...])
        let query = target.firstIndex(of: "?").map { target[target.index(after: $0)...] } ?? ""
        let items = QueryItems(Array(query.utf8)[...])
        self.target = target
        code = items.first("code")
        state = items.first("state")
        error = items.first("error")
    }
}

extension FakeSite {
    /// Goes to an authorization URL as a browser would, but without a socket; the visit is recorded.
    /// - Throws: `SupportFault` when the URL is another site's, or when the site does not send the browser on.
    public func visit(_ location: String) throws -> Callback {
        guard let origin = origins.first(where: { location.hasPrefix($0 + basePath + "/") }) else {
            throw SupportFault("that is not a URL of this site: \(location)")
        }
        let parts = location.dropFirst(origin.count + basePath.count).split(separator: "?", maxSplits: 1)
        let asked = Asked(
            method: .get, path: String(parts[0]), query: Array((parts.count > 1 ? parts[1] : "").utf8)[...],
            origin: origin)
        record(asked)
        let response = answer(asked)
        guard let back = response.values(HeaderName("Location")).first else {
            throw SupportFault("the site sends nobody on: \(String(decoding: response.body, as: UTF8.self))")
        }
        return try Callback(back)
    }
}
