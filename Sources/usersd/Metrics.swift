internal import API
internal import Glibc
internal import HTTPEngine
internal import Outbound

/// What the engine, the start and the process have to tell, beside what requests did.
enum Metrics {
    /// Of the address where they are asked for.
    static var limits: Limits {
        var limits = Limits()
        limits.connections = 64
        limits.connectionsPerAddress = 64
        return limits
    }

    static func all(_ engine: Engine, _ seed: Seeding.Outcome, _ mailroom: Mailroom?, version: String) async -> [Metric]
    {
        var info = Metric("usersd_build_info", .gauge, "The API level, as a label.")
        info.add([("version", version)], "1")
        let notices = Metric(
            "usersd_notices_waiting", .gauge, "Letters and webhook calls that wait.", mailroom?.waitingCount ?? 0)
        return await connections(engine) + prices(seed) + process + [notices, info]
    }

    private static func connections(_ engine: Engine) async -> [Metric] {
        let counts = await engine.counts()
        var refusals = Metric(
            "usersd_http_refusals_total", .counter, "Requests that were refused before a route was looked for.")
        for (status, count) in counts.refusals.sorted(by: { $0.key < $1.key }) {
            refusals.add([("code", "\(status)")], "\(count)")
        }
        return [
            Metric("usersd_http_connections", .gauge, "Open connections.", engine.connectionCount),
            Metric("usersd_http_connections_accepted_total", .counter, "Connections taken.", counts.accepted),
            Metric(
                "usersd_http_connections_refused_total", .counter, "Connections over the limit of their address.",
                counts.turnedAway),
            refusals,
        ]
    }

    private static func prices(_ seed: Seeding.Outcome) -> [Metric] {
        [
            Metric("usersd_price_seed_rows", .gauge, "Rows of the price book that were seeded.", seed.rowCount),
            Metric(
                "usersd_price_seed_success", .gauge, "Whether the seed at the start succeeded.",
                seed.state == .seeded ? 1 : 0),
            Metric(
                "usersd_price_seed_seconds", .gauge, "Time that the seed of the price book took.",
                nanoseconds: seed.nanoseconds),
        ]
    }

    /// The names that every Prometheus client has for them.
    private static var process: [Metric] {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let nanoseconds = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        var metrics = [
            Metric("process_cpu_seconds_total", .counter, "User and system time.", nanoseconds: nanoseconds)
        ]
        // The second number of statm is the resident set, in pages.
        if let text = File.read("/proc/self/statm", limit: 256),
            let pages = Int(String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first ?? "")
        {
            metrics.append(
                Metric(
                    "process_resident_memory_bytes", .gauge, "Memory that is backed by pages.",
                    pages * Int(sysconf(Int32(_SC_PAGESIZE)))))
        }
        if let count = File.count("/proc/self/fd") {
            metrics.append(Metric("process_open_fds", .gauge, "Open descriptors.", count))
        }
        return metrics
    }
}
