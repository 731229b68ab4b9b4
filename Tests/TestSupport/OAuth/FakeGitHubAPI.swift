internal import HTTP
internal import JSON
internal import Synchronization

extension FakeGitHub {
    /// The API, by paths such as `/user`.
    func api(_ asked: Asked, path: String) -> Response {
        let settings = settings
        // GitHub refuses who does not say what it is.
        guard let agent = asked.header("User-Agent"), !agent.isEmpty else {
            return Self.error("Request forbidden by administrative rules.", .forbidden)
        }
        guard asked.header("Authorization") != nil else { return Self.error("Requires authentication", .unauthorized) }
        guard let token = asked.credentials("Bearer") ?? asked.credentials("token"),
            let access = state.withLock({ $0.accessTokens[token] }), access.expiry.map({ $0 > settings.now() }) ?? true
        else { return Self.error("Bad credentials", .unauthorized) }
        let scopes = Set(access.scope.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init))
        let account = settings.account
        let segments = path.split(separator: "/").map { segment in
            percentDecoded(Array(segment.utf8)[...], plusIsSpace: false).map { String(decoding: $0, as: UTF8.self) }
                ?? ""
        }
        switch (asked.method, segments.count, segments.first) {
        case (.get, 1, "user"): return .json(account.json)
        case (.get, 2, "user") where segments[1] == "emails" && !scopes.isDisjoint(with: ["user", "user:email"]):
            return page(account.emails.map(\.json), asked)
        case (.get, 3, "user") where segments[1...] == ["memberships", "orgs"]:
            guard Self.readsOrganizations(scopes) else {
                return Self.error("You need at least read:org scope to list your memberships.", .forbidden)
            }
            let state = settings.ignoresStateFilter ? nil : asked.query.first("state")
            let shown = account.memberships.enumerated().filter { state == nil || $0.element.state == state }
            return page(shown.map { $0.element.json(of: account.login, index: $0.offset) }, asked)
        case (.get, 6, "orgs") where segments[2] == "teams" && segments[4] == "memberships":
            guard Self.readsOrganizations(scopes), segments[5].lowercased() == account.login.lowercased(),
                let team = account.teams.first(where: {
                    $0.organization.lowercased() == segments[1].lowercased() && $0.slug == segments[3]
                })
            else { return Self.error("Not Found", .notFound) }
            return .json(["state": .string(team.state), "role": "member", "url": .string(asked.origin + asked.path)])
        default: return Self.error("Not Found", .notFound)
        }
    }

    private static func readsOrganizations(_ scopes: Set<String>) -> Bool {
        !scopes.isDisjoint(with: ["read:org", "write:org", "admin:org"])
    }

    private static func error(_ message: String, _ status: Status) -> Response {
        .json(
            [
                "message": .string(message), "documentation_url": "https://docs.github.test/rest",
                "status": .string(String(status.rawValue)),
            ], status)
    }

    /// Thirty on a page unless `per_page` says otherwise, never more than a hundred.
    private func page(_ elements: [JSONValue], _ asked: Asked) -> Response {
        let size = min(max(asked.query.first("per_page").flatMap { Int($0) } ?? 30, 1), 100)
        let number = max(asked.query.first("page").flatMap { Int($0) } ?? 1, 1)
        let last = max((elements.count + size - 1) / size, 1)
        let first = min((number - 1) * size, elements.count)
        var response = Response.json(.array(Array(elements[first..<min(first + size, elements.count)])))
        let kept = asked.query.items.filter { $0.name != "page" }.map { ($0.name, $0.value) }
        func link(_ page: Int, _ relation: String) -> String {
            let url = FormText.append(kept + [("page", String(page))], to: asked.origin + asked.path)
            return "<\(url)>; rel=\"\(relation)\""
        }
        var links: [String] = []
        if number > 1 { links.append(link(number - 1, "prev")) }
        if number < last { links += [link(number + 1, "next"), link(last, "last")] }
        if number > 1 { links.append(link(1, "first")) }
        if !links.isEmpty { response.add(HeaderName("Link"), links.joined(separator: ", ")) }
        return response
    }
}
