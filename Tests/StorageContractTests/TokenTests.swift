import Storage
import Testing
import TestSupport

/// `KeyStore`: keys and tokens as their owners see them (database.md §4.4).
@Suite struct TokenTests {
    @Test("a key is read by id and, when it has a name, by name", arguments: Backend.allCases)
    func read(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                let key = KeyRecord.sample("key0000000", of: anna, loginType: .token, tokenName: "ci É")
                try await store.insert(key)
                try await store.insert(.sample("key0000001", of: anna))
                #expect(try await store.key(id: "key0000000") == key)
                #expect(await failure { try await store.key(id: "KEY0000000") } == .notFound)
                #expect(await failure { try await store.key(id: "") } == .notFound)
                #expect(try await store.findKey(name: "ci É", ofUser: anna) == key)
                for name in ["ci é", "ci", "", "%"] {
                    #expect(try await store.findKey(name: name, ofUser: anna) == nil)
                }
                #expect(try await store.findKey(name: "ci É", ofUser: bert) == nil)
                // Any login type, expired ones too.
                var session = KeyRecord.sample("key0000002", of: bert, tokenName: "named")
                session.expiresAt = .zero
                try await store.insert(session)
                #expect(try await store.findKey(name: "named", ofUser: bert) == session)
            }
        }
    }

    @Test("tokens are listed oldest first; one that expires now has expired", arguments: Backend.allCases)
    func list(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                func insert(_ id: String, _ user: UUID, created: Int64, expires: Int64, _ type: LoginType = .token)
                    async throws
                {
                    var key = KeyRecord.sample(id, of: user, loginType: type, tokenName: id)
                    key.createdAt = Timestamp(microseconds: created)
                    key.expiresAt = Timestamp(microseconds: Timestamp.sample.microseconds + expires)
                    try await store.insert(key)
                }
                try await insert("token0000d", anna, created: 1, expires: 1)
                try await insert("token0000c", anna, created: 2, expires: 0)
                try await insert("token0000b", bert, created: 3, expires: 1)
                try await insert("token0000a", anna, created: 4, expires: -1)
                try await insert("session000", anna, created: 5, expires: 1, .password)
                let rows: [(user: UUID?, now: Timestamp?, ids: [String])] = [
                    (anna, nil, ["token0000d", "token0000c", "token0000a"]), (anna, .sample, ["token0000d"]),
                    (nil, nil, ["token0000d", "token0000c", "token0000b", "token0000a"]),
                    (nil, .sample, ["token0000d", "token0000b"]), (bert, .sample, ["token0000b"]), (.fresh(), nil, []),
                ]
                for row in rows {
                    #expect(
                        try await store.tokens(ofUser: row.user, validAt: row.now).map(\.key.id) == row.ids, "\(row)")
                }
                let all = try await store.tokens(ofUser: nil, validAt: nil)
                #expect(all.map(\.username) == ["anna", "anna", "bert", "anna"])
                #expect(try await all[0].key == store.key(id: "token0000d"))
            }
        }
    }

    @Test("expiring sets now, once; deleting deletes; neither finds what is not there", arguments: Backend.allCases)
    func end(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                var key = KeyRecord.sample("key0000000", of: user.id)
                try await store.insert(key)
                try await store.insert(.sample("key0000001", of: user.id))
                for delay in [0, 60] as [Int64] {
                    try await store.expireKey(id: key.id, at: Timestamp.sample.adding(seconds: delay))
                    key.expiresAt = .sample
                    #expect(try await store.key(id: key.id) == key)
                }
                try await store.deleteKey(id: key.id)
                #expect(await failure { try await store.key(id: key.id) } == .notFound)
                #expect(await failure { try await store.deleteKey(id: key.id) } == .notFound)
                #expect(await failure { try await store.expireKey(id: key.id, at: .sample) } == .notFound)
                #expect(try await store.key(id: "key0000001") == .sample("key0000001", of: user.id))
                #expect(try await store.user(id: user.id) == user)
            }
        }
    }

    @Test("a purge takes at most so many, and only what expired before", arguments: Backend.allCases)
    func purge(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                for index in 0..<9 {
                    var key = KeyRecord.sample("key000000\(index)", of: user)
                    key.expiresAt = Timestamp(microseconds: Timestamp.sample.microseconds + Int64(index) - 7)
                    try await store.insert(key)
                }
                #expect(try await store.purgeKeys(expiredBefore: .sample, limit: 0) == 0)
                #expect(try await store.purgeKeys(expiredBefore: .sample, limit: 3) == 3)
                async let first = store.purgeKeys(expiredBefore: .sample, limit: 100)
                async let second = store.purgeKeys(expiredBefore: .sample, limit: 100)
                let counts = try await [first, second]
                #expect(counts.reduce(0, +) == 4)
                #expect(try await store.purgeKeys(expiredBefore: .sample, limit: 100) == 0)
                #expect(try await store.session(keyID: "key0000007") != nil)
                #expect(try await store.session(keyID: "key0000008") != nil)
            }
            #expect(try database.sql("SELECT count(*) FROM api_keys") == [["2"]])
        }
    }
}
