internal import CPostgres
internal import Storage

/// The rows of one statement, in binary form. Not Sendable: it stays on its loop.
final class PostgresResult {
    fileprivate let pointer: OpaquePointer

    /// Takes the result over.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var count: Int { Int(PQntuples(pointer)) }

    /// Rows that an INSERT, UPDATE or DELETE changed.
    var changed: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    var first: PostgresRow? { count > 0 ? PostgresRow(result: self, row: 0) : nil }

    func rows<Value>(_ read: (PostgresRow) throws(StorageError) -> Value) throws(StorageError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in 0..<count { values.append(try read(PostgresRow(result: self, row: Int32(row)))) }
        return values
    }
}

struct PostgresRow: StoredRow {
    fileprivate let result: PostgresResult
    fileprivate let row: Int32

    /// Microseconds from 1970 to 2000, Postgres's epoch.
    static let epochOffset: Int64 = 946_684_800_000_000

    func isNull(_ column: Int32) -> Bool { PQgetisnull(result.pointer, row, column) == 1 }

    func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }

    func text(_ column: Int32) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bool(_ column: Int32) -> Bool { withBytes(column) { $0.first == 1 } }

    /// `bigint` and `integer`.
    func integer(_ column: Int32) -> Int64 {
        withBytes(column) { bytes in
            if bytes.count == 4 { return Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: word(bytes)))) }
            return Int64(bitPattern: word(bytes))
        }
    }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func time(_ column: Int32) -> Timestamp {
        let (sum, overflowed) = integer(column).addingReportingOverflow(Self.epochOffset)
        return Timestamp(microseconds: overflowed ? .max : sum)  // `infinity` stays at the end
    }

    func id(_ column: Int32) throws(StorageError) -> UUID {
        let id: UUID? = withBytes(column) { bytes in
            guard bytes.count == 16 else { return nil }
            return UUID(high: word(bytes[..<8]), low: word(bytes[8...]))
        }
        guard let id else { throw .broken("a stored id is no UUID") }
        return id
    }

    private func word(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private func withBytes<Value>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let start = PQgetvalue(result.pointer, row, column)
        let count = Int(PQgetlength(result.pointer, row, column))
        guard let start else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        return start.withMemoryRebound(to: UInt8.self, capacity: count) {
            body(UnsafeBufferPointer(start: $0, count: count))
        }
    }
}
