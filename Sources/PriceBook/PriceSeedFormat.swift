internal import JSON

extension PriceSeed {
    /// The seed file of `rows`, sorted whatever their order: two-space indent, every key in every row, Go's
    /// escaping, one newline at the end (model-prices.md §4.5). The table's statement reads the same keys.
    public static func render(_ rows: [PriceRow]) -> [UInt8] {
        if rows.isEmpty { return Array("[]\n".utf8) }
        var file: [UInt8] = []
        file.reserveCapacity(rows.count * 220)
        var opening = "[\n"
        for row in rows.sorted(by: PriceRow.precedes) {
            file.append(contentsOf: "\(opening)  {\n".utf8)
            file.append(contentsOf: "    \"provider\": \(quoted(row.provider)),\n".utf8)
            file.append(contentsOf: "    \"model\": \(quoted(row.model))".utf8)
            for (name, price) in zip(prices, row.prices) {
                file.append(contentsOf: ",\n    \"\(name)\": \(price.map(String.init) ?? "null")".utf8)
            }
            file.append(contentsOf: "\n  }".utf8)
            opening = ",\n"
        }
        file.append(contentsOf: "\n]\n".utf8)
        return file
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter(reserving: text.utf8.count + 2)
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
