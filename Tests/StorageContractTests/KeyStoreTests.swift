import Storage
import Testing
import TestSupport

/// `KeyStore` (database.md §2.2, §4.4; auth.md §9.6).
@Suite struct KeyStoreTests {
    @Test(
        "a key comes back as it was kept, whatever stands in it", arguments: Backend.allCases,
        [
            ("0.0.0.0", ["coder:all"], ["*:*"]), ("2001:db8::1", ["workspace:read", "user:*"], ["workspace:*"]),
            ("::1", ["coder:application_connect"], ["workspace:7c1a2b3c-0000-4000-8000-0123456789ab", "template:*"]),
        ])
    func roundTrip(on backend: Backend, _ row: (address: String, scopes: [String], allowList: [String])) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(
                    .sample("anna", name: "É", roles: ["owner"], organizations: [store.defaultOrganization().id]))
                var key = KeyRecord.sample(
                    "aZ09aZ09aZ", of: user.id, loginType: .token, tokenName: "İ \"%_\\' ſ", scopes: row.scopes,
                    allowList: row.allowList, ipAddress: row.address)
                key.hashedSecret = (0..<32).map { UInt8(255 - $0 * 8) }
                key.lastUsed = .zero
                key.updatedAt = Timestamp(microseconds: 999_999)
                key.createdAt = Timestamp(microseconds: -1)
                key.lifetime = 3_153_600_000
                key.expiresAt = Timestamp.sample.adding(seconds: 3_155_760_000)
                try await store.insert(key)
                let session = try #require(try await store.session(keyID: key.id))
                #expect(session.key == key)
                #expect(session.user == user)
                #expect(session.linkExpiry == nil)
            }
        }
    }

    @Test(
        "no key: nil, also for a key in other case", arguments: Backend.allCases, ["key0000001", "KEYAAAAAAA", "", "%"])
    func missing(on backend: Backend, id: String) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna")).id
                try await store.insert(.sample("keyaaaaaaa", of: user))
                #expect(try await store.session(keyID: id) == nil)
            }
        }
    }

    @Test("the link that counts is one of the key's login type", arguments: Backend.allCases)
    func links(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let user = try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna", loginType: .github)).id
                try await store.insert(.sample("github0000", of: user, loginType: .github))
                try await store.insert(.sample("oidc000000", of: user, loginType: .oidc))
                return user
            }
            try database.sql(
                "INSERT INTO user_links (user_id, login_type, linked_id) VALUES ('\(user)', 'github', '42')")
            try await database.onLoop { store async throws in
                #expect(try await store.session(keyID: "github0000")?.linkExpiry == .zero)
                #expect(try await store.session(keyID: "oidc000000")?.linkExpiry == nil)
            }
        }
    }

    @Test("a session shows the user's roles in organizations, ordered by organization", arguments: Backend.allCases)
    func memberships(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let (user, first) = try await database.onLoop { store async throws in
                let organization = try await store.defaultOrganization().id
                let user = try await store.create(.sample("anna", organizations: [organization])).id
                try await store.insert(.sample("session000", of: user))
                return (user, organization)
            }
            let second = "00000000-0000-4000-8000-000000000001"
            try database.sql(
                sqlite: """
                    INSERT INTO organizations (id, name, description, created_at, updated_at, display_name)
                    VALUES ('\(second)', 'second', '', 0, 0, '')
                    """,
                postgres: """
                    INSERT INTO organizations (id, name, description, created_at, updated_at, display_name)
                    VALUES ('\(second)', 'second', '', now(), now(), '')
                    """)
            try database.sql(
                sqlite: """
                    INSERT INTO organization_members (user_id, organization_id, created_at, updated_at, roles)
                    VALUES ('\(user)', '\(second)', 0, 0, '["organization-admin","a\\"b"]')
                    """,
                postgres: """
                    INSERT INTO organization_members (user_id, organization_id, created_at, updated_at, roles)
                    VALUES ('\(user)', '\(second)', now(), now(), ARRAY['organization-admin', 'a"b'])
                    """)
            try await database.onLoop { store async throws in
                let expected = [
                    Membership(
                        organizationID: try #require(UUID(parsing: second)), roles: ["organization-admin", "a\"b"]),
                    Membership(organizationID: first, roles: []),
                ]
                #expect(try await store.session(keyID: "session000")?.user.memberships == expected)
                #expect(try await store.user(id: user).memberships == expected)
            }
        }
    }

    @Test("a use is written to the key and the user", arguments: Backend.allCases)
    func use(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                let bert = try await store.create(.sample("bert"))
                var key = KeyRecord.sample("session000", of: user.id)
                try await store.insert(key)
                try await store.insert(.sample("session001", of: bert.id))
                let now = Timestamp.sample.adding(seconds: 7_200)
                let used = Timestamp(microseconds: now.microseconds - 1)
                try await store.record(
                    KeyUse(
                        keyID: key.id, userID: user.id, lastUsed: used, expiresAt: now.adding(seconds: 60),
                        ipAddress: "2001:db8::2", now: now))
                key.lastUsed = used
                key.expiresAt = now.adding(seconds: 60)
                key.ipAddress = "2001:db8::2"
                // The key's own updated_at never changes (database.md §2.2).
                let session = try #require(try await store.session(keyID: key.id))
                #expect(session.key == key)
                #expect(session.user.lastSeenAt == now)
                #expect(session.user.updatedAt == now)
                #expect(try await store.user(id: bert.id) == bert)
                #expect(try await store.session(keyID: "session001")?.key == .sample("session001", of: bert.id))
            }
        }
    }

    @Test("a use of a key that has gone leaves key and user alone", arguments: Backend.allCases)
    func useOfGoneKey(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let user = try await store.create(.sample("anna"))
                try await store.record(
                    KeyUse(
                        keyID: "session000", userID: user.id, lastUsed: .sample, expiresAt: .sample,
                        ipAddress: "192.0.2.1",
                        now: Timestamp.sample.adding(seconds: 9)))
                #expect(try await store.session(keyID: "session000") == nil)
                #expect(try await store.user(id: user.id) == user)
            }
        }
    }

    @Test("names of tokens are unique to a user, exactly as spelled; other keys are free", arguments: Backend.allCases)
    func tokenNames(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                let rows: [(user: UUID, type: LoginType, name: String, error: StorageError?)] = [
                    (anna, .token, "ci", nil), (anna, .token, "ci", .conflict(.tokenName)), (anna, .token, "CI", nil),
                    (anna, .token, "é", nil), (anna, .token, "e\u{301}", nil),
                    (anna, .token, "é", .conflict(.tokenName)),
                    // Empty counts as a name (database.md §2.2).
                    (anna, .token, "", nil), (anna, .token, "", .conflict(.tokenName)), (bert, .token, "ci", nil),
                    (anna, .password, "", nil), (anna, .password, "", nil), (anna, .password, "ci", nil),
                    (anna, .none, "ci", nil),
                ]
                for (index, row) in rows.enumerated() {
                    let id = "key\(1_000_000 + index)"
                    let key = KeyRecord.sample(id, of: row.user, loginType: row.type, tokenName: row.name)
                    #expect(await failure { try await store.insert(key) } == row.error, "row \(index)")
                    #expect(try await (store.session(keyID: id) != nil) == (row.error == nil), "row \(index)")
                }
            }
        }
    }

    @Test("a key of nobody and an id that is taken are refused; the first key stays", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                guard case .refused = await failure({ try await store.insert(.sample("key0000000", of: .fresh())) })
                else {
                    Issue.record("a key without a user was taken")
                    return
                }
                try await store.insert(.sample("key0000000", of: anna))
                guard case .conflict = await failure({ try await store.insert(.sample("key0000000", of: bert)) }) else {
                    Issue.record("one id was taken twice")
                    return
                }
                #expect(try await store.session(keyID: "key0000000")?.user.id == anna)
            }
        }
    }

    @Test("a key and its audit entry are both there, or neither", arguments: Backend.allCases)
    func entries(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            func entries() throws -> String? { try database.sql("SELECT count(*) FROM audit_logs")[0][0] }
            let hash = NewUser.sample("x").hashedPassword
            let anna = try await database.onLoop { store async throws in try await store.create(.sample("anna")).id }
            let entry = AuditRecord.sample(of: anna)
            try await database.onLoop { store async throws in
                try await store.insert(.sample("key0000000", of: anna), noting: entry)
                try await store.open(.sample("key0000001", of: anna), password: hash, noting: .sample(of: anna))
            }
            #expect(try entries() == "2")
            try await database.onLoop { store async throws in
                // The entry's id is taken: its key goes, too.
                let failures = [
                    await failure { try await store.insert(.sample("key0000002", of: anna), noting: entry) },
                    await failure {
                        try await store.open(.sample("key0000003", of: anna), password: hash, noting: entry)
                    },
                ]
                for failure in failures {
                    guard case .conflict = failure else { Issue.record("\(String(describing: failure))"); continue }
                }
                // The key is refused: so is its entry.
                let wrong = await failure {
                    try await store.open(.sample("key0000004", of: anna), password: [1], noting: .sample(of: anna))
                }
                #expect(wrong == .notFound)
                #expect(await failure { try await store.insert(.sample("key0000000", of: anna)) } != nil)
                #expect(await failure { try await store.insert(.sample("key0000005", of: .fresh())) } != nil)
            }
            #expect(try entries() == "2")
            let keys = try database.sql("SELECT id FROM api_keys ORDER BY id")
            #expect(keys == [["key0000000"], ["key0000001"]])
        }
    }

    @Test("the end of a session takes the user's application keys along, nothing else", arguments: Backend.allCases)
    func endSession(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let anna = try await store.create(.sample("anna")).id
                let bert = try await store.create(.sample("bert")).id
                let connect = "coder:application_connect"
                try await store.insert(.sample("session000", of: anna))
                try await store.insert(.sample("session001", of: anna))
                try await store.insert(.sample("connect000", of: anna, scopes: [connect]))
                try await store.insert(.sample("connect001", of: anna, scopes: ["workspace:read", connect]))
                try await store.insert(.sample("lookalike0", of: anna, scopes: ["workspace:application_connect"]))
                try await store.insert(.sample("connect002", of: bert, scopes: [connect]))
                for _ in 0..<2 {
                    try await store.endSession(keyID: "session000", userID: anna)
                    var left: [String] = []
                    for id in ["session000", "session001", "connect000", "connect001", "lookalike0", "connect002"]
                    where try await store.session(keyID: id) != nil {
                        left.append(id)
                    }
                    #expect(left == ["session001", "lookalike0", "connect002"])
                }
            }
        }
    }
}
