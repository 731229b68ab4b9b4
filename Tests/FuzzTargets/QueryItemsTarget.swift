internal import HTTP

extension FuzzTarget {
    /// Queries: names and values that are encoded anew are the same names and values.
    static let queryItems = FuzzTarget(
        name: "query-items",
        words: ["=", "&", ";", "+", "%", "%26", "%3D", "%3B", "%2B", "%25", "%ff", "%C3%BC", "q=", "limit=25", "?"],
        check: QueryCheck.run)
}

private enum QueryCheck {
    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        let inside = [38] + bytes + [38]
        let items = QueryItems(inside[1..<(inside.count - 1)]).items
        try demand(items.count <= bytes.split(separator: 38).count, "more items than pairs")
        let wire = items.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
        let query = QueryItems(Array(wire.utf8)[...])
        let same = query.items.elementsEqual(items) {
            $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
        }
        try demand(same, "\(items), encoded and decoded \(query.items)")
        for item in items.prefix(3) {
            try demand(query.first(item.name) == query.all(item.name).first, "the first of \(item.name)")
        }
    }
}
