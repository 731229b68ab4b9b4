import Testing
import TestSupport

/// The stored form of a password: auth.md §11, case 37 of §14; database.md §5.2.
@Suite struct PasswordHashTests {
    private static let vectors: [(password: String, hash: String)] = [
        (
            "SomeSecurePassword!",
            "$pbkdf2-sha256$65535$AAECAwQFBgcICQoLDA0ODw$fkktLMxE8Y9DiYhAvkgycgXG4dmMgx2QPjPHcvGUgqOUtZZIqlLeI9IOiNUDSo"
                + "p8K0+ilOpxj8DbRvcN62jkiw"
        ),
        (
            "tomato",
            "$pbkdf2-sha256$65535$z8c1p1C2ru9EImBP1I+ZNA$pNjE3Yk0oG0PmJ0Je+y7ENOVlSkn/b0BEqqdKsq6Y97wQBq0xT+lD5bWJpyIKJ"
                + "qQICuPZcEaGDKrXJn8+SIHRg"
        ),
    ]

    private static func login(_ server: TestServer, _ password: String) async throws -> Answer {
        try await server.send(
            "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"\#(password)"}"#)
    }

    @Test("a hash that another server stored opens with its password only", arguments: Backend.allCases)
    func opens(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            for (password, hash) in Self.vectors {
                try server.database.setPasswordHash(hash, of: owner.id)
                #expect(try await Self.login(server, password).status == 201, "\(password)")
                #expect(try await Self.login(server, "\(password)x").status == 401, "\(password)x")
            }
        }
    }

    @Test("what we store has the form", arguments: Backend.allCases)
    func form(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try await server.create("other", by: owner)
            let rows = try server.database.sql(
                sqlite: "SELECT CAST(hashed_password AS TEXT) FROM users WHERE username <> 'prebuilds'",
                postgres: "SELECT convert_from(hashed_password, 'UTF8') FROM users WHERE username <> 'prebuilds'")
            let hashes = rows.compactMap { $0[0] }
            #expect(hashes.count == 2)
            // The same password twice: the salts differ.
            #expect(Set(hashes).count == 2)
            for hash in hashes {
                #expect(
                    hash.wholeMatch(of: /\$pbkdf2-sha256\$[1-9][0-9]*\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{86}/) != nil,
                    "\(hash)")
            }
        }
    }

    private static let salt: String = "AAECAwQFBgcICQoLDA0ODw"
    private static let digest: String = String(vectors[0].hash.suffix(86))

    private static let damagedHashes: [String] = [
        "none", "x", "$pbkdf2-sha256$65535$\(salt)$", "pbkdf2-sha256$65535$\(salt)$\(digest)",
        "$pbkdf2-sha256$65535$\(salt)$\(digest)$more", "$pbkdf2-sha512$65535$\(salt)$\(digest)",
        "$pbkdf2-sha256$many$\(salt)$\(digest)", "$pbkdf2-sha256$$\(salt)$\(digest)",
        "$pbkdf2-sha256$-1$\(salt)$\(digest)",
        "$pbkdf2-sha256$65535$*AECAwQFBgcICQoLDA0OD$\(digest)",
        "$pbkdf2-sha256$65535$AAECAwQFBgcICQoLDA0ODw==$\(digest)",
    ]

    @Test("37: a damaged hash is a fault, not a wrong password", arguments: Backend.allCases, damagedHashes)
    func fault(on backend: Backend, hash: String) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            try server.database.setPasswordHash(hash, of: owner.id)
            let answer = try await Self.login(server, TestServer.password)
            #expect(answer.status == 500, "\(hash) gave \(answer)")
            #expect(!answer.body.contains(hash))
            #expect(server.log.lines.contains { $0.hasPrefix("error") })
            #expect(!server.log.lines.contains { $0.contains(Self.digest) || $0.contains(Self.salt) })
        }
    }

    @Test("a hash that differs in its last character is another password's", arguments: Backend.allCases)
    func lastCharacter(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let hash = Self.vectors[0].hash
            for changed in ["\(hash.dropLast())g", "\(hash.dropLast(2))aw", "\(hash.dropLast(4))"] {
                try server.database.setPasswordHash(changed, of: owner.id)
                #expect(try await Self.login(server, TestServer.password).status != 201, "\(changed)")
            }
        }
    }
}
