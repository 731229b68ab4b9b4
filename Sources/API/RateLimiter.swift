internal import HTTP
internal import Storage
internal import Synchronization

/// Requests a minute of one caller on one route, estimated over two fixed windows (auth.md §12). Per process.
final class RateLimiter: Sendable {
    enum Subject: Hashable, Sendable {
        case user(UUID)
        case network(PeerAddress)
        /// Everybody for whom there is no more room in the table.
        case others
    }

    struct Standing: Sendable {
        let limit: Int
        let remaining: Int
        /// Unix seconds: the end of the window.
        let reset: Int64
        let isOver: Bool
    }

    private struct Key: Hashable {
        let subject: Subject
        let route: Int
    }

    private struct Windows {
        var minute: Int64
        var current = 0
        var previous = 0
    }

    private struct Table {
        var windows: [Key: Windows] = [:]
        /// The minute that was swept last: a full table is looked through once a minute, not for every newcomer.
        var sweptMinute: Int64 = 0
    }

    private let table = Mutex(Table())

    /// Counters kept; beyond, newcomers share one.
    private static let capacity = 65_536

    /// Counters that are kept.
    var counterCount: Int { table.withLock { $0.windows.count } }

    /// Counts a request, unless it is over the limit.
    func count(_ subject: Subject, route: Int, limit: Int, at now: Timestamp) -> Standing {
        let second = now.microseconds / 1_000_000
        let minute = second / 60
        let elapsed = Double(now.microseconds - minute * 60_000_000) / 60_000_000
        return table.withLock { table in
            var key = Key(subject: subject, route: route)
            if table.windows[key] == nil, table.windows.count >= Self.capacity {
                if table.sweptMinute != minute {
                    table.sweptMinute = minute
                    table.windows = table.windows.filter { $0.value.minute >= minute - 1 }
                }
                if table.windows.count >= Self.capacity { key = Key(subject: .others, route: route) }
            }
            var windows = table.windows[key] ?? Windows(minute: minute)
            if windows.minute != minute {
                windows = Windows(minute: minute, previous: windows.minute == minute - 1 ? windows.current : 0)
            }
            let rate = Int((Double(windows.previous) * (1 - elapsed)).rounded()) + windows.current
            let isOver = rate + 1 > limit
            if !isOver { windows.current += 1 }
            table.windows[key] = windows
            return Standing(
                limit: limit, remaining: max(0, limit - rate - 1), reset: (minute + 1) * 60, isOver: isOver)
        }
    }
}
