import Storage
import Testing
import TestSupport

/// What happens when several write at once, in one process and in two (decisions.md #17; database.md §4.2, §8).
@Suite struct WriterRaceTests {
    /// Runs all bodies at once on the loop of `database`, or by turns on two stores of the same database.
    private static func together(
        _ database: TestDatabase, _ second: SecondStore?, _ count: Int,
        _ body: @escaping @Sendable (any Storage, Int) async throws -> Void
    ) async throws -> Tally {
        try await withThrowingTaskGroup(of: StorageError?.self) { group in
            for index in 0..<count {
                group.addTask {
                    if let second, index % 2 == 1 {
                        return try await second.onLoop { store in await failure { try await body(store, index) } }
                    }
                    return try await database.onLoop { store in await failure { try await body(store, index) } }
                }
            }
            var tally = Tally()
            for try await error in group { tally.add(error) }
            return tally
        }
    }

    private static func both(
        _ backend: Backend, _ isTwo: Bool, _ body: @escaping @Sendable (TestDatabase, SecondStore?) async throws -> Void
    ) async throws {
        try await TestDatabase.with(backend) { database async throws in
            if isTwo {
                try await SecondStore.with(database) { second in try await body(database, second) }
            } else {
                try await body(database, nil)
            }
        }
    }

    @Test("of many who take one name, one gets it", arguments: Backend.allCases, [false, true])
    func oneName(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            let names = ["anna", "ANNA", "Anna", "aNNa"]
            let tally = try await Self.together(database, second, 16) { store, index in
                _ = try await store.create(.sample(names[index % 4], email: "u\(index)@usersd.test"))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.conflict(.username))": 15]))
            #expect(try database.sql("SELECT count(*) FROM users WHERE is_system = false") == [["1"]])
            #expect(try database.sql("SELECT count(*) FROM gitsshkeys") == [["1"]])
        }
    }

    @Test("changes that fail half done take nothing of the others along", arguments: Backend.allCases, [false, true])
    func halfDone(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            for round in 0..<4 {
                let tally = try await Self.together(database, second, 32) { store, index in
                    // The user's row is written before the membership in an organization that is not there.
                    let organizations: [UUID] = index % 4 == 3 ? [.fresh()] : []
                    _ = try await store.create(.sample("u\(round)x\(index)", organizations: organizations))
                }
                #expect(tally.successes == 24)
                #expect(tally.failures.values.reduce(0, +) == 8)
            }
            for table in ["users WHERE is_system = false", "gitsshkeys"] {
                #expect(try database.sql("SELECT count(*) FROM \(table)") == [["96"]], "\(table)")
            }
        }
    }

    @Test("of many who take one e-mail, one gets it", arguments: Backend.allCases, [false, true])
    func oneEmail(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            let tally = try await Self.together(database, second, 16) { store, index in
                let email = index % 2 == 0 ? "É@usersd.test" : "é@usersd.test"
                _ = try await store.create(.sample("u\(index)", email: email))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.conflict(.email))": 15]))
        }
    }

    @Test("of many first users, one is made (decisions.md #17)", arguments: Backend.allCases, [false, true])
    func firstUser(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            let tally = try await Self.together(database, second, 16) { store, index in
                _ = try await store.createFirst(.sample("u\(index)", roles: ["owner"]))
            }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.conflict(.firstUser))": 15]))
            #expect(try database.sql("SELECT count(*) FROM users WHERE is_system = false") == [["1"]])
        }
    }

    @Test("of the last owners, deleted all at once, one stays", arguments: Backend.allCases, [false, true])
    func lastOwners(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            for round in 0..<5 {
                let count = round == 0 ? 2 : 4
                var ids: [UUID] = []
                for index in 0..<count {
                    ids.append(
                        try await database.onLoop { store async throws in
                            try await store.create(.sample("o\(round)-\(index)", roles: ["owner"])).id
                        })
                }
                let owners = ids
                // The one of the round before is another owner; it goes first.
                try database.sql(
                    "UPDATE users SET deleted = true WHERE username NOT LIKE 'o\(round)-%' AND NOT is_system")
                let tally = try await Self.together(database, second, count) { store, index in
                    try await store.deleteUser(id: owners[index])
                }
                #expect(
                    tally
                        == Tally(
                            successes: count - 1, failures: ["\(StorageError.refused(.lastOwner))": 1]))
                #expect(
                    try database.sql("SELECT count(*) FROM users WHERE deleted = false AND NOT is_system") == [["1"]])
            }
        }
    }

    @Test("one user, deleted by many, is deleted once", arguments: Backend.allCases, [false, true])
    func oneDeletion(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            let id = try await database.onLoop { store in try await store.create(.sample("anna")).id }
            let tally = try await Self.together(database, second, 6) { store, _ in try await store.deleteUser(id: id) }
            #expect(tally == Tally(successes: 1, failures: ["\(StorageError.notFound)": 5]))
            #expect(try database.sql("SELECT count(*) FROM user_deleted") == [["1"]])
        }
    }

    @Test(
        "a key for a user who is being deleted goes with the user or is refused", arguments: Backend.allCases,
        [false, true])
    func keyAgainstDeletion(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            for round in 0..<10 {
                let id = try await database.onLoop { store in try await store.create(.sample("u\(round)")).id }
                _ = try await Self.together(database, second, 6) { store, index in
                    if index == 3 {
                        try await store.deleteUser(id: id)
                    } else {
                        try await store.insert(.sample("r\(round)key\(index)0000", of: id))
                    }
                }
                #expect(try database.sql("SELECT count(*) FROM users WHERE id = '\(id)' AND deleted = true") == [["1"]])
                #expect(try database.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(id)'") == [["0"]])
            }
        }
    }

    /// The same without luck: the deletion has happened in a transaction that is not yet committed. Coder's trigger
    /// alone does not see it (database.md §3), and the key's insert must not overtake it.
    @Test("Postgres: a key that meets an uncommitted deletion is refused, not left over")
    func keyDuringDeletion() async throws {
        try await TestDatabase.with(.postgres) { database async throws in
            let id = try await database.onLoop { store async throws in try await store.create(.sample("anna")).id }
            async let deletion: Void = Task.detached {
                try database.sql(
                    """
                    BEGIN; UPDATE users SET deleted = true WHERE id = '\(id)'; SELECT pg_sleep(2); COMMIT
                    """)
            }.value
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            for _ in 0..<400 {
                if try database.sql(waiting) == [["1"]] { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            let error = try await database.onLoop { store async throws in
                await failure { try await store.insert(.sample("key0000000", of: id)) }
            }
            try await deletion
            #expect(error == .refused(.deletedUser))
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["0"]])
        }
    }

    @Test(
        "many creates at once, some of which conflict: exactly the right ones exist", arguments: Backend.allCases,
        [false, true])
    func groupCommit(on backend: Backend, twoProcesses: Bool) async throws {
        try await Self.both(backend, twoProcesses) { database, second async throws in
            let organization = try await database.onLoop { store async throws in
                _ = try await store.create(.sample("taken", email: "taken@usersd.test"))
                return try await store.defaultOrganization().id
            }
            let tally = try await Self.together(database, second, 400) { store, index in
                let user: NewUser =
                    switch index % 5 {
                    case 1: .sample("Taken", email: "u\(index)@usersd.test", organizations: [organization])
                    case 3: .sample("u\(index)", email: "TAKEN@usersd.test", organizations: [organization])
                    // Fails in the last statement but one, after the user's own row went in.
                    case 4: .sample("u\(index)", organizations: [organization, organization])
                    default: .sample("u\(index)", organizations: [organization])
                    }
                let created = try await store.create(user)
                // What was answered is there.
                #expect(try await store.user(id: created.id) == created)
            }
            #expect(
                tally
                    == Tally(
                        successes: 160,
                        failures: [
                            "\(StorageError.conflict(.username))": 80, "\(StorageError.conflict(.email))": 80,
                            "\(StorageError.conflict(.membership))": 80,
                        ]))
            let expected = (0..<400).filter { $0 % 5 == 0 || $0 % 5 == 2 }.map { "u\($0)" } + ["taken"]
            let names = try database.sql("SELECT username FROM users WHERE NOT is_system").compactMap { $0[0] }
            #expect(names.sorted() == expected.sorted())
            #expect(try database.sql("SELECT count(*) FROM gitsshkeys") == [["161"]])
            // The system user's and the 160.
            #expect(try database.sql("SELECT count(*) FROM organization_members") == [["161"]])
            // The system user's, `taken`'s and the 160.
            #expect(try database.sql("SELECT count(*) FROM user_status_changes") == [["162"]])
        }
    }
}
