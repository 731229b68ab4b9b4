import Storage
import Testing
import TestSupport

/// `SiteStore` (database.md §2.11).
@Suite struct SiteStoreTests {
    @Test("the first id stays the deployment's, also across a second process", arguments: Backend.allCases)
    func deploymentID(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let first = UUID.fresh()
            try await database.onLoop { store async throws in
                #expect(try await store.deploymentID(orElse: first) == first)
                #expect(try await store.deploymentID(orElse: .fresh()) == first)
            }
            try await SecondStore.with(database) { second async throws in
                #expect(try await second.onLoop { try await $0.deploymentID(orElse: .fresh()) } == first)
            }
            #expect(try database.sql("SELECT key, value FROM site_configs") == [["deployment_id", "\(first)"]])
        }
    }

    @Test("of two ids at once, both processes get the same", arguments: Backend.allCases)
    func race(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await SecondStore.with(database) { second async throws in
                async let a = database.onLoop { try await $0.deploymentID(orElse: .fresh()) }
                async let b = second.onLoop { try await $0.deploymentID(orElse: .fresh()) }
                let (first, other) = try await (a, b)
                #expect(first == other)
            }
        }
    }

    @Test("an id that is none is a fault, not a new deployment", arguments: Backend.allCases)
    func malformed(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try database.sql("INSERT INTO site_configs (key, value) VALUES ('deployment_id', 'no id')")
            try await database.onLoop { store async throws in
                guard case .broken = await failure({ try await store.deploymentID(orElse: .fresh()) }) else {
                    Issue.record("a malformed id was taken")
                    return
                }
            }
        }
    }

    @Test("the database answers a ping", arguments: Backend.allCases)
    func ping(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store in #expect(await failure { try await store.ping() } == nil) }
        }
    }

    @Test("nobody owns workspaces in a database of ours", arguments: Backend.allCases)
    func workspaces(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                #expect(try await !store.ownsWorkspaces(userID: user))
            }
        }
    }
}
