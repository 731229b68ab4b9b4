internal import Storage

/// An entry of a key's allow list: `type:id`, `*` on either side (keys-and-shell.md §0.5).
struct AllowEntry: Sendable, Equatable {
    let kind: String
    let id: String

    static let everything = AllowEntry(kind: "*", id: "*")
    /// Entries of one key.
    static let limit = 128

    private init(kind: String, id: String) {
        self.kind = kind
        self.id = id
    }

    /// A stored entry.
    /// - Returns: nil for what cannot be read; such an entry matches nothing.
    init?(stored text: String) {
        guard let entry = Self.split(text.lowercased()) else { return nil }
        self = entry
    }

    /// An entry of a request: a known type, and a UUID in any of Go's spellings.
    init?(requested text: String) {
        guard let entry = Self.split(text), entry.kind == "*" || KeyScope.kinds.contains(entry.kind),
            entry.id == "*" || UUID(parsing: entry.id) != nil
        else { return nil }
        self = entry
    }

    private static func split(_ text: String) -> AllowEntry? {
        let trimmed = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        let parts = trimmed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return AllowEntry(kind: String(parts[0]), id: String(parts[1]))
    }

    var text: String { "\(kind):\(id)" }

    func covers(_ object: Object) -> Bool {
        guard kind == "*" || kind == object.kind.rawValue else { return false }
        return id == "*" || id == object.id?.description
    }

    func covers(_ entry: AllowEntry) -> Bool {
        (kind == "*" || kind == entry.kind) && (id == "*" || id == entry.id.lowercased())
    }

    /// Every user, or the one it names; nil when it is not about users.
    var users: (all: Bool, id: String)? {
        guard kind == "*" || kind == ResourceKind.user.rawValue else { return nil }
        return (id == "*", id)
    }

    /// What is stored: `*:*` alone if it is there, `type:*` instead of its ids, no repetitions, sorted by bytes.
    static func normalized(_ entries: [AllowEntry]) -> [AllowEntry] {
        if entries.isEmpty || entries.contains(.everything) { return [.everything] }
        var kept: [AllowEntry] = []
        for entry in entries where !kept.contains(entry) {
            if entry.id != "*", entries.contains(AllowEntry(kind: entry.kind, id: "*")) { continue }
            kept.append(entry)
        }
        return kept.sorted { a, b in
            a.kind == b.kind
                ? a.id.utf8.lexicographicallyPrecedes(b.id.utf8) : a.kind.utf8.lexicographicallyPrecedes(b.kind.utf8)
        }
    }
}
