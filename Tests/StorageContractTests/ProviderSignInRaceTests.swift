import Storage
import Testing
import TestSupport

/// Sign-ins at once, in one process and in two (decisions.md #17; auth.md §8.5: one transaction).
@Suite struct ProviderSignInRaceTests {
    private struct Race: Sendable {
        let database: TestDatabase
        let second: SecondStore?

        static func with(
            _ backend: Backend, twoProcesses: Bool, _ body: @escaping @Sendable (Race) async throws -> Void
        ) async throws {
            try await TestDatabase.with(backend) { database async throws in
                guard twoProcesses else { return try await body(Race(database: database, second: nil)) }
                try await SecondStore.with(database) { try await body(Race(database: database, second: $0)) }
            }
        }

        /// Runs all at once, by turns on two stores when there are two.
        func run(_ count: Int, _ body: @escaping @Sendable (any Storage, Int) async throws -> Void) async throws
            -> Tally
        {
            try await withThrowingTaskGroup(of: StorageError?.self) { group in
                for index in 0..<count {
                    group.addTask {
                        let attempt: @Sendable (any Storage) async throws -> StorageError? = { store in
                            await failure { try await body(store, index) }
                        }
                        if let second, index % 2 == 1 { return try await second.onLoop(attempt) }
                        return try await database.onLoop(attempt)
                    }
                }
                var tally = Tally()
                for try await error in group { tally.add(error) }
                return tally
            }
        }
    }

    @Test("of many first sign-ins, one makes an owner", arguments: Backend.allCases, [false, true])
    func owners(on backend: Backend, twoProcesses: Bool) async throws {
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            let tally = try await race.run(12) { store, index in
                _ = try await store.signIn(.new("u\(index)", linkedID: "\(index)", session: "session\(100 + index)"))
            }
            #expect(tally == Tally(successes: 12))
            #expect(
                try database.sql(
                    "SELECT count(*) FROM users WHERE NOT is_system AND CAST(rbac_roles AS text) LIKE '%owner%'")
                    == [["1"]])
        }
    }

    @Test("with sign-ups off, of many first sign-ins one succeeds", arguments: Backend.allCases, [false, true])
    func onlyFirst(on backend: Backend, twoProcesses: Bool) async throws {
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            let tally = try await race.run(12) { store, index in
                _ = try await store.signIn(
                    .new("u\(index)", linkedID: "\(index)", onlyFirst: true, session: "session\(100 + index)"))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.refused(.signUpsOff))": 11]))
            #expect(try database.liveUsers() == "1")
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["1"]])
        }
    }

    @Test(
        "a first sign-in and a first user with a password: one of them is", arguments: Backend.allCases,
        [false, true])
    func firstOfEither(on backend: Backend, twoProcesses: Bool) async throws {
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            let tally = try await race.run(12) { store, index in
                if index % 4 < 2 {
                    _ = try await store.createFirst(.sample("u\(index)", roles: ["owner"]))
                } else {
                    _ = try await store.signIn(
                        .new("u\(index)", linkedID: "\(index)", onlyFirst: true, session: "session\(100 + index)"))
                }
            }
            #expect(tally.successes == 1 && tally.failures.values.reduce(0, +) == 11, "\(tally)")
            #expect(
                Set(tally.failures.keys).isSubset(
                    of: ["\(StorageError.refused(.signUpsOff))", "\(StorageError.conflict(.firstUser))"]), "\(tally)")
            #expect(try database.liveUsers() == "1")
        }
    }

    @Test("of many sign-ins of one new identity, one makes the user", arguments: Backend.allCases, [false, true])
    func oneIdentity(on backend: Backend, twoProcesses: Bool) async throws {
        // Other names and addresses: the link alone tells that they are one person.
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            let tally = try await race.run(12) { store, index in
                _ = try await store.signIn(.new("u\(index)", session: "session\(100 + index)"))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.refused(.linkedElsewhere))": 11]))
            #expect(try database.liveUsers() == "1")
            for table in ["user_links", "api_keys", "gitsshkeys"] {
                #expect(try database.sql("SELECT count(*) FROM \(table)") == [["1"]])
            }
        }
    }

    @Test("of many conversions of one account, one happens", arguments: Backend.allCases, [false, true])
    func conversions(on backend: Backend, twoProcesses: Bool) async throws {
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("ana"))
            }
            let tally = try await race.run(8) { store, index in
                let ana = try await store.findUser(email: "ana@usersd.test")
                _ = try await store.signIn(
                    .sample(
                        .existing(ana?.id ?? .zero), linkedID: "\(index % 2)", email: "ana@usersd.test",
                        conversion: .init(from: .password, endedKeyID: nil), session: "session\(100 + index)"))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.refused(.loginType))": 7]))
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["1"]])
        }
    }

    @Test(
        "a sign-in against a suspension and a deletion: no session outlives it", arguments: Backend.allCases,
        [false, true])
    func ends(on backend: Backend, twoProcesses: Bool) async throws {
        try await Race.with(backend, twoProcesses: twoProcesses) { race in
            let database = race.database
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("owner", roles: ["owner"]))
                _ = try await store.create(.sample("ana", loginType: .github))
            }
            let tally = try await race.run(8) { store, index in
                guard let ana = try await store.findUser(email: "ana@usersd.test") else { throw StorageError.notFound }
                if index == 3 {
                    try await store.deleteUser(id: ana.id)
                } else {
                    _ = try await store.signIn(.existing(ana, session: "session\(100 + index)"))
                }
            }
            #expect(Set(tally.failures.keys).isSubset(of: ["\(StorageError.notFound)"]), "\(tally)")
            for table in ["user_links", "api_keys"] {
                #expect(try database.sql("SELECT count(*) FROM \(table)") == [["0"]])
            }
        }
    }
}
