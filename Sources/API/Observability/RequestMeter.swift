internal import HTTP
public import Loops
internal import Storage

/// Counts what one loop serves. Nothing is shared between loops on the way of a request: who wants the figures of all
/// asks each loop for its own and adds them up.
///
/// `@unchecked Sendable`: `figures` is touched on the loop's thread only; every entry demands it.
public final class RequestMeter: @unchecked Sendable {
    private let loop: EventLoop
    private var figures = Figures()

    public init(_ loop: EventLoop) { self.loop = loop }

    /// A request has come in.
    func begin() {
        loop.preconditionOnLoop()
        figures.inFlight += 1
    }

    /// Its answer is ready.
    /// - Parameters:
    ///   - route: its row in the table; nil: no row matched.
    ///   - nanoseconds: from the whole request to the whole answer.
    func end(route: Int?, _ status: Status, nanoseconds: UInt64) {
        figures.inFlight -= 1
        let index = (route ?? -1) + 1
        while figures.routes.count <= index { figures.routes.append(Figures.Route()) }
        figures.routes[index].add(status.rawValue, nanoseconds)
    }

    func countLogin(_ type: LoginType, _ result: LoginResult) {
        loop.preconditionOnLoop()
        figures.logins[Figures.Login(type: type.rawValue, result: result.rawValue), default: 0] += 1
    }

    func countStorageError(_ kind: StaticString) {
        loop.preconditionOnLoop()
        figures.storageErrors["\(kind)", default: 0] += 1
    }

    /// The figures so far.
    func snapshot() async -> Figures {
        await Task(executorPreference: loop) { [self] in figures }.value
    }

    enum LoginResult: String {
        case success, refused
        /// We could not say.
        case error
    }
}

/// What was counted: of one loop, or of several.
struct Figures: Sendable {
    /// Upper bounds of the buckets, nanoseconds; one more bucket takes what is slower.
    static let bounds: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    struct Route: Sendable {
        /// Requests by status; few statuses a route, so a list is the fastest table.
        var statuses: [(code: Int, count: UInt64)] = []
        var buckets = [UInt64](repeating: 0, count: Figures.bounds.count + 1)
        var nanoseconds: UInt64 = 0

        mutating func add(_ code: Int, _ nanoseconds: UInt64) {
            add(code, count: 1)
            buckets[Figures.bounds.firstIndex { nanoseconds <= $0 } ?? Figures.bounds.count] += 1
            self.nanoseconds += nanoseconds
        }

        mutating func add(_ code: Int, count: UInt64) {
            if let index = statuses.firstIndex(where: { $0.code == code }) {
                statuses[index].count += count
            } else {
                statuses.append((code, count))
            }
        }

        mutating func add(_ other: Route) {
            for (code, count) in other.statuses { add(code, count: count) }
            for (index, count) in other.buckets.enumerated() { buckets[index] += count }
            nanoseconds += other.nanoseconds
        }
    }

    struct Login: Hashable, Sendable {
        let type: String
        let result: String
    }

    /// First those that no row matched, then the rows in order.
    var routes: [Route] = []
    var inFlight = 0
    var logins: [Login: UInt64] = [:]
    var storageErrors: [String: UInt64] = [:]

    mutating func add(_ other: Figures) {
        for (index, route) in other.routes.enumerated() {
            if index == routes.count { routes.append(Route()) }
            routes[index].add(route)
        }
        inFlight += other.inFlight
        logins.merge(other.logins, uniquingKeysWith: +)
        storageErrors.merge(other.storageErrors, uniquingKeysWith: +)
    }
}
