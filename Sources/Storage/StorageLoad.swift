/// How busy the storage of a loop is. A backend fills in what it has.
public struct StorageLoad: Sendable, Equatable {
    /// SQLite: changes that wait for the writer, which all loops share.
    public var waitingWrites = 0
    /// Postgres: statements that were sent and not answered.
    public var statementsInFlight = 0
    /// Postgres: connections for transactions.
    public var busyConnections = 0
    public var idleConnections = 0
    public var waitingTransactions = 0
    /// Postgres, since the start.
    public var lostConnections = 0

    public init() {}

    public mutating func add(_ other: StorageLoad) {
        waitingWrites = max(waitingWrites, other.waitingWrites)
        statementsInFlight += other.statementsInFlight
        busyConnections += other.busyConnections
        idleConnections += other.idleConnections
        waitingTransactions += other.waitingTransactions
        lostConnections += other.lostConnections
    }
}
