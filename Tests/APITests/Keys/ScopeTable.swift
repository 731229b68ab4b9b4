/// What scopes grant, written from keys-and-shell.md §0.3.
enum ScopeTable {
    static let composites: [String: [String]] = [
        "coder:workspaces.create": [
            "template:read", "template:use", "workspace:create", "workspace:read", "workspace:update",
            "workspace:start", "workspace:stop", "organization_member:read",
        ],
        "coder:workspaces.operate": [
            "template:read", "workspace:read", "workspace:update", "workspace:start", "workspace:stop",
            "organization_member:read",
        ],
        "coder:workspaces.delete": [
            "template:read", "template:use", "workspace:read", "workspace:delete", "organization_member:read",
        ],
        "coder:workspaces.access": [
            "template:read", "workspace:read", "workspace:ssh", "workspace:application_connect",
            "organization_member:read",
        ],
        "coder:templates.build": ["template:read", "file:create", "file:read", "provisioner_jobs:read"],
        "coder:templates.author": [
            "template:read", "template:create", "template:update", "template:delete", "template:view_insights",
            "file:create", "file:read",
        ],
        "coder:apikeys.manage_self": ["api_key:read", "api_key:create", "api_key:update", "api_key:delete"],
        "coder:application_connect": ["workspace:application_connect"],
    ]

    private static let lowLevel: KeyValuePairs<String, String> = [
        "workspace": "read create update delete ssh start stop application_connect *",
        "template": "read create update delete use *", "api_key": "read create update delete *",
        "file": "read create *", "user": "read read_personal update_personal",
        "user_secret": "read create update delete *", "task": "create read update delete *",
        "organization": "read update delete *",
    ]

    /// The names that `GET /auth/scopes` gives.
    static let requestable: Set<String> = {
        let plain = lowLevel.flatMap { kind, actions in actions.split(separator: " ").map { "\(kind):\($0)" } }
        return Set(plain).union(composites.keys).union(["coder:all"])
    }()

    /// Whether a key of these scopes may do `need` (`<kind>:<action>`).
    static func grants(_ scopes: [String], _ need: String) -> Bool {
        let kind = need.prefix { $0 != ":" }
        return scopes.contains { scope in
            scope == "coder:all" || scope == need || scope == "\(kind):*"
                || composites[scope]?.contains(need) == true
        }
    }
}
