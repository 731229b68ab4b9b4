/// A loop's few timers (a connection sweep, reconnects), kept sorted with the next one last.
/// Connections have no timer of their own: one sweep checks them all.
struct Timers {
    private var entries: [(at: UInt64, action: () -> Void)] = []

    mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
        let place = entries.firstIndex { $0.at <= time } ?? entries.count
        entries.insert((time, action), at: place)
    }

    /// Milliseconds until the next timer, for `epoll_wait`; -1 when there is none.
    func wait(from now: UInt64) -> Int32 {
        guard let next = entries.last else { return -1 }
        return next.at <= now ? 0 : Int32(clamping: next.at - now)
    }

    /// Takes out what is due.
    mutating func due(at now: UInt64) -> [() -> Void] {
        var actions: [() -> Void] = []
        while let next = entries.last, next.at <= now {
            actions.append(next.action)
            entries.removeLast()
        }
        return actions
    }
}
