/// What was read at one moment of a database. With the first look at another moment everything is dropped, so nobody is
/// told what a commit has changed, whoever made it: the cache is exact (design.md §1).
///
/// A moment is anything that a backend can tell without reading rows, and that two states never share.
public struct MomentCache<Moment: Equatable, Key: Hashable, Value> {
    @usableFromInline var moment: Moment?
    @usableFromInline var entries: [Key: Value] = [:]
    @usableFromInline let limit: Int

    /// - Parameter limit: entries that are kept.
    @inlinable
    public init(limit: Int) { self.limit = limit }

    /// The value under `key` of the moment that was seen last, for whoever finds out later whether it is still that one.
    @inlinable
    public func peek(_ key: Key) -> Value? { entries[key] }

    /// The value under `key`, if it was read at this very moment.
    @inlinable
    public mutating func find(_ key: Key, at moment: Moment) -> Value? {
        goTo(moment)
        return entries[key]
    }

    /// - Parameter moment: of the read, or of before it began: what was committed during it makes the entry stale,
    ///   never wrong.
    @inlinable
    public mutating func keep(_ value: Value, under key: Key, at moment: Moment) {
        goTo(moment)
        if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
        entries[key] = value
    }

    @inlinable
    mutating func goTo(_ moment: Moment) {
        guard moment != self.moment else { return }
        self.moment = moment
        entries.removeAll(keepingCapacity: true)
    }
}
