import JSON
import TestSupport
import Testing

/// `POST /authcheck` (clients.md §4): a map from names to answers, which are what the routes then do.
@Suite struct AuthCheckTests {
    private static func check(_ action: String, _ object: String) -> String {
        "{\"action\":\"\(action)\",\"object\":{\(object)}}"
    }

    private static func ask(_ cast: Cast, _ action: String, _ object: String) async throws -> Bool? {
        let body = "{\"checks\":{\"x\":\(check(action, object))}}"
        let answer = try await cast.send("POST", "/authcheck", body)
        #expect(answer.status == 200, "\(action) \(object): \(answer)")
        return answer["x"]?.flag
    }

    private struct Row {
        let action: String
        let object: String
        let method: String
        let path: String
        var body: String?

        init(_ action: String, _ object: String, _ method: String, _ path: String, _ body: String? = nil) {
            (self.action, self.object, self.method, self.path, self.body) = (action, object, method, path, body)
        }
    }

    private static func user(_ id: String) -> String {
        "\"resource_type\":\"user\",\"resource_id\":\"\(id)\",\"owner_id\":\"\(id)\""
    }

    /// What is asked, and the request that must then pass or fail. The last ones change things.
    private static func rows(_ cast: Cast, _ organization: String) -> [Row] {
        var rows: [Row] = []
        let font = #"{"theme_preference":"dark","terminal_font":"fira-code"}"#
        for (id, name) in [(cast.caller.id, "caller"), (cast.other, "other"), (cast.rival, "rival")] {
            rows += [
                Row("read", user(id), "GET", "/users/\(id)"),
                Row("read_personal", user(id), "GET", "/users/\(id)/preferences"),
                Row("update_personal", user(id), "PUT", "/users/\(id)/appearance", font),
                Row("update", user(id), "PUT", "/users/\(id)/status/activate"),
                Row("update_personal", user(id), "PUT", "/users/\(id)/profile", "{\"username\":\"\(name)\"}"),
            ]
        }
        let inside = "\"organization_id\":\"\(organization)\""
        rows += [
            Row("read", #""resource_type":"assign_role""#, "GET", "/users/roles"),
            Row("assign", #""resource_type":"assign_role""#, "PUT", "/users/\(cast.other)/roles", "{}"),
            Row(
                "read", "\"resource_type\":\"organization\",\"resource_id\":\"\(organization)\",\(inside)", "GET",
                "/organizations/\(organization)"),
            Row("create", #""resource_type":"api_key","owner_id":"me""#, "POST", "/users/me/keys"),
            Row(
                "create", "\"resource_type\":\"api_key\",\"owner_id\":\"\(cast.other)\"", "POST",
                "/users/\(cast.other)/keys/tokens", "{}"),
            Row(
                "delete", "\"resource_type\":\"organization_member\",\(inside)", "DELETE",
                "/organizations/\(organization)/members/\(cast.other)"),
            Row(
                "create", "\"resource_type\":\"organization_member\",\(inside)", "POST",
                "/organizations/\(organization)/members/\(cast.other)"),
            Row("create", #""resource_type":"user""#, "POST", "/users", UsersAPI.request([:])),
            Row("delete", user(cast.other), "DELETE", "/users/\(cast.other)"),
        ]
        return rows
    }

    @Test("it answers what the routes then do", arguments: Backend.allCases, Cast.Kind.allCases)
    func agrees(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let organization = try cast.server.database.defaultOrganization()
            for row in Self.rows(cast, organization) {
                let allowed = try await Self.ask(cast, row.action, row.object)
                let answer = try await cast.send(row.method, row.path, row.body)
                let note = "\(kind) \(row.action) {\(row.object)}: \(row.method) \(row.path) \(answer)"
                #expect(allowed == (200...204).contains(answer.status), "\(note)")
                #expect(answer.status < 500, "\(note)")
            }
        }
    }

    @Test("owner_id me is the caller, and any user is not", arguments: Backend.allCases, Cast.Kind.allCases)
    func me(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let me = #""resource_type":"user","owner_id":"me""#
            for action in ["read", "read_personal", "update_personal"] {
                let isAllowed = try await Self.ask(cast, action, me)
                #expect(isAllowed == true, "\(action)")
            }
            let everybody = #""resource_type":"user""#
            let readsEverybody = try await Self.ask(cast, "read", everybody)
            #expect(readsEverybody == (kind != .member))
            let isAdmin = kind == .owner || kind == .userAdmin
            let updatesItself = try await Self.ask(cast, "update", me)
            #expect(updatesItself == isAdmin)
            for action in ["create", "update", "delete", "read_personal", "update_personal"] {
                let isAllowed = try await Self.ask(cast, action, everybody)
                #expect(isAllowed == isAdmin, "\(action)")
            }
        }
    }

    @Test("what usersd has no answer for is true for an owner alone", arguments: Backend.allCases, Cast.Kind.allCases)
    func unknownTypes(on backend: Backend, kind: Cast.Kind) async throws {
        try await Cast.with(backend, kind) { cast in
            let types = [
                "workspace", "template", "group", "idpsync_settings", "workspace_proxy", "oauth2_app", "nonsense",
                "User", "assign_org_role",
            ]
            for type in types {
                for action in ["read", "create", "use"] {
                    let object = "\"resource_type\":\"\(type)\",\"owner_id\":\"me\""
                    let isAllowed = try await Self.ask(cast, action, object)
                    #expect(isAllowed == (kind == .owner), "\(kind) \(type) \(action)")
                }
            }
            for type in ["license", "ai_model_price"] {
                let object = "\"resource_type\":\"\(type)\""
                let isAllowed = try await Self.ask(cast, "update", object)
                #expect(isAllowed == (kind == .owner), "\(kind) \(type)")
            }
            for type in ["deployment_config", "audit_log"] {
                let answer = try await Self.ask(cast, "read", "\"resource_type\":\"\(type)\"")
                if kind == .owner { #expect(answer == true) }
                if kind == .member || kind == .userAdmin { #expect(answer == false, "\(kind) \(type)") }
            }
        }
    }

    @Test("names come sorted, whatever they are; no checks, no answers", arguments: Backend.allCases)
    func sorting(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let check = Self.check("read", #""resource_type":"user","owner_id":"me""#)
            let names = ["zeta", "Alpha", "alpha", "10", "9", "", "ü", "a b"]
            let body = "{\"checks\":{\(names.map { "\"\($0)\":\(check)" }.joined(separator: ","))}}"
            let answer = try await cast.send("POST", "/authcheck", body)
            #expect(answer.status == 200)
            let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(answer.json?.names == sorted)
            #expect(sorted.allSatisfy { answer[$0]?.flag == true })
            for none in [#"{"checks":{}}"#, "{}", "null", #"{"checks":null}"#] {
                #expect(try await cast.send("POST", "/authcheck", none).body == "{}\n", "\(none)")
            }
        }
    }

    @Test("malformed requests are 400, signed out 401", arguments: Backend.allCases)
    func malformed(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let user = #""resource_type":"user""#
            let bodies = [
                "", "{", "[]", #"{"checks":[]}"#, #"{"checks":"x"}"#, #"{"checks":{"x":1}}"#, #"{"checks":{"x":[]}}"#,
                #"{"checks":{"x":{"action":1,"object":{}}}}"#, #"{"checks":{"x":{"action":"read","object":[]}}}"#,
                #"{"checks":{"x":{"action":"read","object":{"resource_type":1}}}}"#,
                "{\"checks\":{\"x\":\(Self.check("read", user + #","owner_id":"nobody""#))}}",
                "{\"checks\":{\"x\":\(Self.check("read", user + #","resource_id":"x""#))}}",
                "{\"checks\":{\"x\":\(Self.check("read", user + #","organization_id":"x""#))}}",
                "{\"checks\":{\"x\":\(Self.check("read", user + #","any_org":"x""#))}}",
            ]
            for body in bodies {
                let answer = try await cast.send("POST", "/authcheck", body)
                #expect(answer.status == 400, "\(body): \(answer)")
                #expect(answer.message?.isEmpty == false, "\(body)")
            }
            #expect(try await cast.server.send("POST", "/api/v2/authcheck", body: "{}").status == 401)
            #expect(try await cast.send("GET", "/authcheck").status == 405)
        }
    }
}
