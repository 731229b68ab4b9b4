import Storage
import Testing
import TestSupport

/// `IdentityStore.signIn` when it refuses: nothing has changed then (auth.md §8.5; decisions.md #10, #11).
@Suite struct ProviderSignInRefusalTests {
    enum Refusal: CaseIterable, Sendable {
        case onlyFirst, usernameTaken, usernameTakenInOtherCase, emailTaken, emailTakenInOtherCase, emptyEmail
        case unknownOrganization, newLinkedElsewhere, keyTaken
        case existingEmailTaken, suspended, wrongLoginType, linkedToAnother, linkOfAnother, deleted, unknown
        case conversionOfWrongType, conversionOfSuspended, conversionLinkedToAnother, existingKeyTaken

        /// nil: any refusal or conflict will do.
        var error: StorageError? {
            switch self {
            case .onlyFirst: .refused(.signUpsOff)
            case .usernameTaken, .usernameTakenInOtherCase: .conflict(.username)
            case .emailTaken, .emailTakenInOtherCase, .existingEmailTaken: .conflict(.email)
            case .newLinkedElsewhere, .linkedToAnother, .linkOfAnother, .conversionLinkedToAnother:
                .refused(.linkedElsewhere)
            case .suspended, .conversionOfSuspended: .refused(.suspended)
            case .wrongLoginType, .conversionOfWrongType: .refused(.loginType)
            case .deleted, .unknown: .notFound
            case .emptyEmail, .unknownOrganization, .keyTaken, .existingKeyTaken: nil
            }
        }
    }

    /// Who is there before: `ana` is linked to 4711, `bert` is linked to 2, `pia` has a password, `sus` is suspended,
    /// `gone` is deleted.
    private struct People {
        let ana, pia, sus, gone: UserRecord

        init(_ store: any Storage) async throws {
            ana = try await store.signIn(.new("ana", session: "ana0000000"))
            _ = try await store.signIn(.new("bert", linkedID: "2", session: "bert000000"))
            pia = try await store.create(.sample("pia"))
            try await store.insert(.sample("pia0000000", of: pia.id))
            sus = try await store.create(.sample("sus", status: .suspended, loginType: .github))
            gone = try await store.create(.sample("gone", loginType: .github))
            try await store.deleteUser(id: gone.id)
        }
    }

    private static func signIn(_ refusal: Refusal, _ people: People) -> ProviderSignIn {
        let ended = ProviderSignIn.Conversion(from: .password, endedKeyID: "pia0000000")
        switch refusal {
        case .onlyFirst: return .new("new", linkedID: "9", onlyFirst: true)
        case .usernameTaken: return .new("ana", linkedID: "9", email: "new@usersd.test")
        case .usernameTakenInOtherCase: return .new("ANA", linkedID: "9", email: "new@usersd.test")
        case .emailTaken: return .new("new", linkedID: "9", email: "pia@usersd.test")
        case .emailTakenInOtherCase: return .new("new", linkedID: "9", email: "PIA@usersd.test")
        case .emptyEmail: return .new("new", linkedID: "9", email: "")
        case .unknownOrganization: return .new("new", linkedID: "9", organizations: [.fresh()])
        case .newLinkedElsewhere: return .new("new", linkedID: "4711")
        case .keyTaken: return .new("new", linkedID: "9", session: "ana0000000")
        case .existingEmailTaken: return .existing(people.ana, email: "PIA@usersd.test")
        case .suspended: return .existing(people.sus, linkedID: "9")
        case .wrongLoginType: return .existing(people.pia, linkedID: "9")
        case .linkedToAnother: return .existing(people.ana, linkedID: "9")
        case .linkOfAnother: return .existing(people.ana, linkedID: "2")
        case .deleted: return .existing(people.gone, linkedID: "9")
        case .unknown: return .sample(.existing(.fresh()), linkedID: "9", email: "new@usersd.test")
        case .existingKeyTaken: return .existing(people.ana, session: "pia0000000")
        case .conversionOfWrongType:
            return .sample(.existing(people.ana.id), email: people.ana.email, conversion: ended)
        case .conversionOfSuspended:
            let conversion = ProviderSignIn.Conversion(from: .github, endedKeyID: "pia0000000")
            return .sample(
                .existing(people.sus.id), linkedID: "9", email: people.sus.email, loginType: .oidc,
                conversion: conversion)
        case .conversionLinkedToAnother:
            return .sample(.existing(people.pia.id), linkedID: "2", email: people.pia.email, conversion: ended)
        }
    }

    @Test("a refused sign-in leaves every table as it was", arguments: Backend.allCases, Refusal.allCases)
    func refusal(on backend: Backend, refusal: Refusal) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let people = try await database.onLoop { try await People($0) }
            let before = try database.accountRows()
            let signIn = Self.signIn(refusal, people)
            let error = try await database.onLoop { store in await failure { try await store.signIn(signIn) } }
            if let expected = refusal.error {
                #expect(error == expected)
            } else {
                switch error {
                case .refused, .conflict: break
                case nil, .notFound, .busy, .unavailable, .broken: Issue.record("\(String(describing: error))")
                }
            }
            #expect(try database.accountRows() == before)
            // The connection is fit for use.
            _ = try await database.onLoop { try await $0.signIn(.new("fine", linkedID: "10", session: "fine000000")) }
        }
    }

    @Test("a first sign-in that fails leaves the place of the first to the next", arguments: Backend.allCases)
    func first(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let before = try database.accountRows()
            try await database.onLoop { store async throws in
                #expect(
                    await failure { try await store.signIn(.new("ana", onlyFirst: true, organizations: [.fresh()])) }
                        != nil)
            }
            #expect(try database.accountRows() == before)
            try await database.onLoop { store async throws in
                #expect(try await store.signIn(.new("bert", onlyFirst: true)).roles == ["owner"])
                let late = await failure { try await store.signIn(.new("cora", linkedID: "3", onlyFirst: true)) }
                #expect(late == .refused(.signUpsOff))
            }
        }
    }

    @Test("once everybody is deleted, the next is a first again", arguments: Backend.allCases)
    func allDeleted(on backend: Backend) async throws {
        try await TestDatabase.with(backend) { database async throws in
            let first = try await database.onLoop { try await $0.signIn(.new("ana", onlyFirst: true)) }
            try database.sql("UPDATE users SET deleted = true WHERE id = '\(first.id)'")
            try await database.onLoop { store async throws in
                #expect(try await store.findUser(linkedID: "4711", loginType: .github) == nil)
                #expect(try await store.link(ofUser: first.id, loginType: .github) == nil)
                let next = try await store.signIn(.new("ana", onlyFirst: true, session: "signin0001"))
                #expect(next.id != first.id && next.roles == ["owner"])
            }
        }
    }
}
