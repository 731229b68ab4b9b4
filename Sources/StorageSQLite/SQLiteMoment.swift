/// A state of the file, as a connection sees it without asking SQLite: the WAL index's header, which changes with every
/// commit of this and of every other process before the commit is acknowledged. Two equal marks have no commit between.
struct SQLiteMoment: Equatable {
    private let words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    /// - Parameter header: 48 bytes that others may be writing. Bytes of two states, one of them not acknowledged yet,
    ///   make a mark that no state has.
    init(_ header: UnsafeRawPointer) {
        words = header.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64).self)
    }

    static func == (a: SQLiteMoment, b: SQLiteMoment) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1
            && a.words.2 == b.words.2 && a.words.3 == b.words.3 && a.words.4 == b.words.4 && a.words.5 == b.words.5
    }
}

/// What was read at one moment of the file. With the first look at another moment everything is dropped, so nobody is
/// told what a commit has changed, whoever made it: the cache is exact (design.md §1).
struct SQLiteMomentCache<Key: Hashable, Value> {
    private var moment: SQLiteMoment?
    private var entries: [Key: Value] = [:]
    private let limit: Int

    /// - Parameter limit: entries that are kept.
    init(limit: Int) { self.limit = limit }

    /// The value under `key`, if it was read at this very moment.
    mutating func find(_ key: Key, at moment: SQLiteMoment) -> Value? {
        guard moment == self.moment else {
            self.moment = moment
            entries.removeAll(keepingCapacity: true)
            return nil
        }
        return entries[key]
    }

    /// - Parameter moment: of before the read began: what was committed during it makes the entry stale, never wrong.
    mutating func keep(_ value: Value, under key: Key, at moment: SQLiteMoment) {
        guard moment == self.moment else { return }
        if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
        entries[key] = value
    }
}
