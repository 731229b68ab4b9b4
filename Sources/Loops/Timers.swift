/// A loop's few timers (a connection sweep, reconnects), kept sorted with the next one last.
/// Connections have no timer of their own: one sweep checks them all.
struct Timers {
    // No tuple: a function in one is wrapped anew each time that somebody looks at it.
    private struct Entry {
        let time: UInt64
        let action: () -> Void
    }

    private var entries: [Entry] = []

    mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
        let place = entries.firstIndex { $0.time <= time } ?? entries.count
        entries.insert(Entry(time: time, action: action), at: place)
    }

    /// Milliseconds until the next timer, for `epoll_wait`; -1 when there is none.
    func wait(from now: UInt64) -> Int32 {
        guard let next = entries.last else { return -1 }
        return next.time <= now ? 0 : Int32(clamping: next.time - now)
    }

    /// Takes out what is due.
    mutating func due(at now: UInt64) -> [() -> Void] {
        var actions: [() -> Void] = []
        while let next = entries.last, next.time <= now {
            actions.append(next.action)
            entries.removeLast()
        }
        return actions
    }
}
