import API
import JSON
import TestSupport
import Testing

/// Scopes that a token asks for: keys-and-shell.md §0.3, §0.4, cases 23–30, 69; decisions.md (canonical names).
@Suite struct TokenScopeTests {
    private struct Row {
        let body: String
        let scope: String
        let scopes: [String]
    }

    private static let taken = [
        Row(body: #"{"scope":"all"}"#, scope: "all", scopes: ["coder:all"]),
        Row(
            body: #"{"scope":"application_connect"}"#, scope: "application_connect",
            scopes: ["coder:application_connect"]),
        Row(body: #"{"scope":"workspace:read"}"#, scope: "", scopes: ["workspace:read"]),
        Row(body: #"{"scope":"coder:all"}"#, scope: "all", scopes: ["coder:all"]),
        Row(body: #"{"scopes":["user:read"]}"#, scope: "", scopes: ["user:read"]),
        Row(body: #"{"scope":"bogus","scopes":["workspace:read"]}"#, scope: "", scopes: ["workspace:read"]),
        Row(body: #"{"scopes":[]}"#, scope: "all", scopes: ["coder:all"]),
        Row(body: #"{"scope":"user:read","scopes":[]}"#, scope: "", scopes: ["user:read"]),
        Row(
            body: #"{"scopes":["coder:all","coder:application_connect"]}"#, scope: "application_connect",
            scopes: ["coder:all", "coder:application_connect"]),
        Row(
            body: #"{"scopes":["workspace:*","api_key:read","workspace:*"]}"#, scope: "",
            scopes: ["workspace:*", "api_key:read", "workspace:*"]),
        Row(body: #"{"scopes":["all"]}"#, scope: "all", scopes: ["coder:all"]),
        Row(
            body: #"{"scopes":["user:read","application_connect"]}"#, scope: "application_connect",
            scopes: ["user:read", "coder:application_connect"]),
    ]

    @Test("23–25, 27–30: scopes as they are asked for and given back", arguments: Backend.allCases)
    func taken(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            for row in Self.taken {
                let made = try await keys.made(row.body)
                #expect(made["scope"]?.text == row.scope, "\(row.body)")
                #expect(made.texts("scopes") == row.scopes, "\(row.body)")
            }
        }
    }

    private static let refused = [
        "debug_info:read", "user:*", "user.*", "user:update", "user:create", "user:delete", "bogus", "", " ", "ALL",
        "coder:All", "Workspace:read", "workspace:read ", "system:*", "*", "*:*", "audit_log:read",
        "organization:create", "template:view_insights", "workspace:create_agent", "workspace:share",
        "workspace:delete_agent", "ai_model_price:read", "assign_role:assign", "workspace", "coder:", "coder:*",
        "file:update", "file:delete", "organization_member:read", "coder:workspaces.*",
    ]

    @Test("26: what is not public is refused, alone and beside what is", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let keys = KeysAPI(server, try await server.owner().token)
            let before = try server.database.keyCount()
            for name in Self.refused {
                var bodies = [#"{"scopes":["\#(name)"]}"#, #"{"scopes":["user:read","\#(name)"]}"#]
                if !name.isEmpty { bodies.append(#"{"scope":"\#(name)"}"#) }
                for body in bodies {
                    let answer = try await keys.create(body)
                    #expect(answer.status == 400, "\(body) \(answer)")
                    #expect(answer.message == "Failed to create API key.")
                    #expect(answer.detail == #"invalid or unsupported API key scope: "\#(name)""#)
                }
            }
            #expect(try server.database.keyCount() == before)
        }
    }

    @Test("69: the public list has 49 names, sorted by bytes; each can be asked for", arguments: Backend.allCases)
    func list(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let answer = try await server.send("GET", "/api/v2/auth/scopes")
            #expect(answer.status == 200 && answer.json?.names == ["external"])
            let names = answer.texts("external")
            #expect(Set(names) == ScopeTable.requestable)
            #expect(names.count == 49 && names.first == "api_key:*" && names.last == "workspace:update")
            #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(try await server.send("GET", "/api/v2/auth/scopes/").status == 404)
            let keys = KeysAPI(server, try await server.owner().token)
            for name in names {
                #expect(try await keys.made(#"{"scopes":["\#(name)"]}"#).texts("scopes") == [name])
            }
        }
    }
}
