internal import HTTP
internal import Storage

/// A request as a handler sees it.
struct Call: Sendable {
    let request: Request
    let path: PathSegments
    /// Where the pattern's parameters stand in the path.
    let parameters: PathParameters
    /// The address that speaks, proxies taken off.
    let client: PeerAddress
    let now: Timestamp
    /// Answered as `X-Coder-Request-Id`.
    let requestID: UUID
    /// The token that forms carry: the cookie's, or a fresh one that the answer sets.
    let csrfToken: CSRF.Token
    /// Set on every route but those for anyone.
    let session: Caller?
    /// Set on routes below `/users/{user}`.
    let user: UserRecord?

    /// - Throws: `.notSignedIn` on a route that forgot to ask for a session.
    var caller: Caller {
        get throws(APIError) {
            guard let session else { throw .notSignedIn(detail: "") }
            return session
        }
    }

    /// - Throws: `.notFound` on a route that forgot to ask for its user.
    var target: UserRecord {
        get throws(APIError) {
            guard let user else { throw .notFound }
            return user
        }
    }

    func body() throws(APIError) -> Body { try Body(request.body) }

    var query: QueryItems { QueryItems(request.query.map { request.bytes[$0] } ?? []) }

    func parameter(_ index: Int) -> String { String(decoding: path[parameters[index]], as: UTF8.self) }
}
