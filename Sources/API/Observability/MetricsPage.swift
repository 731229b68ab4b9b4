public import HTTP
public import Loops
public import Storage

/// `GET /metrics`, on an address of its own: no caller is asked who they are, so the address is not for everybody.
///
/// The families of requests carry the names that Coder's own have, so that dashboards made for it go on working.
public struct MetricsPage: Sendable {
    /// One loop's part.
    public struct Source: Sendable {
        let loop: EventLoop
        let meter: RequestMeter
        let store: any Storage

        public init(loop: EventLoop, meter: RequestMeter, store: any Storage) {
            self.loop = loop
            self.meter = meter
            self.store = store
        }
    }

    private let sources: [Source]
    private let shared: SharedState
    private let routes: [(method: String, path: String)]
    private let others: @Sendable () async -> [Metric]

    /// - Parameters:
    ///   - routes: the rows of the dispatcher's table, in order.
    ///   - others: what the engine, the process and the start have to tell.
    public init(
        _ sources: [Source], _ shared: SharedState, routes: [(method: String, path: String)],
        others: @escaping @Sendable () async -> [Metric]
    ) {
        self.sources = sources
        self.shared = shared
        self.routes = routes
        self.others = others
    }

    public func respond(to request: Request) async -> Response {
        guard request.bytes[request.path].elementsEqual("/metrics".utf8) else {
            return Self.plain(.notFound, "The metrics are at /metrics.\n")
        }
        guard request.method == .get || request.method == .head else {
            var response = Self.plain(.methodNotAllowed, "")
            response.add(.allow, "GET, HEAD")
            return response
        }
        return Self.plain(.ok, Exposition.text(await metrics()))
    }

    private static func plain(_ status: Status, _ text: String) -> Response {
        var response = Response(status, body: Array(text.utf8))
        response.add(.contentType, Exposition.contentType)
        return response
    }

    private func metrics() async -> [Metric] {
        var figures = Figures()
        var load = StorageLoad()
        for source in sources {
            figures.add(await source.meter.snapshot())
            load.add(await Task(executorPreference: source.loop) { source.store.load }.value)
        }
        return requests(figures) + signIns(figures) + storage(figures, load) + (await others())
    }

    private func requests(_ figures: Figures) -> [Metric] {
        var processed = Metric(
            "coderd_api_requests_processed_total", .counter, "Requests that were answered, by route and status.")
        var latencies = Metric(
            "coderd_api_request_latencies_seconds", .histogram, "From a whole request to its whole answer.")
        for (index, route) in figures.routes.enumerated() where !route.statuses.isEmpty {
            // What no row matched stands first.
            let (method, path) = index == 0 ? ("", "") : routes[index - 1]
            let labels = [("method", method), ("path", path)]
            for (code, count) in route.statuses.sorted(by: { $0.code < $1.code }) {
                processed.add([("code", "\(code)")] + labels, "\(count)")
            }
            latencies.addHistogram(
                labels, buckets: route.buckets, bounds: Figures.bounds, sum: route.nanoseconds)
        }
        let inFlight = Metric(
            "coderd_api_concurrent_requests", .gauge, "Requests that wait for their answer.", figures.inFlight)
        return [processed, latencies, inFlight]
    }

    private func signIns(_ figures: Figures) -> [Metric] {
        var logins = Metric("usersd_logins_total", .counter, "Sign-ins, by login type and result.")
        for (login, count) in figures.logins.sorted(by: { ($0.key.type, $0.key.result) < ($1.key.type, $1.key.result) })
        {
            logins.add([("type", login.type), ("result", login.result)], "\(count)")
        }
        let hashes = shared.passwords.figures
        return [
            logins,
            Metric("usersd_password_hashes_total", .counter, "Password hashes that were computed.", hashes.count),
            Metric(
                "usersd_password_hash_seconds_total", .counter, "Time that threads spent on hashes.",
                nanoseconds: hashes.nanoseconds),
            Metric(
                "usersd_password_hashes_waiting", .gauge, "Work that waits for a thread of the hashing pool.",
                hashes.waiting),
            Metric(
                "usersd_rate_limit_counters", .gauge, "Callers and routes that limits are kept for.",
                shared.limiter.counterCount),
        ]
    }

    private func storage(_ figures: Figures, _ load: StorageLoad) -> [Metric] {
        var errors = Metric("usersd_storage_errors_total", .counter, "Answers that the database spoiled, by kind.")
        for kind in ["busy", "unavailable", "broken"] {
            errors.add([("kind", kind)], "\(figures.storageErrors[kind] ?? 0)")
        }
        var connections = Metric(
            "usersd_postgres_pool_connections", .gauge, "Connections for transactions, by what they do.")
        connections.add([("state", "busy")], "\(load.busyConnections)")
        connections.add([("state", "idle")], "\(load.idleConnections)")
        return [
            errors,
            Metric(
                "usersd_sqlite_writes_waiting", .gauge, "Changes that wait for SQLite's writer.", load.waitingWrites),
            Metric(
                "usersd_postgres_statements_in_flight", .gauge, "Statements that were sent and not answered.",
                load.statementsInFlight),
            connections,
            Metric(
                "usersd_postgres_pool_waiting", .gauge, "Transactions that wait for a connection.",
                load.waitingTransactions),
            Metric(
                "usersd_postgres_connections_lost_total", .counter, "Connections that were lost or never came about.",
                load.lostConnections),
        ]
    }
}
