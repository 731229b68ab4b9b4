internal import Storage

/// A parameter. Ids, times and bytes go in binary form, the rest as text; every `$n` in the SQL says its type.
enum PostgresValue: Sendable {
    case null
    case text(String)
    case binary([UInt8])

    static func id(_ id: UUID) -> PostgresValue { .binary(bigEndian(id.high) + bigEndian(id.low)) }

    /// Microseconds since 2000, as `timestamptz` travels.
    static func time(_ time: Timestamp) -> PostgresValue {
        .binary(bigEndian(UInt64(bitPattern: time.microseconds - PostgresRow.epochOffset)))
    }

    static func integer(_ value: Int64) -> PostgresValue { .text(String(value)) }
    static func bool(_ value: Bool) -> PostgresValue { .text(value ? "t" : "f") }
    static func list(_ values: [String]) -> PostgresValue { .text(StoredLists.json(values)) }

    private static func bigEndian(_ word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.bigEndian) { Array($0) } }
}

/// The parameters of one statement, as libpq takes them: pointers into one buffer.
struct PostgresParameters {
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ values: [PostgresValue]) {
        for value in values {
            switch value {
            case .null:
                offsets.append(nil)
                lengths.append(0)
                formats.append(0)
            case .text(let text):
                offsets.append(bytes.count)
                bytes.append(contentsOf: text.utf8)
                lengths.append(0)  // libpq takes text up to its NUL
                formats.append(0)
                bytes.append(0)
            case .binary(let value):
                offsets.append(bytes.count)
                bytes.append(contentsOf: value)
                lengths.append(Int32(value.count))
                formats.append(1)
            }
        }
        if bytes.isEmpty { bytes.append(0) }
    }

    func with<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                let pointers = offsets.map { offset in offset.map { characters.baseAddress! + $0 } }
                return pointers.withUnsafeBufferPointer { pointers in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(
                                Int32(pointers.count), pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }
}
