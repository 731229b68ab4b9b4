internal import JSON

/// The seed of the price table: what the server checks at every start before its store is given the bytes.
public enum PriceSeed {
    static let prices = ["input_price", "output_price", "cache_read_price", "cache_write_price"]

    /// Reads a seed as Go would, and refuses what the two databases would not read alike (model-prices.md §3).
    ///
    /// A row without provider or model, a `null` in a row's place and negative prices pass: the statement that is
    /// given the same bytes refuses them, and with them the whole seed. That statement also matches names
    /// exactly, where this reading ignores case.
    /// - Returns: the rows in the order of the document, missing ids as "". Never empty.
    /// - Throws: `PriceSeedError`; then nothing may be stored.
    public static func check(_ bytes: [UInt8]) throws(PriceSeedError) -> [PriceRow] {
        let elements = try rows(of: bytes)
        var seen: Set<PriceKey> = []
        var rows: [PriceRow] = []
        rows.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let members = try members(of: element, row: index)
            rows.append(try row(members, at: index))
            guard let key = try storedKey(members, at: index) else { continue }
            if !seen.insert(key).inserted {
                throw .rowTwice(provider: rows[index].provider, model: rows[index].model)
            }
        }
        return rows
    }

    /// Whether `bytes` are what `render` makes of their own rows: sorted, unique, not negative, the same bytes.
    public static func isCanonical(_ bytes: [UInt8]) -> Bool {
        guard let rows = try? check(bytes) else { return false }
        let isOrdered = zip(rows, rows.dropFirst()).allSatisfy { PriceRow.precedes($0, $1) }
        let isNonNegative = rows.allSatisfy { row in row.prices.allSatisfy { ($0 ?? 0) >= 0 } }
        return isOrdered && isNonNegative && render(rows) == bytes
    }

    // MARK: Reading

    private static func rows(of bytes: [UInt8]) throws(PriceSeedError) -> [JSONValue] {
        let document: JSONValue
        do { document = try JSONReader.only(bytes) } catch { throw .notJSON(error) }
        switch document {
        case .null, .array([]): throw .empty
        case .array(let elements): return elements
        case .bool, .number, .string, .object:
            throw .wrongType(place: "document", expected: "array", found: document.kind)
        }
    }

    private static func members(of element: JSONValue, row: Int) throws(PriceSeedError) -> [JSONValue.Member] {
        switch element {
        case .object(let members): return members
        case .null: return []
        case .bool, .number, .string, .array:
            throw .wrongType(place: "row \(row)", expected: "object", found: element.kind)
        }
    }

    private static func row(_ members: [JSONValue.Member], at index: Int) throws(PriceSeedError) -> PriceRow {
        var row = PriceRow(provider: "", model: "")
        for member in members {
            let place = "row \(index): \(printable(member.name))"
            if member.fills("provider") {
                row.provider = try text(member.value, at: place) ?? row.provider
            } else if member.fills("model") {
                row.model = try text(member.value, at: place) ?? row.model
            } else if member.fills(prices[0]) {
                row.inputPrice = try price(member.value, at: place)
            } else if member.fills(prices[1]) {
                row.outputPrice = try price(member.value, at: place)
            } else if member.fills(prices[2]) {
                row.cacheReadPrice = try price(member.value, at: place)
            } else if member.fills(prices[3]) {
                row.cacheWritePrice = try price(member.value, at: place)
            }
        }
        return row
    }

    private static func text(_ value: JSONValue, at place: String) throws(PriceSeedError) -> String? {
        switch value {
        case .string(let text): return text
        case .null: return nil
        case .bool, .number, .array, .object:
            throw .wrongType(place: place, expected: "string", found: value.kind)
        }
    }

    private static func price(_ value: JSONValue, at place: String) throws(PriceSeedError) -> Int64? {
        switch value {
        case .number(let number):
            // The reader has settled the grammar, so all that this can still meet is a fraction, an exponent
            // or too many digits.
            guard let price = Int64(number) else { throw .notAnInteger(place: place, number: number) }
            return price
        case .null: return nil
        case .bool, .string, .array, .object:
            throw .wrongType(place: place, expected: "integer", found: value.kind)
        }
    }

    // MARK: What the databases read

    /// The key under which a store would keep the row; nil if it would refuse the row for lack of one.
    private static func storedKey(
        _ members: [JSONValue.Member], at index: Int
    ) throws(PriceSeedError) -> PriceKey? {
        for name in ["provider", "model"] + prices where members.count(where: { $0.isExactly(name) }) > 1 {
            throw .memberTwice(row: index, name: name)
        }
        guard case .string(let provider)? = members.first(where: { $0.isExactly("provider") })?.value,
            case .string(let model)? = members.first(where: { $0.isExactly("model") })?.value
        else { return nil }
        return PriceKey(provider: provider, model: model)
    }
}
