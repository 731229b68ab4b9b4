import JSON
import Storage
import TestSupport
import Testing

/// Users of a database that Coder made, who have workspaces there: users.md §6 and §10, cases 82, 83, 99.
@Suite struct WorkspaceOwnerTests {
    private static let template = "00000000-0000-0000-0000-0000000000a1"
    private static let version = "00000000-0000-0000-0000-0000000000b1"

    private static func insertWorkspace(
        _ number: Int, of owner: String, template: String = template, deleted: Bool = false, in server: TestServer
    ) throws {
        try server.database.sql(
            """
            INSERT INTO workspaces VALUES ('\(id("c", number))', '\(owner)', '\(template)', \(deleted))
            """)
    }

    private static func id(_ kind: String, _ number: Int) -> String {
        let digits = String(number)
        return "00000000-0000-0000-0000-\(kind)\(String(repeating: "0", count: 11 - digits.count))\(digits)"
    }

    @Test("82, 83: whoever owns a workspace stays, whoever asks; a deleted workspace does not count")
    func owners() async throws {
        try await TestServer.withCodersDatabase { server in
            let owner = try await server.owner()
            let auditor = try await server.person("auditor", roles: ["auditor"], by: owner)
            let admin = try await server.person("admin", roles: ["user-admin"], by: owner)
            let member = try await server.person("member", by: owner)
            let target = try await server.person("target", by: owner)
            try Self.insertWorkspace(1, of: target.id, deleted: true, in: server)
            try Self.insertWorkspace(2, of: owner.id, in: server)
            #expect(try await UsersAPI(server, member).delete(target.id).status == 404)
            #expect(try await UsersAPI(server, auditor).delete(target.id).status == 403)
            try Self.insertWorkspace(3, of: target.id, in: server)
            #expect(try await UsersAPI(server, member).delete(target.id).status == 404)
            for person in [auditor, admin, owner] {
                let answer = try await UsersAPI(server, person).delete(target.id)
                #expect(answer.status == 417, "\(person.username) \(answer)")
                #expect(answer["message"]?.text?.contains("workspaces") == true)
            }
            #expect(try await UsersAPI(server, target).get("me").status == 200)
            try server.database.sql("UPDATE workspaces SET deleted = true WHERE owner_id = '\(target.id)'")
            #expect(try await UsersAPI(server, admin).delete(target.id).status == 200)
        }
    }

    /// Builds in the order of time: workspace, transition, parameters.
    private static let builds: [(workspace: Int, transition: String, parameters: [String: String])] = [
        (1, "start", ["region": "old", "size": "small", "once": "secret"]),
        (1, "start", ["region": "eu"]),
        (1, "stop", ["region": "never"]),
        (2, "start", ["disk": "10", "cpu": "2", "gone": "x"]),
        (3, "start", ["region": "of another"]),
        (4, "start", ["region": "of another template"]),
        (1, "delete", ["size": "never"]),
    ]

    @Test("99: the newest value of each parameter that lasts; stop builds, others and other templates are left out")
    func autofill() async throws {
        try await TestServer.withCodersDatabase { server in
            let owner = try await server.owner()
            let member = try await server.person("member", by: owner)
            let other = "00000000-0000-0000-0000-0000000000a2"
            try Self.insertWorkspace(1, of: member.id, in: server)
            try Self.insertWorkspace(2, of: member.id, deleted: true, in: server)
            try Self.insertWorkspace(3, of: owner.id, in: server)
            try Self.insertWorkspace(4, of: member.id, template: other, in: server)
            for (name, ephemeral) in [
                ("region", false), ("size", false), ("once", true), ("disk", false), ("cpu", false),
            ] {
                try server.database.sql(
                    "INSERT INTO template_version_parameters VALUES ('\(Self.version)', '\(name)', \(ephemeral))")
            }
            for (number, build) in Self.builds.enumerated() {
                let id = Self.id("d", number)
                try server.database.sql(
                    """
                    INSERT INTO workspace_builds VALUES ('\(id)', '\(Self.id("c", build.workspace))',
                        '\(Self.version)', '\(build.transition)', '2026-01-01 00:00:00Z'::timestamptz
                        + interval '\(number) hours')
                    """)
                for (name, value) in build.parameters {
                    try server.database.sql(
                        "INSERT INTO workspace_build_parameters VALUES ('\(id)', '\(name)', '\(value)')")
                }
            }
            let path = "/api/v2/users/me/autofill-parameters?template_id="
            let filled = try await server.send("GET", path + Self.template, token: member.token)
            #expect(
                filled.body
                    == #"[{"name":"cpu","value":"2"},{"name":"disk","value":"10"},{"name":"region","value":"eu"},"#
                    + #"{"name":"size","value":"small"}]"# + "\n")
            let unknown = try await server.send("GET", path + UsersAPI.noUser, token: member.token)
            #expect(unknown.status == 200 && unknown.body == "[]\n")
            let byOwner = try await server.send(
                "GET", "/api/v2/users/member/autofill-parameters?template_id=\(Self.template)", token: owner.token)
            #expect(byOwner.body == filled.body)
        }
    }
}
