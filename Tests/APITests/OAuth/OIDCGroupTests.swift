import API
import JSON
import TestSupport
import Testing

/// Allowed groups: auth.md §8.6, cases 149 and 160 of §14.
@Suite struct OIDCGroupTests {
    @Test("149: a member of an allowed group comes in, nobody else", arguments: Backend.allCases)
    func allowed(on backend: Backend) async throws {
        try await OIDCScene.with(
            backend,
            settings: {
                $0.groupField = "groups"
                $0.allowedGroups = ["dev", "ops"]
            }
        ) { scene in
            for groups in ["dev", ["ops"], ["x", "dev", "y"]] as [JSONValue] {
                let visit = try await scene.visit(["groups": groups])
                #expect(visit.isSignedIn, "\(groups): \(visit.answer)")
            }
            let others: [JSONValue] = [
                "sales", ["sales"], [], ["Dev"], "DEV", "", ["dev "], ["developers"], ["dev,ops"],
            ]
            for groups in others {
                let answer = try await scene.visit(["groups": groups]).answer
                #expect(answer.isPage(403, "Not a member of an allowed group", "Back to login"), "\(groups): \(answer)")
            }
            let missing = try await scene.visit().answer
            #expect(missing.isPage(403, "Not a member of an allowed group"), "\(missing)")
            for groups in ["dev,ops", 7, true, ["dev": true], ["dev", 7], [["dev"]]] as [JSONValue] {
                let answer = try await scene.visit(["groups": groups]).answer
                #expect(answer.isPage(400), "\(groups): \(answer)")
            }
        }
    }

    @Test("160: without a list the groups are ignored", arguments: Backend.allCases)
    func ignored(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.groupField = "groups" }) { scene in
            let owner = try await scene.server.owner()
            for groups in [["dev"], "dev,ops", 7, ["a": 1], []] as [JSONValue] {
                let user = try await scene.visit(["groups": groups, "roles": ["owner"], "organization": "x"]).user()
                #expect(user["roles"]?.elements.isEmpty == true)
                #expect(user["organization_ids"]?.elements.count == 1)
            }
            let everybody = try await scene.server.send("GET", "/api/v2/users", token: owner.token)
            #expect(everybody["count"]?.integer == 2)
        }
    }
}
