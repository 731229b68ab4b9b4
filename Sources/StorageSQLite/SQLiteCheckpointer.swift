internal import Loops
internal import Storage

/// Copies the journal into the file on a thread of its own: SQLite would do it within a commit, every thousand pages, and
/// whoever waits for the writer would wait for that, too. While changes never cease that thread never reaches the
/// journal's end, where the journal could begin anew, so the writer copies the little that has come meanwhile.
///
/// Not Sendable: it belongs to the writer's thread.
struct SQLiteCheckpointer {
    private let wishes = BlockingQueue<Void>(limit: 1)
    private let reports = BlockingQueue<Void>(limit: 1)
    private let thread: WorkerThread
    private var isRunning = false
    /// How often the thread has copied without the writer having done the rest.
    private var rounds = 0

    /// Pages of the journal that wait to be copied; what SQLite has as its default.
    private static let pageLimit = 1_000
    /// What the writer copies itself. More is left to the thread, which finds less at each round because it takes less time
    /// for less; where it does not, the writer copies all the same, so that the journal stays short.
    private static let restLimit = 250
    private static let roundLimit = 4

    /// - Parameter open: makes the thread's own connection when it is needed for the first time. Where it fails, the
    ///   writer copies everything.
    init(_ open: @escaping @Sendable () throws(StorageError) -> SQLiteConnection) {
        let (wishes, reports) = (wishes, reports)
        thread = WorkerThread {
            var connection: SQLiteConnection?
            while !wishes.take(atMost: 1).isEmpty {
                if connection == nil { connection = try? open() }
                connection?.checkpoint()
                _ = reports.add(())
            }
        }
    }

    /// Call it after a commit.
    mutating func shortenJournal(of connection: SQLiteConnection) {
        let pages = connection.journalPages
        guard isRunning else {
            if pages >= Self.pageLimit { begin() }
            return
        }
        guard reports.count > 0, !reports.take(atMost: 1).isEmpty else { return }
        isRunning = false
        if pages > Self.restLimit, rounds < Self.roundLimit {
            begin()
        } else {
            connection.checkpoint()
            rounds = 0
        }
    }

    private mutating func begin() {
        isRunning = wishes.add(())
        rounds += 1
    }

    /// Ends the thread, and its connection.
    func stop() {
        wishes.stop()
        thread.join()
    }
}
