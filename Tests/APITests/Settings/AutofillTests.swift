import JSON
import TestSupport
import Testing

/// users.md §10 and §1.3: the parameters and the rights; cases 98, 100 and the last of 99 in §15. There are no
/// workspaces here, so the answer is always `[]`; `WorkspaceOwnerTests` has some.
@Suite struct AutofillTests {
    private static let id = "5f0c1d5e-8a9b-4c3d-9e2f-0000000000aa"

    @Test("98: template_id is needed, once, as a UUID, and alone", arguments: Backend.allCases)
    func parameters(on backend: Backend) async throws {
        let rows: [(query: String, fields: Set<String>)] = [
            ("", ["template_id"]), ("template_id=", ["template_id"]), ("template_id=x", ["template_id"]),
            ("template_id=\(Self.id)&template_id=\(Self.id)", ["template_id"]), ("template_id=\(Self.id)&x=1", ["x"]),
            ("x=1", ["template_id", "x"]), ("template_id=\(Self.id)&x=", ["x"]),
            ("template_id=\(Self.id)&x=1&y=2", ["x", "y"]),
            ("template_id=\(Self.id)&limit=1", ["limit"]), ("Template_ID=\(Self.id)", ["template_id", "Template_ID"]),
        ]
        try await Cast.with(backend, .member) { cast in
            for row in rows {
                let answer = try await cast.send("GET", "/users/me/autofill-parameters?\(row.query)")
                #expect(answer.status == 400, "\(row.query)")
                #expect(Set(answer.fields) == row.fields, "\(row.query): \(answer)")
                #expect(answer.fields.count == row.fields.count, "\(row.query): \(answer)")
            }
        }
    }

    @Test("99: an unknown template has no parameters; every form of a UUID is one", arguments: Backend.allCases)
    func unknownTemplate(on backend: Backend) async throws {
        let forms = [
            Self.id, Self.id.uppercased(), "%7B\(Self.id)%7D", "urn:uuid:\(Self.id)", Self.id.replacing("-", with: ""),
        ]
        try await Cast.with(backend, .member) { cast in
            for form in forms {
                let answer = try await cast.send("GET", "/users/me/autofill-parameters?template_id=\(form)")
                #expect(answer.status == 200, "\(form): \(answer)")
                #expect(answer.body == "[]\n", "\(form)")
            }
        }
    }

    @Test("100: a member for another 404, an owner 200, an auditor 403", arguments: Backend.allCases)
    func rights(on backend: Backend) async throws {
        for (kind, status) in [(Cast.Kind.member, 404), (.owner, 200), (.userAdmin, 200), (.auditor, 403)] {
            try await Cast.with(backend, kind) { cast in
                let answer = try await cast.send("GET", "/users/other/autofill-parameters?template_id=\(Self.id)")
                #expect(answer.status == status, "\(kind): \(answer)")
            }
        }
    }
}
