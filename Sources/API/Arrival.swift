internal import HTTP
internal import Storage

/// What every answer says of its request.
struct Envelope: Sendable {
    let request: Request
    let requestID: UUID
    let csrfToken: CSRF.Token
    let hasCSRFCookie: Bool
    /// `Ambient.ticks`; 0 when nobody asks how long it takes.
    let start: UInt64
}

/// A request that has been looked at.
struct Arrival: Sendable {
    let envelope: Envelope
    let path: PathSegments
    let found: PathTable.Found
    let presented: PresentedToken
    let client: PeerAddress
    let now: Timestamp
    /// nil: somebody must be waited for to know it.
    var verdict: Gate.Verdict?
    /// Whether CSRF let it in, and it has been counted.
    var isIn = false
    var standing: RateLimiter.Standing?

    var request: Request { envelope.request }

    var isAPI: Bool { path.count > 0 && path.segment(0, is: "api") }

    func call(_ parameters: PathParameters, _ session: Caller?, _ user: UserRecord?) -> Call {
        Call(
            request: request, path: path, parameters: parameters, client: client, now: now,
            requestID: envelope.requestID, csrfToken: envelope.csrfToken, session: session, user: user)
    }
}
