extension PriceDiff {
    /// A report in Markdown that says which models and, on purpose, not which figures: the two books have those.
    /// Ends with a newline. Nothing that an id holds can end its line or its list.
    public var markdown: String {
        let heading = "## Price book changes\n\n"
        if isEmpty { return "\(heading)No price changes.\n" }
        let lists = [("added", added), ("removed", removed), ("changed", changed)].filter { !$0.1.isEmpty }
        let counts = lists.map { verb, rows in "\(rows.count) \(rows.count == 1 ? "model" : "models") \(verb)" }
        let sections = lists.map { verb, rows in
            "\n### \(verb.prefix(1).uppercased() + verb.dropFirst())\n\n"
                + rows.map { "- \(Self.code("\($0.provider)/\($0.model)"))\n" }.joined()
        }
        return "\(heading)\(counts.joined(separator: ", ")).\n\(sections.joined())"
    }

    /// A code span, in which Markdown takes nothing but its end for a sign. The fence is longer than any run of
    /// backticks inside; spaces keep a backtick at the edge apart from it, and are not shown.
    private static func code(_ id: String) -> String {
        let text = printable(id)
        let runs = text.utf8.split(omittingEmptySubsequences: true) { $0 != UInt8(ascii: "`") }
        let fence = String(repeating: "`", count: (runs.map(\.count).max() ?? 0) + 1)
        let edges = [text.utf8.first, text.utf8.last]
        let needsSpace = edges.contains(UInt8(ascii: "`")) || edges.allSatisfy { $0 == UInt8(ascii: " ") }
        let space = needsSpace ? " " : ""
        return "\(fence)\(space)\(text)\(space)\(fence)"
    }
}
