internal import Storage

/// How many users a list had, and the snapshot of the statement that counted them. Two statements of one server with
/// equal snapshots see the same rows, for a commit that came between would stand in one of them only: the count is
/// exact for a page of the same snapshot, whoever else writes, and a list of millions is counted once after each
/// commit instead of for every page.
struct PostgresCounts {
    struct Count {
        let count: Int
        /// `pg_current_snapshot()` as text.
        let snapshot: String
    }

    private var counts: [UserQuery: Count] = [:]
    /// How often the connection had been lost: another server may stand behind the next one.
    private var losses = 0

    private static let limit = 64

    /// - Parameters:
    ///   - query: without paging.
    ///   - losses: of connections so far.
    mutating func find(_ query: UserQuery, on losses: Int) -> Count? {
        guard losses == self.losses else { return nil }
        return counts[query]
    }

    mutating func keep(_ count: Count, of query: UserQuery, on losses: Int) {
        if losses != self.losses || counts.count >= Self.limit { counts.removeAll(keepingCapacity: true) }
        self.losses = losses
        counts[query] = count
    }
}
