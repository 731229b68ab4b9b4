import JSON
import TestSupport
import Testing

/// oidc-provider-mock, which says of a person what it was told to say; and usersd in front of a database that has an
/// owner already.
struct MockProvider {
    let provider: PythonProvider
    let server: RunningServer
    let database: TestDatabase

    static func with(
        _ backend: Backend, _ arguments: [String] = [], _ body: @Sendable (MockProvider) async throws -> Void
    ) async throws {
        try await TestDatabase.with(backend) { database in
            try await PythonProvider.with("mock_provider.py") { provider in
                let server = try await RunningServer.start(
                    database, issuer: provider.issuer, ["--oidc-client-secret", "any"] + arguments)
                _ = try server.owner()
                try await body(MockProvider(provider: provider, server: server, database: database))
                #expect(try await server.stop() == 0)
            }
        }
    }

    /// - Parameter claims: a JSON object.
    func signIn(_ subject: String, _ claims: String) async throws -> Way {
        let answer = try provider.send("PUT", "/users/\(subject)", json: claims)
        guard 200...299 ~= answer.status else { throw SupportFault("the mock refuses \(claims): \(answer)") }
        return try await Person(name: subject).signIn(at: server)
    }
}

/// What a provider says, and what comes of it.
struct ClaimRow: Sendable, CustomStringConvertible {
    let claims: String
    let status: Int
    /// Texts of the user, by field; of a refusal: nothing.
    let user: [String: String]
    /// What a refusal says.
    let fragments: [String]

    var description: String { claims }

    /// Somebody who gets in.
    static func user(_ claims: String, _ user: [String: String] = [:]) -> ClaimRow {
        ClaimRow(claims: claims, status: 307, user: user, fragments: [])
    }

    /// Somebody who does not.
    static func refused(_ status: Int, _ claims: String, _ fragments: String...) -> ClaimRow {
        ClaimRow(claims: claims, status: status, user: [:], fragments: fragments)
    }

    /// Every row is a person of its own.
    static func check(_ rows: [ClaimRow], at mock: MockProvider) async throws {
        for (index, row) in rows.enumerated() {
            let before = try mock.database.emails()
            let way = try await mock.signIn("s\(index)", row.claims)
            #expect(way.status == row.status, "\(row): \(way)")
            for fragment in row.fragments { #expect(way.body.contains(fragment), "\(row): \(way)") }
            if row.status == 307 {
                let me = try mock.server.me(way)
                #expect(me.status == 200 && me.json?["login_type"]?.text == "oidc", "\(row): \(me)")
                for (field, value) in row.user { #expect(me.json?[field]?.text ?? "" == value, "\(row): \(me)") }
                #expect(try mock.database.emails().count == before.count + 1, "\(row)")
            } else {
                #expect(way.session == nil, "\(row)")
                #expect(try mock.database.emails() == before, "\(row)")
            }
        }
    }
}
