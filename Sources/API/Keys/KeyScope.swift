internal import Storage

/// What a stored scope name lets its key do (keys-and-shell.md §0.3). A scope only narrows what the roles allow.
enum KeyScope {
    static let all = "coder:all"
    static let applicationConnect = "coder:application_connect"

    static func allows(_ scope: String, _ action: Action, _ kind: ResourceKind) -> Bool {
        if scope == all { return true }
        if scope.hasPrefix("coder:") { return composite(scope).contains { $0.covers(action, kind) } }
        // "<resource>:<action>" or "<resource>:*"; a name we do not know matches nothing.
        guard let colon = scope.firstIndex(of: ":"), scope[..<colon] == kind.rawValue else { return false }
        let name = scope[scope.index(after: colon)...]
        return name == "*" || name == action.rawValue
    }

    /// The parts of composite scopes that concern kinds we know.
    private static func composite(_ scope: String) -> [Permission] {
        switch scope {
        case "coder:workspaces.create", "coder:workspaces.operate", "coder:workspaces.delete",
            "coder:workspaces.access":
            [
                Permission(.template, .read), Permission(.workspace, .read), Permission(.organizationMember, .read),
            ]
        case "coder:templates.build": [Permission(.template, .read)]
        case "coder:templates.author": [Permission(.template, .read, .create, .update, .delete)]
        case "coder:apikeys.manage_self": [Permission(.apiKey, .read, .create, .update, .delete)]
        default: []
        }
    }
}

/// An entry of a key's allow list: `type:id`, `*` on either side.
struct AllowEntry: Sendable {
    private let kind: String
    private let id: String

    /// - Returns: nil for what cannot be read; such an entry matches nothing.
    init?(_ text: String) {
        let parts = text.lowercased().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        kind = String(parts[0])
        id = String(parts[1])
    }

    var coversEverything: Bool { kind == "*" && id == "*" }

    func covers(_ object: Object) -> Bool {
        guard kind == "*" || kind == object.kind.rawValue else { return false }
        return id == "*" || id == object.id?.description
    }

    /// Every user, or the one it names; nil when it is not about users.
    var users: (all: Bool, id: String)? {
        guard kind == "*" || kind == ResourceKind.user.rawValue else { return nil }
        return (id == "*", id)
    }
}
