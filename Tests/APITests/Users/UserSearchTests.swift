import JSON
import TestSupport
import Testing

/// users.md §4.1, the `q` language, and cases 20–39 of §15: what each query finds.
@Suite struct UserSearchTests {
    /// owner: active, never seen by the filters below; the others in the order of their names.
    ///
    /// | name | display name | e-mail | status | login | roles | GitHub | created | seen |
    /// |---|---|---|---|---|---|---|---|---|
    /// | Anna | Test Before1 | anna | active | password | – | | 2023-01-10 | 2023-01-15T12:00 |
    /// | ben | 100 percent | ben | suspended | password | auditor | | 2023-01-20 | 2023-01-16T00:00 |
    /// | carl | 100% sure | carl | dormant | github | – | 7 | today | never |
    /// | dora | Ärger ÜBER Test | ÄÖ | dormant | oidc | – | | today | never |
    /// | emil | say "hi" a:b | emil.foo-bar | dormant | none | user-admin, template-admin | | today | never |
    /// | zsvc | | – (service account) | dormant | none | – | | today | never |
    static func with(_ backend: Backend, _ body: @Sendable (UsersAPI) async throws -> Void) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let people: [UsersAPI.Members] = [
                [
                    "username": #""Anna""#, "name": #""Test Before1""#, "user_status": #""active""#,
                    "email": #""anna@usersd.test""#,
                ],
                [
                    "username": #""ben""#, "name": #""100 percent""#, "user_status": #""suspended""#,
                    "email": #""ben@usersd.test""#, "roles": #"["auditor"]"#,
                ],
                [
                    "username": #""carl""#, "name": #""100% sure""#, "login_type": #""github""#, "password": nil,
                    "email": #""carl@usersd.test""#,
                ],
                ["username": #""dora""#, "name": #""Ärger ÜBER Test""#, "email": #""ÄÖ@usersd.test""#],
                [
                    "username": #""emil""#, "name": #""say \"hi\" a:b""#, "login_type": #""none""#, "password": nil,
                    "email": #""emil.foo-bar@usersd.test""#, "roles": #"["user-admin","template-admin"]"#,
                ],
                ["username": #""zsvc""#, "email": nil, "password": nil, "service_account": "true"],
            ]
            for person in people {
                let answer = try await api.create(person)
                try #require(answer.status == 201, "\(answer)")
            }
            let database = server.database
            try database.sql("UPDATE users SET login_type = 'oidc' WHERE username = 'dora'")
            try database.sql("UPDATE users SET github_com_user_id = 7 WHERE username = 'carl'")
            let never = "-62135596800"
            for (name, created, seen) in [
                ("Anna", "1673308800", "1673784000"), ("ben", "1674172800", "1673827200"),
                ("owner", "1795550400", never),
            ] {
                try database.sql(
                    sqlite: """
                        UPDATE users SET created_at = \(created)000000, last_seen_at = \(seen)000000
                        WHERE username = '\(name)'
                        """,
                    postgres: """
                        UPDATE users SET created_at = to_timestamp(\(created)),
                               last_seen_at = to_timestamp(\(seen)) AT TIME ZONE 'UTC'
                        WHERE username = '\(name)'
                        """)
            }
            try await body(api)
        }
    }

    static let all = ["Anna", "ben", "carl", "dora", "emil", "owner", "zsvc"]
    static let neverSeen = ["carl", "dora", "emil", "owner", "zsvc"]

    static let words: [(q: String, names: [String])] = [
        ("", all), ("   ", all), (#"status:"""#, all), (#"search:"""#, all), (#"name:"" status:"""#, all),  // case 35
        ("anna", ["Anna"]), ("ANNA", ["Anna"]), ("aNN", ["Anna"]),
        ("percent", []),  // case 36: not the display name
        ("foo-bar", ["emil"]), ("search:foo-bar", ["emil"]), ("SEARCH:FOO-BAR", ["emil"]),
        ("foo bar", []), ("foo_bar", ["emil"]), ("foo%bar", ["emil"]),  // case 37; wildcards
        ("emil foo-bar", []), ("äö", ["dora"]), ("ÄÖ", ["dora"]), ("Äö@", ["dora"]),
        (#""emil""#, []), (#"search:"emil""#, ["emil"]),  // quotes are searched for, or trimmed
        (#"" ""#, []), ("@", ["Anna", "ben", "carl", "dora", "emil", "owner"]),
        ("name:test", ["Anna", "dora"]), ("name:TEST", ["Anna", "dora"]),
        ("name:Test search:anna", ["Anna"]), ("name:test search:ä", ["dora"]),  // case 30
        (#"name:"test before1""#, ["Anna"]), (#"name:" ""#, ["Anna", "ben", "carl", "dora", "emil"]),
        ("name:ärger", ["dora"]), ("name:ÄRGER", ["dora"]), (#"name:"über t""#, ["dora"]),
        (#"name:"" name:b"#, all),  // case 31
        ("name:100%", ["ben", "carl"]), (#"name:100\%"#, ["carl"]), ("name:1_0", ["ben", "carl"]),  // case 39
        (#"name:sur_"#, ["carl"]), (#"name:sure\"#, []), (#"name:"a:b""#, ["emil"]),
        ("name:zsvc", []), ("search:zsvc", ["zsvc"]),
        ("test name:before1", ["Anna"]), ("name:before1 ann", ["Anna"]), ("an name:before1 na", []),
    ]

    static let lists: [(q: String, names: [String])] = [
        ("status:active", ["Anna", "owner"]), ("STATUS:Active", ["Anna", "owner"]),  // case 23
        ("status:active,suspended", ["Anna", "ben", "owner"]),  // case 22
        ("status:active status:suspended", ["Anna", "ben", "owner"]),
        ("status:dormant", ["carl", "dora", "emil", "zsvc"]), ("status:dormant,active,suspended", all),
        (#"status:"active,suspended""#, ["Anna", "ben", "owner"]), (#"status:"suspended""#, ["ben"]),
        ("role:OWNER", ["owner"]), ("role:member", all), ("role:member,owner", ["owner"]),  // case 24
        ("role:nope", []), ("role:auditor,user-admin", ["ben", "emil"]),
        ("role:user-admin role:auditor", ["ben", "emil"]),
        ("role:auditor,", ["ben"]), ("role:member,nope", []), ("role:user", []), (#"role:"""#, all),
        ("login_type:oidc,github", ["carl", "dora"]), ("login_type:OIDC", ["dora"]),  // case 29
        ("login_type:oauth2_provider_app", []), ("login_type:token", []), ("login_type:none", ["emil", "zsvc"]),
        ("login_type:password", ["Anna", "ben", "owner"]),
        ("github_com_user_id:7", ["carl"]), ("github_com_user_id:0", all), ("github_com_user_id:-1", []),  // case 28
        ("github_com_user_id:9223372036854775807", []), ("github_com_user_id:-9223372036854775808", []),
        ("service_account:true", ["zsvc"]), ("service_account:1", ["zsvc"]), ("service_account:T", ["zsvc"]),
        ("service_account:false", ["Anna", "ben", "carl", "dora", "emil", "owner"]), (#"service_account:"""#, all),
        ("service_account:false status:dormant login_type:none role:template-admin foo", ["emil"]),
        ("status:active role:auditor", []), ("status::active", ["Anna", "owner"]),
    ]

    static let times: [(q: String, names: [String])] = [
        // Case 26: noon of the fifteenth in Greenwich. Inclusive; whoever was never seen is before everything.
        (#"last_seen_before:"2023-01-16t00:00:00+12:00""#, ["Anna"] + neverSeen),
        (#"last_seen_before:"2023-01-15T11:59:59.999999Z""#, neverSeen),
        (#"last_seen_before:"2023-01-16T00:00:00Z""#, ["Anna", "ben"] + neverSeen),
        (#"last_seen_after:"2023-01-15T12:00:00Z""#, ["Anna", "ben"]),
        (#"last_seen_after:"2023-01-15T12:00:00.000001Z""#, ["ben"]),
        (#"last_seen_after:"2023-01-15T13:30:00+01:30" last_seen_before:"2023-01-15T12:00:00Z""#, ["Anna"]),
        (#"last_seen_after:"0001-01-01T00:00:00Z""#, all), (#"last_seen_before:"0001-01-01T00:00:00Z""#, all),
        (#"created_before:"2023-01-10T00:00:00Z""#, ["Anna"]), (#"created_before:"2023-01-09T23:59:59Z""#, []),
        (#"created_after:"2023-01-20T00:00:00Z""#, ["ben", "carl", "dora", "emil", "owner", "zsvc"]),
        (#"created_after:"2023-01-20T00:00:00.5Z" created_before:"2026-11-24T20:00:00Z""#, ["owner"]),
        (#"CREATED_AFTER:"2023-01-10T00:00:00Z" created_before:"2023-01-20T00:00:00Z""#, ["Anna", "ben"]),
        (#"created_after:"""#, all),
    ]

    @Test("words, keys and times find whom they should", arguments: Backend.allCases)
    func finds(on backend: Backend) async throws {
        try await Self.with(backend) { api in
            for (q, names) in Self.words + Self.lists + Self.times {
                let answer = try await api.search(q)
                #expect(answer.status == 200, "\(q): \(answer)")
                #expect(answer.usernames == names, "\(q)")
                #expect(answer.count == names.count, "\(q)")
            }
        }
    }

    @Test("a plus in the query is a space, and a bare percent-encoded quote quotes", arguments: Backend.allCases)
    func spelling(on backend: Backend) async throws {
        try await Self.with(backend) { api in
            for q in [
                "name:test+search:anna", "name:%22test+before1%22", "name:%22test%20before1%22", "name%3atest%20anna",
            ] {
                let answer = try await api.list("q=\(q)")
                #expect(answer.usernames == ["Anna"], "\(q)")
            }
        }
    }
}
