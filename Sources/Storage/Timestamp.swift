/// A moment in microseconds since 1970, UTC: what both backends keep exactly (database.md §6.10).
public struct Timestamp: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Go's zero time, 0001-01-01T00:00:00Z: "never".
    public static let zero = Timestamp(microseconds: -62_135_596_800_000_000)
    public static let epoch = Timestamp(microseconds: 0)

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// The moment `seconds` later; far moments stop at the end of the range.
    public func adding(seconds: Int64) -> Timestamp {
        let (delta, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowedToo) = microseconds.addingReportingOverflow(overflowed ? .max : delta)
        return Timestamp(microseconds: overflowedToo ? .max : sum)
    }
}
