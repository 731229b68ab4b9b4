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
