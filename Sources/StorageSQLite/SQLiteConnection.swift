internal import CSQLite
internal import Glibc
internal import Storage

/// A value to bind.
enum SQLiteValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func id(_ id: UUID) -> SQLiteValue { .text(id.description) }
    static func time(_ time: Timestamp) -> SQLiteValue { .integer(time.microseconds) }
    static func bool(_ value: Bool) -> SQLiteValue { .integer(value ? 1 : 0) }
    static func list(_ values: [String]) -> SQLiteValue { .text(StoredLists.json(values)) }
}

/// One connection, and its prepared statements. The only file that calls `sqlite3_*`.
/// Not Sendable: it belongs to one loop or to the writer.
final class SQLiteConnection {
    private let handle: OpaquePointer
    private var prepared: [OpaquePointer] = []
    private var composed: [String: OpaquePointer] = [:]
    private var walHeader: UnsafeRawPointer?

    /// Statistics of memory would take a lock that all loops share at every allocation.
    private static let isConfigured = sqlite_config_number(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK

    /// How long a statement waits for another's lock.
    static let patienceMilliseconds: UInt64 = 5_000

    /// Composed texts kept prepared; the list query has a fixed set of conditions.
    private static let composedLimit = 64

    /// - Parameter path: a file, or a `file:` URI.
    init(path: String) throws(StorageError) {
        _ = Self.isConfigured
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteCodes.error(code, message)
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(Self.patienceMilliseconds))
        registerFunctions()
    }

    deinit {
        for statement in prepared { sqlite3_finalize(statement) }
        for statement in composed.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Prepares every statement, so that a typo stops the start.
    func prepare(_ texts: [String]) throws(StorageError) {
        for text in texts { prepared.append(try prepare(text)) }
    }

    private func prepare(_ text: String) throws(StorageError) -> OpaquePointer {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        return statement
    }

    private func failure(_ code: Int32) -> StorageError {
        SQLiteCodes.error(code, String(cString: sqlite3_errmsg(handle)))
    }

    // MARK: Running

    /// Runs statements without parameters, one after the other.
    func execute(_ script: String) throws(StorageError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        if code != SQLITE_OK { throw failure(sqlite3_extended_errcode(handle)) }
    }

    /// A statement without parameters that is run often; kept prepared.
    func command(_ text: String) throws(StorageError) { _ = try composed(text, []) { _ in } }

    /// The rows' values, as `read` makes them.
    func all<Value>(
        _ name: StatementName, _ values: [SQLiteValue] = [], _ read: (SQLiteRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        try rows(prepared[name.rawValue], values, read)
    }

    func first<Value>(
        _ name: StatementName, _ values: [SQLiteValue] = [], _ read: (SQLiteRow) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        let statement = prepared[name.rawValue]
        defer { reset(statement) }
        try bind(values, to: statement)
        return try step(statement) ? try read(SQLiteRow(statement: statement)) : nil
    }

    /// - Returns: the number of rows changed.
    @discardableResult
    func run(_ name: StatementName, _ values: [SQLiteValue] = []) throws(StorageError) -> Int {
        _ = try first(name, values) { _ in }
        return Int(sqlite3_changes(handle))
    }

    /// A text from the list query's fixed set; kept prepared.
    func composed<Value>(
        _ text: String, _ values: [SQLiteValue], _ read: (SQLiteRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        if let statement = composed[text] { return try rows(statement, values, read) }
        if composed.count >= Self.composedLimit, let oldest = composed.first {
            sqlite3_finalize(oldest.value)
            composed[oldest.key] = nil
        }
        let statement = try prepare(text)
        composed[text] = statement
        return try rows(statement, values, read)
    }

    /// Every value of every row of one statement as text; nil for NULL.
    func texts(_ text: String) throws(StorageError) -> [[String?]] {
        try composed(text, []) { row in
            (0..<sqlite3_column_count(row.statement)).map { row.isNull($0) ? nil : row.text($0) }
        }
    }

    /// The state of the file now; nil where there is no WAL, such as in memory.
    var moment: SQLiteMoment? {
        if walHeader == nil { walHeader = sqlite_wal_index_header(handle) }
        return walHeader.map(SQLiteMoment.init)
    }

    /// Pages in the journal that have not been copied into the file; 0 where there is no WAL.
    var journalPages: Int {
        if walHeader == nil { walHeader = sqlite_wal_index_header(handle) }
        guard let walHeader else { return 0 }
        // `mxFrame` of the header, `nBackfill` behind its two copies.
        let (all, copied) = (
            walHeader.load(fromByteOffset: 16, as: UInt32.self), walHeader.load(fromByteOffset: 96, as: UInt32.self)
        )
        return Int(all &- min(copied, all))
    }

    /// Copies the journal into the file, as far as nobody reads or writes it, and waits for nobody. What fails is left
    /// for the next time.
    func checkpoint() { sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) }

    /// Rows that were changed since the connection was opened, by triggers and foreign keys too, but for what a failed
    /// statement undid. It wraps.
    var changedRows: Int32 { sqlite3_total_changes(handle) }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    private func rows<Value>(
        _ statement: OpaquePointer, _ values: [SQLiteValue], _ read: (SQLiteRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        defer { reset(statement) }
        try bind(values, to: statement)
        var results: [Value] = []
        while try step(statement) { results.append(try read(SQLiteRow(statement: statement))) }
        return results
    }

    private func step(_ statement: OpaquePointer) throws(StorageError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw failure(code)
        }
    }

    private func reset(_ statement: OpaquePointer) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    private func bind(_ values: [SQLiteValue], to statement: OpaquePointer) throws(StorageError) {
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code: Int32
            switch value {
            case .null: code = sqlite3_bind_null(statement, place)
            case .integer(let number): code = sqlite3_bind_int64(statement, place, number)
            case .text(var text):
                code = text.withUTF8 { utf8 in
                    utf8.withMemoryRebound(to: CChar.self) {
                        sqlite_bind_text_copy(statement, place, $0.baseAddress, Int32($0.count))
                    }
                }
            case .blob(let bytes):
                code = bytes.withUnsafeBytes {
                    sqlite_bind_blob_copy(statement, place, $0.baseAddress, Int32($0.count))
                }
            }
            if code != SQLITE_OK { throw failure(code) }
        }
    }

    // MARK: Functions

    /// `pg_lower` and `pg_ilike`, which fold as Postgres does (database.md §8.1).
    private func registerFunctions() {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        sqlite3_create_function_v2(
            handle, "pg_lower", 1, flags, nil,
            { context, _, arguments in
                guard let text = sqliteText(arguments?[0]) else { return sqlite3_result_null(context) }
                var folded = CaseFolding.lower(text)
                folded.withUTF8 { utf8 in
                    utf8.withMemoryRebound(to: CChar.self) {
                        sqlite_result_text_copy(context, $0.baseAddress, Int32($0.count))
                    }
                }
            }, nil, nil, nil)
        sqlite3_create_function_v2(
            handle, "pg_ilike", 2, flags, nil,
            { context, _, arguments in
                guard let text = sqliteText(arguments?[0]), let pattern = sqliteText(arguments?[1]) else {
                    return sqlite3_result_null(context)
                }
                sqlite3_result_int(context, CaseFolding.isLike(text, pattern) ? 1 : 0)
            }, nil, nil, nil)
    }
}

private func sqliteText(_ value: OpaquePointer?) -> String? {
    guard let bytes = sqlite3_value_text(value) else { return nil }
    let count = Int(sqlite3_value_bytes(value))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// The row a statement stands on. Valid until the statement moves.
struct SQLiteRow: StoredRow {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func bool(_ column: Int32) -> Bool { integer(column) != 0 }

    func time(_ column: Int32) -> Timestamp { Timestamp(microseconds: integer(column)) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

    func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }

    func id(_ column: Int32) throws(StorageError) -> UUID {
        let id = withBytes(column) { UUID(hexadecimal: ArraySlice($0)) }
        guard let id else { throw .broken("a stored id is no UUID") }
        return id
    }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    private func withBytes<Value>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return body(
            UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count))
    }
}
