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

    /// Why libpq cannot be used; nil when it can. It is loaded by the first look.
    static let libraryFault: String? = postgres_load().map { String(cString: $0) }

    /// Connects and waits. The URL may set every keyword itself; ours stand in front of it as defaults.
    /// - Returns: a connection that may have failed; nil when memory is out.
    static func connect(_ url: String) -> OpaquePointer? {
        guard libraryFault == nil else { return nil }
        let values = defaults.map { Array($0.value.utf8CString) } + [Array(url.utf8CString)]
        let keywords = defaults.map(\.keyword) + ["dbname"]
        var names = keywords.map { Optional(UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self)) }
        names.append(nil)
        return withPointers(values[...], []) { pointers in
            names.withUnsafeBufferPointer { names in
                pointers.withUnsafeBufferPointer { PQconnectdbParams(names.baseAddress!, $0.baseAddress!, 1) }
            }
        }
    }

    /// A host that vanishes without a word is found gone by the kernel: within 10 s when it owes an acknowledgement
    /// (`tcp_user_timeout`, in milliseconds; the rest in seconds), within 25 s when nothing was on its way.
    private static let defaults: [(keyword: StaticString, value: String)] = [
        ("connect_timeout", "5"), ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "10000"), ("application_name", "usersd"), ("client_encoding", "UTF8"),
    ]

    private static func withPointers<Result>(
        _ texts: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        guard let first = texts.first else { return body(pointers + [nil]) }
        return first.withUnsafeBufferPointer {
            withPointers(texts.dropFirst(), pointers + [$0.baseAddress], body)
        }
    }
}
