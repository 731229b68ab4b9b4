internal import HTTP
internal import Logging
internal import Storage

/// What becomes known of a request while it is answered.
struct RequestTrace: Sendable {
    /// The row of the table.
    var route: Int?
    /// Proxies taken off.
    var client: PeerAddress?
    var userID: UUID?
}

/// One line for every request, at level info. It names the route and not the path, and no query: tokens and passcodes
/// stand in those.
struct RequestLog: Sendable {
    private let log: Logger

    /// - Returns: nil when the level is off, so that nothing is gathered for it.
    init?(_ log: Logger) {
        guard log.logLevel <= .info else { return nil }
        self.log = log
    }

    /// - Parameter path: of the route; nil: no row matched.
    func note(
        _ request: Request, _ id: UUID, _ trace: RequestTrace, path: String?, _ status: Status, nanoseconds: UInt64
    ) {
        var metadata: Logger.Metadata = [
            "request_id": "\(id)", "method": "\(request.method.name)", "route": "\(path ?? "")",
            "status": "\(status.rawValue)", "duration_ms": "\(Self.milliseconds(nanoseconds))",
            "client": "\(trace.client ?? request.peer)",
        ]
        if let user = trace.userID { metadata["user_id"] = "\(user)" }
        log.info("request", metadata: metadata)
    }

    /// With three digits behind the point.
    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds / 1000 % 1000)
        return "\(nanoseconds / 1_000_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
