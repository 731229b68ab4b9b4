import Storage
import Testing
import TestSupport

/// `IdentityStore` (database.md §4.2 "by email or username").
@Suite struct IdentityStoreTests {
    @Test("credentials of a living user, whatever the case and the status", arguments: Backend.allCases)
    func credentials(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                for (index, status) in UserStatus.allCases.enumerated() {
                    var user = NewUser.sample("u\(index)", email: "Ünique\(index)@usersd.test", status: status)
                    user.hashedPassword = [0, 255, 36, UInt8(index)]
                    _ = try await store.create(user)
                    let expected = CredentialRecord(
                        userID: user.id, username: user.username, email: user.email, status: status,
                        loginType: .password,
                        hashedPassword: [0, 255, 36, UInt8(index)], hashedPasscode: [], passcodeExpiresAt: .zero)
                    #expect(try await store.credentials(email: "Ünique\(index)@usersd.test") == expected)
                    #expect(try await store.credentials(email: "üNIQUE\(index)@USERSD.TEST") == expected)
                    #expect(try await store.credentials(id: user.id) == expected)
                }
                var user = NewUser.sample("oidc", loginType: .oidc)
                user.hashedPassword = []
                _ = try await store.create(user)
                #expect(try await store.credentials(email: user.email)?.hashedPassword == [])
                #expect(try await store.credentials(email: user.email)?.loginType == .oidc)
            }
        }
    }

    @Test(
        "nobody answers to these", arguments: Backend.allCases,
        ["", "%", "_nna@usersd.test", "anna", "anna@usersd.tes", "anna@usersd.test ", "robot", "' OR ''='"])
    func nobody(on backend: Backend, email: String) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("anna"))
                _ = try await store.create(.service("robot"))
                #expect(try await store.credentials(email: email) == nil)
            }
        }
    }

    @Test(
        "a name or an e-mail is taken, in any case; empty e-mails are not", arguments: Backend.allCases,
        [
            ("anna", "x", true), ("ANNA", "x", true), ("x", "anna@USERSD.test", true), ("x", "x", false),
            ("x", "", false), ("robot", "", true), ("prebuilds", "x", true), ("x", "prebuilds@system", true),
            ("a%", "%", false), ("ann_", "ann_@usersd.test", false), ("anna@usersd.test", "anna", false),
            ("", "", false),
        ])
    func taken(on backend: Backend, _ row: (username: String, email: String, isTaken: Bool)) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                _ = try await store.create(.sample("anna"))
                _ = try await store.create(.service("robot"))
                #expect(try await store.isTaken(username: row.username, email: row.email) == row.isTaken)
            }
        }
    }

    @Test("a new password ends every key and a passcode, and leaves updated_at", arguments: Backend.allCases)
    func setPassword(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna"))
                let bert = try await store.create(.sample("bert"))
                for (index, user) in [anna.id, anna.id, bert.id].enumerated() {
                    try await store.insert(
                        .sample("key000000\(index)", of: user, loginType: .token, tokenName: "t\(index)"))
                }
                try await store.setPasscode([1, 0, 255], expiresAt: .sample, ofUser: anna.id)
                let during = try await store.credentials(id: anna.id)
                #expect(during.hashedPasscode == [1, 0, 255])
                #expect(during.passcodeExpiresAt == .sample)
                #expect(try await store.session(keyID: "key0000000") != nil)
                try await store.setPassword([9, 0, 9], ofUser: anna.id)
                let after = try await store.credentials(id: anna.id)
                #expect(after.hashedPassword == [9, 0, 9])
                #expect(after.hashedPasscode == [])
                #expect(after.passcodeExpiresAt == .zero)
                #expect(try await store.user(id: anna.id) == anna)
                #expect(try await store.session(keyID: "key0000000") == nil)
                #expect(try await store.session(keyID: "key0000001") == nil)
                #expect(try await store.session(keyID: "key0000002")?.user == bert)
            }
            #expect(
                try database.sql(
                    "SELECT count(*) FROM users WHERE hashed_one_time_passcode IS NULL"
                )
                    == [["3"]])
        }
    }

    @Test("a passcode works once, only itself, and only the last one", arguments: Backend.allCases)
    func resetPassword(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna"))
                try await store.insert(.sample("key0000000", of: anna.id))
                for passcode in [[], [1]] as [[UInt8]] {
                    let error = await failure {
                        try await store.resetPassword([7], ofUser: anna.id, passcode: passcode)
                    }
                    #expect(error == .notFound)
                }
                try await store.setPasscode([1], expiresAt: .sample, ofUser: anna.id)
                try await store.setPasscode([2], expiresAt: .sample, ofUser: anna.id)
                #expect(
                    await failure { try await store.resetPassword([7], ofUser: anna.id, passcode: [1]) } == .notFound)
                #expect(try await store.credentials(id: anna.id).hashedPassword != [7])
                #expect(try await store.session(keyID: "key0000000") != nil)
                // Of two at once, one works.
                async let first = failure { try await store.resetPassword([7], ofUser: anna.id, passcode: [2]) }
                async let second = failure { try await store.resetPassword([8], ofUser: anna.id, passcode: [2]) }
                let errors = await [first, second]
                #expect(errors.filter { $0 == nil }.count == 1)
                #expect(errors.filter { $0 == .notFound }.count == 1)
                #expect(try await store.credentials(id: anna.id).hashedPassword == (errors[0] == nil ? [7] : [8]))
                #expect(try await store.session(keyID: "key0000000") == nil)
            }
        }
    }

    @Test("an unknown and a deleted user have no credentials and get none", arguments: Backend.allCases)
    func gone(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                try await store.setPasscode([1], expiresAt: .sample, ofUser: user)
                try await store.deleteUser(id: user)
                for id in [user, .fresh()] {
                    #expect(await failure { try await store.credentials(id: id) } == .notFound)
                    #expect(await failure { try await store.setPassword([1], ofUser: id) } == .notFound)
                    #expect(
                        await failure { try await store.setPasscode([1], expiresAt: .sample, ofUser: id) } == .notFound)
                    #expect(
                        await failure { try await store.resetPassword([2], ofUser: id, passcode: [1]) } == .notFound)
                }
            }
        }
    }
}
