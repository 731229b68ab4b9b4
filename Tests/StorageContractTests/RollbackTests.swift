import Storage
import Testing
import TestSupport

/// A change that fails leaves nothing behind (database.md §6.7, §8: "always roll back on error").
@Suite struct RollbackTests {
    private static let tables = [
        "users", "gitsshkeys", "organization_members", "user_status_changes", "user_deleted", "api_keys",
    ]

    private static func counts(_ database: TestDatabase) throws -> [String] {
        try tables.map { try database.sql("SELECT count(*) FROM \($0)")[0][0] ?? "" }
    }

    enum Fault: String, CaseIterable, Sendable {
        case usernameTaken, emailTaken, idTaken, unknownOrganization, organizationTwice, emptyUsername,
            emptyEmail, serviceAccountWithEmail, serviceAccountWithPassword
    }

    private static func user(_ fault: Fault, _ taken: UserRecord, _ organization: UUID) -> NewUser {
        var user = NewUser.sample("new", organizations: [organization])
        switch fault {
        case .usernameTaken: user.username = taken.username
        case .emailTaken: user.email = taken.email
        case .idTaken: user.id = taken.id
        case .unknownOrganization: user.organizationIDs = [organization, .fresh()]
        case .organizationTwice: user.organizationIDs = [organization, organization]
        case .emptyUsername: user.username = ""
        case .emptyEmail: user.email = ""
        case .serviceAccountWithEmail:
            user.isServiceAccount = true
            user.loginType = .none
        case .serviceAccountWithPassword:
            user.isServiceAccount = true
            user.email = ""
        }
        return user
    }

    @Test(
        "a failed create leaves no user, membership, key pair or history", arguments: Backend.allCases, Fault.allCases)
    func create(on backend: Backend, fault: Fault) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let (taken, organization) = try await database.onLoop { store async throws in
                (try await store.create(.sample("anna")), try await store.defaultOrganization().id)
            }
            let before = try Self.counts(database)
            let user = Self.user(fault, taken, organization)
            let error = try await database.onLoop { store in await failure { try await store.create(user) } }
            switch fault {
            case .usernameTaken: #expect(error == .conflict(.username))
            case .emailTaken: #expect(error == .conflict(.email))
            case .organizationTwice: #expect(error == .conflict(.membership))
            case .idTaken:
                guard case .conflict = error else { Issue.record("\(String(describing: error))"); break }
            case .unknownOrganization, .emptyUsername, .emptyEmail, .serviceAccountWithEmail,
                .serviceAccountWithPassword:
                guard case .refused = error else { Issue.record("\(String(describing: error))"); break }
            }
            #expect(try Self.counts(database) == before)
            // The connection is fit for use, and the name is free.
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("new", email: "fine@usersd.test", organizations: [organization]))
            }
        }
    }

    @Test("a failed first user leaves nothing, and the next one succeeds", arguments: Backend.allCases)
    func createFirst(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let before = try Self.counts(database)
            try await database.onLoop { store async throws in
                let organization = try await store.defaultOrganization().id
                var user = NewUser.sample("anna", organizations: [organization, .fresh()])
                guard case .refused = await failure({ try await store.createFirst(user) }) else {
                    Issue.record("an unknown organization was taken")
                    return
                }
                #expect(try await store.hasUsers() == false)
                user.organizationIDs = [organization]
                #expect(try await store.createFirst(user).memberships.map(\.organizationID) == [organization])
            }
            let after = try Self.counts(database)
            #expect(zip(before, after).map { (Int($1) ?? 0) - (Int($0) ?? 0) } == [1, 1, 1, 1, 0, 0])
        }
    }

    @Test("a refused deletion changes nothing", arguments: Backend.allCases)
    func deletion(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let owner = try await store.create(.sample("anna", roles: ["owner"]))
                try await store.insert(.sample("session000", of: owner.id))
                #expect(await failure { try await store.deleteUser(id: owner.id) } == .refused(.lastOwner))
                #expect(try await store.user(id: owner.id) == owner)
                #expect(try await store.session(keyID: "session000") != nil)
            }
            #expect(try database.sql("SELECT count(*) FROM user_deleted") == [["0"]])
        }
    }
}
