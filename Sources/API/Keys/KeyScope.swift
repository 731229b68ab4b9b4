/// What a stored scope name lets its key do (keys-and-shell.md §0.3). A scope only narrows what the roles allow.
enum KeyScope {
    static let all = "coder:all"
    static let applicationConnect = "coder:application_connect"

    /// Every kind of thing that a scope or an allow list may name, ours or Coder's.
    static let kinds = [
        "ai_model_price", "ai_seat", "aibridge_interception", "api_key", "assign_org_role", "assign_role", "audit_log",
        "boundary_usage", "chat", "connection_log", "crypto_key", "debug_info", "deployment_config",
        "deployment_stats", "file", "group", "group_member", "idpsync_settings", "inbox_notification", "license",
        "notification_message", "notification_preference", "notification_template", "oauth2_app",
        "oauth2_app_code_token", "oauth2_app_secret", "organization", "organization_member", "prebuilt_workspace",
        "provisioner_daemon", "provisioner_jobs", "replicas", "system", "tailnet_coordinator", "task", "template",
        "usage_event", "user", "user_secret", "webpush_subscription", "workspace", "workspace_agent_devcontainers",
        "workspace_agent_resource_monitor", "workspace_dormant", "workspace_proxy",
    ]

    private static let composites: [String: [String]] = [
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
    ]

    private static let lowLevel: [(kind: String, actions: [String])] = [
        ("api_key", ["read", "create", "update", "delete", "*"]),
        ("file", ["read", "create", "*"]),
        ("organization", ["read", "update", "delete", "*"]),
        ("task", ["create", "read", "update", "delete", "*"]),
        ("template", ["read", "create", "update", "delete", "use", "*"]),
        ("user", ["read", "read_personal", "update_personal"]),
        ("user_secret", ["read", "create", "update", "delete", "*"]),
        ("workspace", ["read", "create", "update", "delete", "ssh", "start", "stop", "application_connect", "*"]),
    ]

    /// The names a request may ask for, sorted by bytes: `GET /auth/scopes`.
    static let requestable: [String] =
        ([all, applicationConnect] + composites.keys
        + lowLevel.flatMap { entry in entry.actions.map { "\(entry.kind):\($0)" } })
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }

    /// The stored name of one that was asked for; nil for what may not be asked for.
    static func canonical(_ name: String) -> String? {
        switch name {
        case "all": all
        case "application_connect": applicationConnect
        default: requestable.contains(name) ? name : nil
        }
    }

    /// The single `scope` that old clients read (keys-and-shell.md §0.4).
    static func legacy(_ scopes: [String]) -> String {
        if scopes.contains(applicationConnect) { return "application_connect" }
        return scopes.contains(all) ? "all" : ""
    }

    static func allows(_ scope: String, _ action: Action, _ kind: ResourceKind) -> Bool {
        scope == all || parts(scope).contains { covers($0, "\(kind.rawValue):\(action.rawValue)") }
    }

    /// Whether everything that `wanted` allows is allowed by one of `held`: a key never makes a wider one.
    static func areCovered(_ wanted: [String], by held: [String]) -> Bool {
        let heldParts = held.flatMap(parts)
        return wanted.flatMap(parts).allSatisfy { part in heldParts.contains { covers($0, part) } }
    }

    /// `<kind>:<action>` or `<kind>:*`; a name we do not know stands for itself and grants nothing.
    private static func parts(_ scope: String) -> [String] {
        switch scope {
        case all: ["*"]
        case applicationConnect: ["workspace:application_connect"]
        default: composites[scope] ?? [scope]
        }
    }

    private static func covers(_ held: String, _ wanted: String) -> Bool {
        held == "*" || held == wanted || held.hasSuffix(":*") && wanted.hasPrefix(held.dropLast())
    }
}
