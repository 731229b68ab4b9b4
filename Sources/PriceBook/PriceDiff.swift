/// What a new price book changes in an old one (model-prices.md §8.2). Pure.
///
/// Models are told apart by the bytes of their ids. The order of the rows says nothing; unknown and free are two
/// prices. Each list is sorted like a seed and names a model once.
public struct PriceDiff: Sendable, Equatable {
    /// Rows of the new book.
    public let added: [PriceRow]
    /// Rows of the old book.
    public let removed: [PriceRow]
    /// Rows of the new book that have another price than in the old one, be it one or all four.
    public let changed: [PriceRow]

    public init(from old: [PriceRow], to new: [PriceRow]) {
        // Grouped, since a book that no store would take may have several rows without an id.
        let (before, after) = (Dictionary(grouping: old, by: \.key), Dictionary(grouping: new, by: \.key))
        func rows(of book: [PriceKey: [PriceRow]], where isWanted: (PriceKey, [PriceRow]) -> Bool) -> [PriceRow] {
            book.filter(isWanted).compactMap(\.value.first).sorted(by: PriceRow.precedes)
        }
        added = rows(of: after) { key, _ in before[key] == nil }
        removed = rows(of: before) { key, _ in after[key] == nil }
        changed = rows(of: after) { key, rows in before[key].map { $0.map(\.prices) != rows.map(\.prices) } ?? false }
    }

    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}
