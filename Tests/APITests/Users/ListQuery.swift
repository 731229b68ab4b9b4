import TestSupport

/// A random query of `GET /users`, and what users.md §4.1 says it finds.
struct ListQuery: Sendable {
    private struct Filter: Sendable {
        let element: String
        let matches: @Sendable (ListedPerson) -> Bool
    }

    private let filters: [Filter]
    private let limit: Int?
    private let offset: Int?
    private let cursor: ListedPerson?

    init(over people: [ListedPerson], using random: inout SplitMix) {
        var filters: [Filter] = []
        func oneIn(_ count: Int, _ random: inout SplitMix) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }
        if oneIn(3, &random) {
            let word = Self.word(people.map { Bool.random(using: &random) ? $0.email : $0.username }, &random)
            filters.append(
                Filter(element: "search:\"\(word)\"") { Self.found(word, $0.email) || Self.found(word, $0.username) })
        }
        if oneIn(3, &random) {
            let word = Self.word(people.map(\.name), &random)
            filters.append(Filter(element: "name:\"\(word)\"") { Self.found(word, $0.name) })
        }
        if oneIn(4, &random) {
            let wanted = ListedPerson.statuses.shuffled(using: &random).prefix(2)
            filters.append(Filter(element: "status:\(wanted.joined(separator: ","))") { wanted.contains($0.status) })
        }
        if oneIn(4, &random) {
            let wanted = (ListedPerson.roleNames + ["member", "nope"]).shuffled(using: &random).prefix(2)
            let element = wanted.map { "role:\($0)" }.joined(separator: " ")
            filters.append(Filter(element: element) { !wanted.filter($0.roles.contains).isEmpty })
        }
        if oneIn(5, &random) {
            let wanted = ListedPerson.logins.shuffled(using: &random).prefix(2)
            filters.append(Filter(element: "login_type:\(wanted.joined(separator: ","))") { wanted.contains($0.login) })
        }
        if oneIn(6, &random), let id = people.randomElement(using: &random)?.gitHub {
            filters.append(Filter(element: "github_com_user_id:\(id)") { $0.gitHub == id })
        }
        if oneIn(4, &random) { filters.append(Self.time(&random)) }
        self.filters = filters.shuffled(using: &random)
        limit = oneIn(3, &random) ? Int.random(in: 0...9, using: &random) : nil
        offset = oneIn(4, &random) ? Int.random(in: 0...12, using: &random) : nil
        cursor = oneIn(4, &random) ? people.randomElement(using: &random) : nil
    }

    /// The query string.
    var target: String {
        var parts = ["q=" + UsersAPI.escaped(filters.map(\.element).joined(separator: " "))]
        if let limit { parts.append("limit=\(limit)") }
        if let offset { parts.append("offset=\(offset)") }
        if let cursor { parts.append("after_id=\(cursor.id)") }
        return parts.joined(separator: "&")
    }

    func page(of people: [ListedPerson]) -> UserSearchPropertyTests.Page {
        func key(_ person: ListedPerson) -> [UInt8] { Array(person.username.lowercased().utf8) }
        func isBefore(_ left: ListedPerson, _ right: ListedPerson) -> Bool {
            key(left).lexicographicallyPrecedes(key(right))
        }
        let found = (people + [ListedPerson.owner]).filter { person in
            guard !person.isDeleted, cursor.map({ isBefore($0, person) }) ?? true else { return false }
            return filters.allSatisfy { $0.matches(person) }
        }
        let rest = found.sorted(by: isBefore).dropFirst(offset ?? 0)
        let names = (limit ?? 0) == 0 ? rest.map(\.username) : rest.prefix(limit ?? 0).map(\.username)
        return UserSearchPropertyTests.Page(names: names, count: names.isEmpty ? 0 : found.count)
    }

    // MARK: Making and judging filters

    /// A piece of one of the texts, its case changed now and then, with a wildcard now and then.
    private static func word(_ texts: [String], _ random: inout SplitMix) -> String {
        let scalars = Array((texts.randomElement(using: &random) ?? "").unicodeScalars)
        let start = Int.random(in: 0...scalars.count, using: &random)
        let end = min(scalars.count, start + Int.random(in: 1...3, using: &random))
        var word = scalars[start..<end].map { scalar in
            switch Int.random(in: 0..<8, using: &random) {
            case 0: "%"
            case 1: "_"
            case 2: "\\\(scalar)"
            case 3...5: String(scalar).uppercased()
            default: String(scalar)
            }
        }.joined()
        if Int.random(in: 0..<12, using: &random) == 0 { word += "\\" }
        return word.isEmpty ? "a" : word
    }

    private static func time(_ random: inout SplitMix) -> Filter {
        let hour = Int64.random(in: 0...20, using: &random)
        let seconds = 1_700_000_000 + hour * 3600
        // 2023-11-14T22:13:20Z and so many hours, in the zone in which it is that day.
        let zone = 0..<2 ~= hour ? "+00:00" : "-" + (hour < 10 ? "0" : "") + "\(hour):00"
        let clock = 0..<2 ~= hour ? 22 + hour : 22
        let text = "\"2023-11-14T\(clock):13:20\(zone)\""
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: Filter(element: "created_before:\(text)") { $0.created <= seconds }
        case 1: Filter(element: "created_after:\(text)") { $0.created >= seconds }
        case 2: Filter(element: "last_seen_before:\(text)") { $0.seen <= seconds }
        default: Filter(element: "last_seen_after:\(text)") { $0.seen >= seconds }
        }
    }

    /// `ILIKE '%word%'`.
    private static func found(_ word: String, _ text: String) -> Bool {
        let pattern = "%" + ListedPerson.folded(word) + "%"
        return matches(Array(ListedPerson.folded(text).unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
    }

    private static func matches(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case "%":
            return (text.startIndex...text.endIndex).contains { matches(text[$0...], pattern.dropFirst()) }
        case "_":
            return !text.isEmpty && matches(text.dropFirst(), pattern.dropFirst())
        case "\\":
            let literal = pattern.dropFirst()
            return text.first != nil && text.first == literal.first && matches(text.dropFirst(), literal.dropFirst())
        default:
            return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
        }
    }
}
