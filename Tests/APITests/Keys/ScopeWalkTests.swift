import API
import Foundation
import JSON
import TestSupport
import Testing

/// Every requestable scope against every route that needs a session: keys-and-shell.md §0.3 (what scopes grant and
/// the consequence for `{user}` paths), §0.5, cases 70, 71; auth.md §9.7.
@Suite struct ScopeWalkTests {
    /// Every route of the README's table that asks for a session.
    private static func documented() throws -> Set<String> {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let text = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.contains("| signed in |") && $0.contains("/api/v2") }
        return Set(
            rows.map {
                $0.split(separator: "|").prefix(2).map { $0.filter { $0 != "`" && $0 != " " } }.joined(separator: " ")
            })
    }

    @Test("the walk leaves no route out")
    func complete() throws {
        let documented = try Self.documented()
        #expect(documented.count > 40)
        #expect(documented == Set(ScopeProbe.all.map { "\($0.method) \($0.route)" }))
    }

    @Test("each scope alone, and with the right to read users", arguments: Backend.allCases, [[], ["user:read"]])
    func walk(on backend: Backend, with more: [String]) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let other = try await server.person("other", by: owner)
            let ownKeys = KeysAPI(server, owner.token)
            _ = try await ownKeys.token(#"{"token_name":"seen"}"#)
            let organization = try server.database.defaultOrganization()
            var number = 10_000
            for scope in try await server.send("GET", "/api/v2/auth/scopes").texts("external") {
                let scopes = [scope] + more.filter { $0 != scope }
                let list = "[\(scopes.map { "\"\($0)\"" }.joined(separator: ","))]"
                let token = try await ownKeys.token(#"{"scopes":\#(list)}"#)
                for probe in ScopeProbe.all {
                    number += 1
                    let target = try await Self.target(probe, scopes, number, server, other, owner, organization)
                    let body = probe.body?.replacing("FRESH", with: "\(number)").replacing("SCOPES", with: list)
                    let answer = try await server.send(probe.method, target, token: token, body: body)
                    let fault = probe.fault(answer, scopes: scopes, otherID: other.id)
                    #expect(fault == nil, "\(scopes) \(probe.method) \(probe.route): \(fault ?? "")")
                }
                // Whatever happened, the next scope finds the other person as they were.
                try server.database.setStatus("active", of: other.id)
                try server.database.sql("UPDATE users SET username = 'other' WHERE id = '\(other.id)'")
            }
        }
    }

    /// The request's target; makes what the request would take away.
    private static func target(
        _ probe: ScopeProbe, _ scopes: [String], _ number: Int, _ server: TestServer, _ other: TestServer.Person,
        _ owner: TestServer.Person, _ organization: String
    ) async throws -> String {
        var user = probe.user == "other" ? other.id : probe.user
        if user == "VICTIM" {
            // Whoever is not to be deleted need not be made anew.
            user = other.id
            if ScopeTable.grants(scopes, "user:delete") { user = try await server.create("v\(number)", by: owner) }
        }
        var id = ""
        if probe.route.contains("{keyid}") {
            let key = StoredKey(id: "walk-\(number)", userID: owner.id, expiresAt: server.microseconds(3_600))
            try key.insert(into: server.database)
            id = key.id
        }
        let path = probe.route.replacing("{user}", with: user).replacing("{keyid}", with: id)
            .replacing("{keyname}", with: "seen").replacing("{organizationname}", with: "coder")
            .replacing("{organization}", with: organization)
        return probe.query.isEmpty ? path : "\(path)?\(probe.query)"
    }

    private struct Reach {
        let entry: String
        /// `GET /users/me`, `/users/<other>`, `/organizations/coder`, the names of `GET /users`.
        let statuses: [Int]
        let names: [String]
    }

    @Test("71: an allow list narrows even a key of every scope", arguments: Backend.allCases)
    func allowLists(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let other = try await server.create("other", by: owner)
            let organization = try server.database.defaultOrganization()
            let rows = [
                Reach(entry: "user:\(owner.id)", statuses: [200, 404, 404], names: ["owner"]),
                Reach(entry: "user:\(other)", statuses: [404, 200, 404], names: ["other"]),
                Reach(entry: "user:*", statuses: [200, 200, 404], names: ["other", "owner"]),
                Reach(entry: "organization:\(organization)", statuses: [404, 404, 200], names: []),
                Reach(entry: "organization:\(other)", statuses: [404, 404, 404], names: []),
                Reach(entry: "*:\(organization)", statuses: [404, 404, 200], names: []),
                Reach(entry: "workspace:*", statuses: [404, 404, 404], names: []),
            ]
            for row in rows {
                let token = try await KeysAPI(server, owner.token).token(#"{"allow_list":["\#(row.entry)"]}"#)
                let paths = ["users/me", "users/\(other)", "organizations/\(organization)"]
                for (path, status) in zip(paths, row.statuses) {
                    let answer = try await server.send("GET", "/api/v2/\(path)", token: token)
                    #expect(answer.status == status, "\(row.entry) \(path) \(answer)")
                }
                let list = try await server.send("GET", "/api/v2/users", token: token)
                #expect(list.usernames == row.names && list.count == row.names.count, "\(row.entry) \(list)")
                // Keys have no id of their own: only a list of their kind covers them.
                #expect(try await server.send("POST", "/api/v2/users/me/keys", token: token).status >= 400)
                #expect(
                    try await server.send("POST", "/api/v2/users/me/keys/tokens", token: token, body: "{}").status
                        >= 400)
            }
        }
    }
}
