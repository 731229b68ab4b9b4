@testable internal import API
internal import Storage

extension FuzzTarget {
    /// The search grammar of `GET /users`: the terms of an accepted query, printed anew, parse to the same query.
    static let userSearch = FuzzTarget(
        name: "user-search",
        words: [
            "status:", "active", "suspended", "dormant", "role:", "owner", "member", "login_type:", "password",
            "github",
            "oauth2_provider_app", "search:", "name:", "last_seen_before:", "last_seen_after:", "created_before:",
            "created_after:", "\"2023-01-01t00:00:00z\"", "\"2023-01-01T00:00:00.5+01:00\"", "github_com_user_id:",
            "-1",
            "9223372036854775807", "service_account:", "true", "false", "\"", ":", ",", " ", "\u{130}", "É", "\u{0}",
        ],
        check: UserSearchCheck.run)
}

private enum UserSearchCheck {
    /// The years 0 to 9999, in microseconds since 1970.
    private static let writable: Range<Int64> = -62_167_219_200_000_000..<253_402_300_800_000_000

    static func run(_ bytes: [UInt8], _ memory: GuardedBuffer) throws(Disagreement) {
        guard let query = try parsed(String(decoding: bytes, as: UTF8.self)) else { return }
        // A list's elements that hold quotes cannot be told from the quotes around it.
        guard !query.roles.contains(where: { $0.contains("\"") }) else { return }
        // A zone may carry a moment out of the years that can be written.
        let times = [query.lastSeenBefore, query.lastSeenAfter, query.createdBefore, query.createdAfter].compactMap {
            $0
        }
        guard times.allSatisfy({ writable ~= $0.microseconds }) else { return }
        let search = try spelling(of: query.search, "search", \.search)
        let name = try spelling(of: query.name, "name", \.name)
        // Behind an odd number of quotes nothing can follow: two of that kind came in one text only, by luck.
        guard !search.isOpen || !name.isOpen else { return }
        let all =
            search.isOpen ? [name.text] + terms(query) + [search.text] : [search.text] + terms(query) + [name.text]
        let text = all.filter { !$0.isEmpty }.joined(separator: " ")
        guard let again = try parsed(text) else { throw Disagreement("refused: \(text)") }
        try demand(again == query && bytesOf(again) == bytesOf(query), "\(text) is \(again), not \(query)")
    }

    /// nil when it is refused, which must be said as the handlers say it.
    private static func parsed(_ text: String) throws(Disagreement) -> UserQuery? {
        var query = UserQuery()
        do throws(APIError) {
            try UserSearch.parse(text, into: &query)
            return query
        } catch {
            guard case .invalid("Invalid user search query.", let validations) = error, !validations.isEmpty else {
                throw Disagreement("refused with \(error)")
            }
            return nil
        }
    }

    /// Quotes inside a text toggle, so which quotes it needs around it depends on them: the first that works.
    private static func spelling(
        of text: String, _ key: String, _ field: KeyPath<UserQuery, String>
    ) throws(Disagreement) -> (text: String, isOpen: Bool) {
        if text.isEmpty { return ("", false) }
        let ways = [
            "\(key):\"\(text)\"", "\(key):\(text)", "\(key):\"\(text)", "\(key):\(text)\"", text, "\"\(text)",
            "\(text)\"",
        ]
        for way in ways {
            // The terms behind it must not become a part of it.
            guard let query = try parsed("\(way) service_account:true") else { continue }
            if query[keyPath: field].utf8.elementsEqual(text.utf8), query.isServiceAccount == true {
                return (way, false)
            }
        }
        for way in ways where try parsed(way)?[keyPath: field].utf8.elementsEqual(text.utf8) == true {
            return (way, true)
        }
        throw Disagreement("no spelling gives the \(key) \(text)")
    }

    private static func terms(_ query: UserQuery) -> [String] {
        var terms: [String] = []
        func add(_ key: String, _ value: String?) { if let value { terms.append("\(key):\"\(value)\"") } }
        func add(_ key: String, _ values: [String]) { if !values.isEmpty { add(key, values.joined(separator: ",")) } }
        func add(_ key: String, _ time: Timestamp?) { add(key, time.map(RFC3339.text)) }
        add("status", query.statuses.map(\.rawValue))
        add("role", query.roles)
        add("login_type", query.loginTypes.map(\.rawValue))
        add("last_seen_before", query.lastSeenBefore)
        add("last_seen_after", query.lastSeenAfter)
        add("created_before", query.createdBefore)
        add("created_after", query.createdAfter)
        add("github_com_user_id", query.githubUserID.map(String.init))
        add("service_account", query.isServiceAccount.map(String.init))
        return terms
    }

    private static func bytesOf(_ query: UserQuery) -> [[UInt8]] {
        ([query.search, query.name] + query.roles).map { Array($0.utf8) }
    }
}
