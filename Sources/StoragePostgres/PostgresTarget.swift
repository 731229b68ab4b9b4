internal import CPostgres
internal import Storage

extension StatementName {
    /// The seed runs once a start and is sent as text: a price table that it does not fit costs a line in the log, not
    /// the start (model-prices.md §3.1).
    var isPrepared: Bool { self != .seedPrices }
}

/// Where to connect, and what a session needs.
struct PostgresTarget: Sendable {
    /// A libpq URI or keyword string. May hold a password: never printed.
    let url: String
    /// Sets the time zone, and the schema when it is ours.
    let sessionCommands: [String]
    /// In the order of `StatementName`.
    let statements: [String]
    let names: [String] = StatementName.allCases.map(\.name)

    /// Begins to connect without blocking; nil when memory is out.
    func start() -> OpaquePointer? { Self.withKeywords(url) { PQconnectStartParams($0, $1, 1) } }

    /// Connects and waits.
    static func connect(_ url: String) -> OpaquePointer? { withKeywords(url) { PQconnectdbParams($0, $1, 1) } }

    /// The URL may set every keyword itself; ours stand in front of it as defaults.
    private static func withKeywords<Result>(
        _ url: String,
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let keywords: [StaticString] = ["connect_timeout", "application_name", "client_encoding", "dbname"]
        let values = ["5", "usersd", "UTF8", url]
        let owned = values.map { Array($0.utf8CString) }
        var names = keywords.map { Optional(UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self)) }
        names.append(nil)
        return withPointers(owned[...], []) { pointers in
            names.withUnsafeBufferPointer { names in
                pointers.withUnsafeBufferPointer { body(names.baseAddress!, $0.baseAddress!) }
            }
        }
    }

    private static func withPointers<Result>(
        _ texts: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        guard let first = texts.first else { return body(pointers + [nil]) }
        return first.withUnsafeBufferPointer {
            withPointers(texts.dropFirst(), pointers + [$0.baseAddress], body)
        }
    }
}
