internal import PriceBook

extension FuzzTarget {
    /// The price book: a file in the canonical form is what its rows render to; any accepted file, rendered, is
    /// accepted with the same rows, unless two rows without names become one.
    static let priceSeed = FuzzTarget(
        name: "price-seed",
        words: jsonWords + [
            "[\n  {\n    \"provider\": \"a\",\n    \"model\": \"b\",\n", "    \"input_price\": 0,\n",
            "    \"output_price\": null,\n", "    \"cache_read_price\": null,\n",
            "    \"cache_write_price\": null\n  }",
            "\n]\n", ",\n  {\n", "\"provider\":", "\"Provider\":", "\"model\":", "\"input_price\":",
            "\"output_price\":",
            "\"cache_read_price\":", "\"cache_write_price\":",
        ],
        check: PriceSeedCheck.run)
}

private enum PriceSeedCheck {
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        guard let rows = try? PriceSeed.check(bytes) else {
            return try demand(!PriceSeed.isCanonical(bytes), "canonical, and refused")
        }
        try demand(!rows.isEmpty, "no rows")
        let rendered = PriceSeed.render(rows)
        let sorted = rows.sorted(by: PriceRow.precedes)
        if PriceSeed.isCanonical(bytes) {
            try demand(
                rendered == bytes && sorted == rows, "canonical, but \(String(decoding: rendered, as: UTF8.self))")
        }
        let isUnique = zip(sorted, sorted.dropFirst()).allSatisfy { PriceRow.precedes($0, $1) }
        let again: [PriceRow]
        do throws(PriceSeedError) {
            again = try PriceSeed.check(rendered)
        } catch {
            guard case .rowTwice = error, !isUnique else { throw Disagreement("rendered and refused: \(error)") }
            return
        }
        try demand(isUnique && again == sorted, "rendered \(again), not \(sorted)")
        try demand(PriceSeed.render(again) == rendered, "rendering it again changes it")
        let isNonNegative = rows.allSatisfy { row in row.prices.allSatisfy { ($0 ?? 0) >= 0 } }
        try demand(PriceSeed.isCanonical(rendered) == isNonNegative, "whether its rendering is canonical")
    }
}
