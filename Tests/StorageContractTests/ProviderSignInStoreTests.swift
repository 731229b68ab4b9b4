import Storage
import Testing
import TestSupport

/// `IdentityStore.signIn` when it succeeds (auth.md §8.5; database.md §2.3).
@Suite struct ProviderSignInStoreTests {
    @Test("a new user, first and later: owner, then nobody special", arguments: Backend.allCases, [false, true])
    func new(on backend: Backend, onlyFirst: Bool) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let organization = try await store.defaultOrganization().id
                let first = try await store.signIn(
                    .new("ana", onlyFirst: onlyFirst, organizations: [organization]))
                #expect(first.roles == ["owner"] && first.status == .active && first.loginType == .github)
                #expect(first.name == "Ana" && first.avatarURL == "a" && first.email == "ana@usersd.test")
                #expect(first.memberships.map(\.organizationID) == [organization])
                #expect(try await store.user(id: first.id) == first)
                #expect(try await store.sshKey(ofUser: first.id).publicKey == "ssh-ed25519 AAAAana\n")
                let session = try #require(try await store.session(keyID: "signin0000"))
                #expect(session.user == first && session.key.loginType == .github)
                #expect(session.linkExpiry == Timestamp.sample.adding(seconds: 3600))
                let link = try #require(try await store.link(ofUser: first.id, loginType: .github))
                #expect(link.linkedID == "4711" && link.accessToken == "access" && link.refreshToken == "refresh")
                let second = try await store.signIn(
                    .new("bert", linkedID: "2", organizations: [organization], session: "signin0001"))
                #expect(second.roles == [] && second.id != first.id)
            }
        }
    }

    @Test("an existing user is overwritten, the name of the account stays", arguments: Backend.allCases)
    func existing(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let ana = try await store.signIn(.new("ana"))
                let later = Timestamp.sample.adding(seconds: 60)
                var signIn = ProviderSignIn.sample(
                    .existing(ana.id), email: "É@usersd.test", name: "", avatarURL: "", session: nil,
                    accessToken: "access2", refreshToken: "", now: later)
                signIn.githubUserID = 4711
                let after = try await store.signIn(signIn)
                var expected = ana
                expected.email = "É@usersd.test"
                expected.name = ""
                expected.avatarURL = ""
                expected.updatedAt = later
                #expect(after == expected)
                #expect(try await store.findUser(email: "é@USERSD.test")?.id == ana.id)
                #expect(try await store.findUser(email: "ana@usersd.test") == nil)
                let link = try #require(try await store.link(ofUser: ana.id, loginType: .github))
                #expect(link.accessToken == "access2" && link.refreshToken == "" && link.linkedID == "4711")
                #expect(link.expiry == later.adding(seconds: 3600))
                // Its first session goes on.
                #expect(try await store.session(keyID: "signin0000")?.user == after)
                // A nil id leaves the stored one.
                _ = try await store.signIn(.existing(after, session: nil))
            }
            #expect(
                try database.sql("SELECT github_com_user_id FROM users WHERE NOT is_system") == [["4711"]])
            #expect(try database.sql("SELECT count(*) FROM user_links") == [["1"]])
        }
    }

    @Test("an empty linked id is filled in (decisions.md #10)", arguments: Backend.allCases)
    func fillIn(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let ana = try await database.onLoop { try await $0.signIn(.new("ana")) }
            try database.sql("UPDATE user_links SET linked_id = ''")
            try await database.onLoop { store async throws in
                #expect(try await store.findUser(linkedID: "", loginType: .github) == nil)
                #expect(try await store.findUser(linkedID: "4711", loginType: .github) == nil)
                _ = try await store.signIn(.existing(ana, session: nil))
                #expect(try await store.findUser(linkedID: "4711", loginType: .github)?.id == ana.id)
            }
        }
    }

    @Test("an operator's account without a link gets one", arguments: Backend.allCases)
    func firstLink(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let ana = try await store.create(.sample("ana", loginType: .oidc))
                #expect(try await store.link(ofUser: ana.id, loginType: .oidc) == nil)
                _ = try await store.signIn(.existing(ana, linkedID: "https://i||s", loginType: .oidc))
                #expect(try await store.findUser(linkedID: "https://i||s", loginType: .oidc)?.id == ana.id)
            }
        }
    }

    @Test("a dormant user wakes and is seen; an active one is not seen by it", arguments: Backend.allCases)
    func dormant(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let later = Timestamp.sample.adding(seconds: 60)
                for (name, status) in [("ana", UserStatus.dormant), ("bert", .active)] {
                    let user = try await store.create(.sample(name, status: status, loginType: .github))
                    let after = try await store.signIn(
                        .sample(.existing(user.id), linkedID: name, email: user.email, session: nil, now: later))
                    #expect(after.status == .active)
                    #expect(after.lastSeenAt == (status == .dormant ? later : .zero), "\(name)")
                }
            }
            #expect(
                try database.sql(
                    "SELECT new_status FROM user_status_changes c JOIN users u ON u.id = c.user_id "
                        + "WHERE username = 'ana' ORDER BY changed_at") == [["dormant"], ["active"]])
        }
    }

    @Test("a conversion: type, hash, link, and the ended key", arguments: Backend.allCases, [true, false])
    func conversion(on backend: Backend, endsKey: Bool) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let ana = try await store.create(.sample("ana", roles: ["owner"]))
                for id in ["begun00000", "other00000"] { try await store.insert(.sample(id, of: ana.id)) }
                let conversion = ProviderSignIn.Conversion(from: .password, endedKeyID: endsKey ? "begun00000" : nil)
                let after = try await store.signIn(
                    .sample(
                        .existing(ana.id), email: ana.email, conversion: conversion,
                        session: endsKey ? nil : "signin0000"))
                #expect(after.loginType == .github && after.roles == ["owner"] && after.id == ana.id)
                #expect(try await store.credentials(id: ana.id).hashedPassword == [])
                #expect((try await store.session(keyID: "begun00000") == nil) == endsKey)
                #expect(try await store.session(keyID: "other00000") != nil)
                #expect((try await store.session(keyID: "signin0000") == nil) == endsKey)
                #expect(try await store.findUser(linkedID: "4711", loginType: .github)?.id == ana.id)
            }
        }
    }
}
