import Storage
import Testing
import TestSupport

/// `SSHKeyStore` (database.md §2.6, §4.5).
@Suite struct SSHKeyStoreTests {
    @Test("a user's pair is read, and replaced as a whole", arguments: Backend.allCases)
    func replace(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let (anna, bert) = try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna"))
                let bert = try await store.create(.sample("bert")).id
                #expect(
                    try await store.sshKey(ofUser: anna.id)
                        == SSHKeyRecord(
                            userID: anna.id, createdAt: .sample, updatedAt: .sample, publicKey: "ssh-ed25519 AAAAanna\n"
                        ))
                let later = Timestamp.sample.adding(seconds: 1)
                let expected = SSHKeyRecord(userID: anna.id, createdAt: .sample, updatedAt: later, publicKey: "new É\n")
                let pair = SSHKeyPair(publicKey: "new É\n", privateKey: "secret\n")
                #expect(try await store.setSSHKey(pair, ofUser: anna.id, at: later) == expected)
                #expect(try await store.sshKey(ofUser: anna.id) == expected)
                #expect(try await store.user(id: anna.id) == anna)
                return (anna.id, bert)
            }
            #expect(try database.sql("SELECT private_key FROM gitsshkeys WHERE user_id = '\(anna)'") == [["secret\n"]])
            #expect(
                try database.sql("SELECT private_key FROM gitsshkeys WHERE user_id = '\(bert)'") == [
                    ["-----BEGIN bert-----\n"]
                ])
        }
    }

    @Test("somebody without a pair: not found", arguments: Backend.allCases)
    func missing(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let system = try #require(UUID(parsing: "c42fdf75-3097-471c-8c33-fb52454d81c0"))
                for id in [system, .fresh()] {
                    #expect(await failure { try await store.sshKey(ofUser: id) } == .notFound)
                    let pair = SSHKeyPair(publicKey: "a", privateKey: "b")
                    #expect(await failure { try await store.setSSHKey(pair, ofUser: id, at: .sample) } == .notFound)
                }
            }
            #expect(try database.sql("SELECT count(*) FROM gitsshkeys") == [["0"]])
        }
    }
}

/// `SettingsStore` (database.md §2.4, §4.3).
@Suite struct SettingsStoreTests {
    @Test("what is set is set, what is not stays; empty is not missing", arguments: Backend.allCases)
    func set(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna"))
                let bert = try await store.create(.sample("bert")).id
                #expect(try await store.settings(ofUser: anna.id) == [:])
                try await store.set(["theme_preference": "dark", "É": "ſ\"\\ \n🙂"], ofUser: anna.id)
                try await store.set(["theme_preference": "", "terminal_font": "fira-code"], ofUser: anna.id)
                try await store.set([:], ofUser: anna.id)
                #expect(
                    try await store.settings(ofUser: anna.id)
                        == ["theme_preference": "", "terminal_font": "fira-code", "É": "ſ\"\\ \n🙂"])
                #expect(try await store.settings(ofUser: bert) == [:])
                #expect(try await store.settings(ofUser: .fresh()) == [:])
                #expect(try await store.user(id: anna.id) == anna)
                #expect(try await store.enteredParameters(ofUser: anna.id, template: .fresh()) == [])
            }
        }
    }

    @Test("nobody's settings are refused; one bad key and nothing is written", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                guard case .refused = await failure({ try await store.set(["a": "b"], ofUser: .fresh()) }) else {
                    Issue.record("settings of nobody were taken")
                    return
                }
                let anna = try await store.create(.sample("anna")).id
                let most = String(repeating: "É", count: 256)
                try await store.set([most: "fits"], ofUser: anna)
                let error = await failure { try await store.set(["a": "1", most + "k": "2", "b": "3"], ofUser: anna) }
                #expect(error != nil)
                #expect(try await store.settings(ofUser: anna) == [most: "fits"])
            }
        }
    }
}
