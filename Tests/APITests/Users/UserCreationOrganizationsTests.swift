import JSON
import TestSupport
import Testing

/// users.md §4.3 with decisions.md #5, cases 47–49 and 72 of §15: the organizations that a new user is put in.
@Suite struct UserCreationOrganizationsTests {
    static let second = "11111111-1111-4111-8111-111111111111"
    static let gone = "22222222-2222-4222-8222-222222222222"
    static let unknown = "33333333-3333-4333-8333-333333333333"

    @Test("organizations: default, legacy member, order, unknown, deleted (cases 47–49)", arguments: Backend.allCases)
    func organizations(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let standard = try server.database.defaultOrganization()
            try server.database.addOrganization(Self.second, "second")
            try server.database.addOrganization(Self.gone, "gone", isDeleted: true)
            let zero = "00000000-0000-0000-0000-000000000000"
            let requests: [(changes: UsersAPI.Members, ids: [String])] = [
                (["organization_ids": "[\"\(zero)\"]"], [standard]),
                (["organization_ids": "[\"\(standard)\"]"], [standard]),
                (["organization_ids": "[\"\(Self.second)\",\"\(standard)\"]"], [Self.second, standard]),
                (["organization_ids": "[\"\(zero)\",\"\(Self.second)\"]"], [standard, Self.second]),
                (["organization_ids": nil, "organization_id": "\"\(standard)\""], [standard]),
                (["organization_ids": "[]", "organization_id": "\"\(zero)\""], [standard]),
                (
                    ["organization_ids": "[\"\(Self.second)\"]", "organization_id": "\"\(standard)\""],
                    [Self.second, standard]
                ),
                (["organization_ids": "[\"\(Self.second.uppercased())\"]"], [Self.second]),
                (["organization_ids": "[\"\(Self.gone)\"]"], [Self.gone]),
            ]
            for (index, request) in requests.enumerated() {
                let names = [("username", "\"u\(index)\""), ("email", "\"u\(index)@usersd.test\"")]
                let overwritten = names.map { ",\"\($0.0)\":\($0.1)" }.joined()
                let body = String(UsersAPI.request(request.changes).dropLast()) + overwritten + "}"
                let answer = try await server.send("POST", "/api/v2/users", token: owner.token, body: body)
                #expect(answer.status == 201, "\(request.changes): \(answer)")
                #expect(answer["username"]?.text == "u\(index)", "a repeated member overwrites: \(answer)")
                #expect(answer["organization_ids"]?.elements.map(\.text) == request.ids, "\(request.changes)")
                let shown = try await api.get("u\(index)")["organization_ids"]?.elements.compactMap(\.text) ?? []
                #expect(shown.sorted() == request.ids.sorted())
            }
            let before = try server.database.counts()
            for ids in ["[\"\(Self.unknown)\"]", "[\"\(zero)\",\"\(Self.unknown)\"]"] {
                let answer = try await api.create(["organization_ids": ids])
                #expect(answer.status == 404)
                #expect(answer.message?.contains(Self.unknown) == true, "\(answer)")
            }
            #expect(try server.database.counts() == before)
        }
    }

    @Test("an organization named twice is refused on its field (case 72, decisions.md #5)", arguments: Backend.allCases)
    func repeatedOrganization(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let standard = try server.database.defaultOrganization()
            try server.database.addOrganization(Self.second, "second")
            let zero = "00000000-0000-0000-0000-000000000000"
            let requests: [UsersAPI.Members] = [
                ["organization_ids": "[\"\(zero)\",\"\(zero)\"]"],
                ["organization_ids": "[\"\(zero)\",\"\(standard)\"]"],
                ["organization_id": "\"\(standard)\""],
                ["organization_ids": "[\"\(Self.second)\",\"\(zero)\",\"\(Self.second)\"]"],
            ]
            for changes in requests {
                let before = try server.database.counts()
                let answer = try await api.create(changes)
                #expect(answer.status == 400, "\(changes): \(answer)")
                #expect(answer.fields == ["organization_ids"], "\(changes): \(answer)")
                #expect(try server.database.counts() == before, "\(changes)")
                // Whoever was made all the same must not be in the next one's way.
                if let id = answer["id"]?.text { _ = try await api.delete(id) }
            }
        }
    }
}
