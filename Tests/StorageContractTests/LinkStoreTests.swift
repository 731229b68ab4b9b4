import Storage
import Testing
import TestSupport

/// Links and who is found by them: `findUser`, `link`, `refreshLink` (database.md §2.3, auth.md §8.4, §9.5).
@Suite struct LinkStoreTests {
    @Test("by e-mail: the living, whatever the case", arguments: Backend.allCases)
    func byEmail(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let ana = try await store.create(.sample("ana", email: "Éna@usersd.test", status: .suspended))
                let gone = try await store.create(.sample("gone"))
                try await store.deleteUser(id: gone.id)
                _ = try await store.create(.service("robot"))
                for email in ["Éna@usersd.test", "éNA@USERSD.TEST"] {
                    #expect(try await store.findUser(email: email) == ana)
                }
                #expect(try await store.findUser(email: "prebuilds@system")?.isSystem == true)
                for email in ["", "%", "_na@usersd.test", " Éna@usersd.test", "gone@usersd.test", "ana"] {
                    #expect(try await store.findUser(email: email) == nil, "\(email)")
                }
            }
        }
    }

    @Test("by linked id: exactly, of that type, and not when it is empty", arguments: Backend.allCases)
    func byLink(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                let ana = try await store.signIn(.new("ana", linkedID: "https://É||Sub", session: nil))
                let bert = try await store.signIn(
                    .new("bert", linkedID: "https://É||Sub", session: nil, loginType: .oidc))
                _ = try await store.signIn(.new("cora", linkedID: "", session: nil))
                _ = try await store.signIn(.new("dora", linkedID: "", session: nil))
                #expect(try await store.findUser(linkedID: "https://É||Sub", loginType: .github) == ana)
                #expect(try await store.findUser(linkedID: "https://É||Sub", loginType: .oidc) == bert)
                for linkedID in ["", "%", "https://é||sub", "https://É||Su_", "https://É||Sub "] {
                    #expect(try await store.findUser(linkedID: linkedID, loginType: .github) == nil, "\(linkedID)")
                }
                #expect(try await store.findUser(linkedID: "https://É||Sub", loginType: .password) == nil)
                try await store.deleteUser(id: bert.id)
                #expect(try await store.findUser(linkedID: "https://É||Sub", loginType: .oidc) == nil)
                #expect(try await store.link(ofUser: bert.id, loginType: .oidc) == nil)
            }
        }
    }

    @Test("a link comes back as it was written", arguments: Backend.allCases)
    func link(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await database.onLoop { store async throws in
                var signIn = ProviderSignIn.new("ana", linkedID: "i||s", session: nil, loginType: .oidc)
                signIn.link.claims = Array(#"{"id_token_claims": null, "merged_claims": {"É": ["'", 1]}}"#.utf8)
                for (token, expiry) in [("", Timestamp.zero), (String(repeating: "é", count: 40_000), .sample)] {
                    signIn.link.accessToken = token
                    signIn.link.refreshToken = token
                    signIn.link.expiry = expiry
                    let user = try await store.signIn(signIn)
                    let link = try #require(try await store.link(ofUser: user.id, loginType: .oidc))
                    #expect(link.userID == user.id && link.loginType == .oidc && link.linkedID == "i||s")
                    #expect(link.accessToken == token && link.refreshToken == token && link.expiry == expiry)
                    #expect(
                        try await store.claims(ofUser: user.id).map { String(decoding: $0, as: UTF8.self) }?
                            .filter { $0 != " " } == #"{"É":["'",1]}"#)
                    #expect(try await store.link(ofUser: user.id, loginType: .github) == nil)
                    signIn.account = .existing(user.id)
                }
                #expect(try await store.link(ofUser: .fresh(), loginType: .oidc) == nil)
            }
        }
    }

    @Test("a refresh replaces the tokens once: the second of two with one token loses", arguments: Backend.allCases)
    func refresh(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            try await SecondStore.with(database) { second async throws in
                let user = try await database.onLoop { try await $0.signIn(.new("ana", session: nil)).id }
                let old = try #require(
                    try await database.onLoop { try await $0.link(ofUser: user, loginType: .github) })
                let links = (0..<8).map { index in
                    var link = old
                    link.accessToken = "access\(index)"
                    link.refreshToken = "refresh\(index)"
                    link.expiry = Timestamp.sample.adding(seconds: Int64(7200 + index))
                    return link
                }
                let winners: [LinkRecord] = try await withThrowingTaskGroup(of: LinkRecord?.self) { group in
                    for (index, link) in links.enumerated() {
                        group.addTask {
                            let refresh: @Sendable (any Storage) async throws -> Bool = {
                                try await $0.refreshLink(link, replacing: "refresh")
                            }
                            let won =
                                index % 2 == 0 ? try await database.onLoop(refresh) : try await second.onLoop(refresh)
                            return won ? link : nil
                        }
                    }
                    var winners: [LinkRecord] = []
                    for try await case let link? in group { winners.append(link) }
                    return winners
                }
                #expect(winners.count == 1)
                try await database.onLoop { store async throws in
                    #expect(try await store.link(ofUser: user, loginType: .github) == winners.first)
                    #expect(try await !store.refreshLink(links[0], replacing: "refresh"))
                    var other = links[0]
                    other.loginType = .oidc
                    #expect(try await !store.refreshLink(other, replacing: winners.first?.refreshToken ?? ""))
                    other = links[0]
                    other.userID = .fresh()
                    #expect(try await !store.refreshLink(other, replacing: winners.first?.refreshToken ?? ""))
                    #expect(try await store.link(ofUser: user, loginType: .github) == winners.first)
                }
            }
        }
    }
}
