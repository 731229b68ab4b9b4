internal import Storage

/// The `q` language of `GET /users` (users.md §4.1). Pure.
enum UserSearch {
    /// - Throws: `.invalid("Invalid user search query.", …)`.
    static func parse(_ text: String, into query: inout UserQuery) throws(APIError) {
        let pairs = try elements(CaseFolding.lower(text))
        var parameters = QueryParameters(pairs)
        query.search = parameters.string("search")
        query.name = parameters.string("name")
        query.statuses = parameters.enumeration("status", UserStatus.self)
        query.roles = roles(parameters.list("role"))
        query.loginTypes = parameters.enumeration("login_type", LoginType.self)
        query.lastSeenBefore = parameters.time("last_seen_before")
        query.lastSeenAfter = parameters.time("last_seen_after")
        query.createdBefore = parameters.time("created_before")
        query.createdAfter = parameters.time("created_after")
        query.githubUserID = parameters.integer64("github_com_user_id").flatMap { $0 == 0 ? nil : $0 }
        query.isServiceAccount = parameters.bool("service_account")
        var seen: [String] = []
        for pair in pairs where !keys.contains(pair.name) && !seen.contains(pair.name) {
            seen.append(pair.name)
            parameters.add(Validation(pair.name, "Query param \"\(pair.name)\" is not a valid query param"))
        }
        if !parameters.validations.isEmpty { throw .invalid("Invalid user search query.", parameters.validations) }
    }

    private static let keys = [
        "search", "name", "status", "role", "login_type", "last_seen_before", "last_seen_after", "created_before",
        "created_after", "github_com_user_id", "service_account",
    ]

    /// Exactly `member` is everybody; beside others it is a stored role like them, which hardly anybody has.
    private static func roles(_ names: [String]) -> [String] {
        names.allSatisfy { $0 == Role.member.name } ? [] : names
    }

    /// Cuts the text into keys and values.
    private static func elements(_ text: String) throws(APIError) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var bare: [String] = []
        for token in split(text, at: " ") {
            if token.contains(":") { continue }
            bare.append(token)
        }
        if !bare.isEmpty { pairs.append(("search", bare.joined(separator: " "))) }
        for token in split(text, at: " ") where token.contains(":") {
            guard !token.hasPrefix(":"), !token.hasSuffix(":") else {
                throw syntax("Query element \"\(token)\" cannot start or end with ':'")
            }
            let pieces = split(token, at: ":")
            switch pieces.count {
            // A colon inside quotes only: a bare term, quotes and all.
            case 1: pairs.append(("search", pieces[0]))
            case 2: pairs.append((unquoted(pieces[0]), unquoted(pieces[1])))
            default: throw syntax("Query element \"\(token)\" can only contain 1 ':'")
            }
        }
        return pairs
    }

    private static func syntax(_ detail: String) -> APIError {
        .invalid("Invalid user search query.", [Validation("q", detail)])
    }

    /// Cuts at the separator outside double quotes; empty pieces vanish. Every quote toggles, and one without a
    /// partner holds to the end.
    private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
        var pieces: [String] = []
        var piece = String.UnicodeScalarView()
        var isQuoted = false
        for scalar in text.unicodeScalars {
            if scalar == "\"" { isQuoted.toggle() }
            if scalar == separator, !isQuoted {
                if !piece.isEmpty { pieces.append(String(piece)) }
                piece = String.UnicodeScalarView()
            } else {
                piece.append(scalar)
            }
        }
        if !piece.isEmpty { pieces.append(String(piece)) }
        return pieces
    }

    private static func unquoted(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while scalars.first == "\"" { scalars.removeFirst() }
        while scalars.last == "\"" { scalars.removeLast() }
        return String(scalars)
    }
}
