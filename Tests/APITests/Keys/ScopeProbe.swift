import JSON
import TestSupport

/// One request that shows whether a key reaches a route, and what the contract says it needs.
struct ScopeProbe: Sendable {
    let method: String
    /// As the README has it.
    let route: String
    /// `<kind>:<action>`, all of them, beside `user:read` for a path with `{user}`.
    let needs: [String]
    /// The status when they are there, and when they are not.
    let granted: Int
    let refused: [Int]
    var body: String?
    var query = ""
    /// What only a key with these rights may see in the answer, for lists that hide instead of refusing.
    var shows: String?
    /// What stands for `{user}`.
    var user = "other"

    private init(
        _ method: String, _ route: String, _ needs: [String], _ granted: Int, _ refused: [Int], body: String? = nil,
        query: String = "", shows: String? = nil, user: String = "other"
    ) {
        self.method = method
        self.route = route
        self.needs = needs
        self.granted = granted
        self.refused = refused
        self.body = body
        self.query = query
        self.shows = shows
        self.user = user
    }

    private static let person = "/api/v2/users/{user}"
    private static let room = "/api/v2/organizations/{organization}"
    private static let readPersonal = ["user:read_personal"]
    private static let updatePersonal = ["user:update_personal"]
    private static let template = "template_id=5f0c1d5e-8a9b-4c3d-9e2f-000000000404"

    /// `SCOPES` is the key's own list, `FRESH` a number that was not used before, `ID` a key and `VICTIM` a user that
    /// may go. Suspended users are activated again, removed members come back: the order matters.
    // swift-format-ignore
    static let all: [ScopeProbe] = [
        ScopeProbe("POST", "/api/v2/authcheck", [], 200, [], body: #"{"checks":{}}"#),
        ScopeProbe("GET", "/api/v2/users/oidc-claims", [], 400, []),
        ScopeProbe("GET", "/api/v2/users", ["user:read"], 200, [200], shows: "other@usersd.test"),
        ScopeProbe("POST", "/api/v2/users", ["user:create"], 201, [403, 404], body: #"{"username":"fFRESH","email":"fFRESH@usersd.test","password":"SomeSecurePassword!","organization_ids":["00000000-0000-0000-0000-000000000000"]}"#),
        ScopeProbe("GET", "/api/v2/users/roles", ["assign_role:read"], 200, [403]),
        ScopeProbe("GET", person, [], 200, []),
        ScopeProbe("DELETE", person, ["user:delete"], 200, [403], user: "VICTIM"),
        ScopeProbe("PUT", "\(person)/profile", updatePersonal, 200, [403], body: #"{"username":"other","name":"O"}"#),
        ScopeProbe("PUT", "\(person)/profile", ["user:update", "user:update_personal"], 200, [404], body: #"{"username":"Other","name":""}"#),
        ScopeProbe("GET", "\(person)/login-type", [], 403, []),
        ScopeProbe("GET", "\(person)/login-type", [], 200, [], user: "me"),
        ScopeProbe("GET", "\(person)/roles", readPersonal, 200, [404]),
        ScopeProbe("PUT", "\(person)/roles", ["assign_role:assign"], 200, [403], body: #"{"roles":["auditor"]}"#),
        ScopeProbe("PUT", "\(person)/status/suspend", ["user:update"], 200, [403]),
        ScopeProbe("PUT", "\(person)/status/activate", ["user:update"], 200, [403]),
        ScopeProbe("GET", "\(person)/appearance", readPersonal, 200, [403]),
        ScopeProbe("PUT", "\(person)/appearance", updatePersonal, 200, [403], body: #"{"theme_preference":"dark","terminal_font":"fira-code"}"#),
        ScopeProbe("GET", "\(person)/preferences", readPersonal, 200, [403]),
        ScopeProbe("PUT", "\(person)/preferences", updatePersonal, 200, [403], body: #"{"code_diff_display_mode":"auto"}"#),
        ScopeProbe("GET", "\(person)/autofill-parameters", readPersonal, 200, [403], query: template),
        ScopeProbe("GET", "\(person)/organizations", ["organization:read"], 200, [200], shows: #""is_default":true"#),
        ScopeProbe("GET", "\(person)/organizations/{organizationname}", ["organization:read"], 200, [404]),
        ScopeProbe("PUT", "\(person)/password", updatePersonal, 400, [404], body: #"{"password":"weak"}"#),
        // The password is the proof, whatever the key may do.
        ScopeProbe("POST", "\(person)/convert-login", [], 400, [], body: #"{"to_type":"token","password":"x"}"#),
        ScopeProbe("POST", "\(person)/keys", ["everything"], 201, [403], user: "me"),
        ScopeProbe("GET", "\(person)/keys/tokens", ["api_key:read"], 200, [200], shows: #""token_name":"seen""#, user: "me"),
        ScopeProbe("POST", "\(person)/keys/tokens", ["api_key:create"], 201, [403], body: #"{"token_name":"tFRESH","scopes":SCOPES}"#, user: "me"),
        ScopeProbe("GET", "\(person)/keys/tokens/tokenconfig", [], 200, []),
        ScopeProbe("GET", "\(person)/keys/tokens/{keyname}", ["api_key:read"], 200, [404], user: "me"),
        ScopeProbe("GET", "\(person)/keys/{keyid}", ["api_key:read"], 200, [404]),
        ScopeProbe("PUT", "\(person)/keys/{keyid}/expire", ["api_key:read", "api_key:update"], 204, [404]),
        ScopeProbe("DELETE", "\(person)/keys/{keyid}", ["api_key:delete"], 204, [404]),
        ScopeProbe("GET", "\(person)/gitsshkey", readPersonal, 200, [403]),
        ScopeProbe("PUT", "\(person)/gitsshkey", readPersonal + updatePersonal, 200, [403]),
        ScopeProbe("GET", "/api/v2/organizations", ["organization:read"], 200, [200], shows: #""is_default":true"#),
        ScopeProbe("GET", room, ["organization:read"], 200, [404]),
        ScopeProbe("GET", "\(room)/members", ["organization:read", "organization_member:read"], 200, [200, 403, 404], shows: "OTHERID"),
        ScopeProbe("GET", "\(room)/paginated-members", ["organization:read", "organization_member:read"], 200, [200, 403, 404], shows: "OTHERID"),
        ScopeProbe("GET", "\(room)/members/roles", ["organization:read", "assign_org_role:read"], 200, [403, 404]),
        ScopeProbe("PUT", "\(room)/members/{user}/roles", ["assign_org_role:assign"], 200, [403, 404], body: #"{"roles":["organization-auditor"]}"#),
        ScopeProbe("DELETE", "\(room)/members/{user}", ["organization_member:delete"], 204, [403, 404]),
        ScopeProbe("POST", "\(room)/members/{user}", ["organization_member:create"], 200, [403, 404]),
        ScopeProbe("GET", "/api/v2/entitlements", [], 200, []),
        ScopeProbe("GET", "/api/v2/experiments", [], 200, []),
        ScopeProbe("GET", "/api/v2/experiments/available", [], 200, []),
        ScopeProbe("GET", "/api/v2/regions", [], 200, []),
        ScopeProbe("GET", "/api/v2/deployment/ssh", [], 200, []),
        // Ends the key, so it comes last.
        ScopeProbe("POST", "/api/v2/users/logout", [], 200, []),
    ]

    /// Says what is wrong with the answer to a key of these scopes; nil when it is as the contract has it.
    func fault(_ answer: Answer, scopes: [String], otherID: String) -> String? {
        if scopes == ["coder:application_connect"] {
            return [401, 403, 404].contains(answer.status) ? nil : "an application key reaches it: \(answer)"
        }
        if route.contains("/users/{user}"), !ScopeTable.grants(scopes, "user:read") {
            return answer.body == KeysAPI.notFound ? nil : "the user may not be read, yet: \(answer)"
        }
        let isGranted = needs.allSatisfy { ScopeTable.grants(scopes, $0) }
        let isRight = isGranted ? answer.status == granted : refused.contains(answer.status)
        if !isRight { return "expected \(isGranted ? [granted] : refused): \(answer)" }
        if let shows {
            let isShown = answer.body.contains(shows.replacing("OTHERID", with: otherID))
            if isShown != isGranted {
                return "\(isShown ? "shows" : "hides") what it may\(isShown ? " not" : ""): \(answer)"
            }
        }
        return nil
    }
}
