import Glibc
import JSON
import TestSupport
import Testing

/// users.md §4.3 "Side effects", keys-and-shell.md §7, database.md §2.6 and §5.2: what a new user leaves in the
/// database.
@Suite struct UserCreationTracesTests {
    @Test("a new user signs in with its password, and is active from then on", arguments: Backend.allCases)
    func signsIn(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            #expect(try await api.create(["email": #""Fresh@Usersd.test""#]).status == 201)
            let token = try await server.signIn("fresh@usersd.TEST")
            let own = try await UsersAPI(server, token: token).get("me")
            #expect(own["username"]?.text == "fresh")
            #expect(own["status"]?.text == "active")
            #expect(own["email"]?.text == "Fresh@Usersd.test")
        }
    }

    @Test("a password is stored as Coder's PBKDF2 text, none as nothing", arguments: Backend.allCases)
    func passwords(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let people: [UsersAPI.Members] = [
                ["username": #""word""#, "email": #""word@usersd.test""#],
                ["username": #""hub""#, "email": #""hub@usersd.test""#, "login_type": #""github""#, "password": nil],
                ["username": #""nil""#, "email": #""nil@usersd.test""#, "login_type": #""none""#, "password": nil],
                ["username": #""robot""#, "email": nil, "password": nil, "service_account": "true"],
            ]
            for person in people { #expect(try await api.create(person).status == 201) }
            let rows = try server.database.sql(
                sqlite: """
                    SELECT username, CAST(hashed_password AS TEXT) FROM users
                    WHERE username IN ('word', 'hub', 'nil', 'robot') ORDER BY username
                    """,
                postgres: """
                    SELECT username, convert_from(hashed_password, 'UTF8') FROM users
                    WHERE username IN ('word', 'hub', 'nil', 'robot') ORDER BY username
                    """)
            #expect(rows.map { $0[0] } == ["hub", "nil", "robot", "word"])
            #expect(rows.dropLast().map { $0[1] } == ["", "", ""])
            let stored = try #require(rows.last?[1])
            let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
            #expect(parts.count == 5 && parts[0].isEmpty && parts[1] == "pbkdf2-sha256", "\(stored)")
            #expect(parts.count == 5 && parts[3].utf8.count == 22 && parts[4].utf8.count == 86, "\(stored)")
        }
    }

    @Test("every new user has an SSH key whose halves fit together", arguments: Backend.allCases)
    func sshKey(on backend: Backend) async throws {
        try #require(access("/usr/bin/ssh-keygen", X_OK) == 0, "ssh-keygen is needed to judge a key")
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let first = try #require(try await api.create()["id"]?.text)
            let robot = try await api.create(
                ["username": #""robot""#, "email": nil, "password": nil, "service_account": "true"])
            let second = try #require(robot["id"]?.text)
            var publicKeys: Set<String> = []
            for id in [first, second] {
                let rows = try server.database.sql(
                    "SELECT public_key, private_key FROM gitsshkeys WHERE user_id = '\(id)'")
                try #require(rows.count == 1)
                let publicKey = try #require(rows[0][0])
                let privateKey = try #require(rows[0][1])
                #expect(publicKey.hasPrefix("ssh-ed25519 AAAA"))
                #expect(publicKey.hasSuffix("\n") && publicKey.filter { $0 == "\n" }.count == 1)
                #expect(publicKey.split(separator: " ").count == 2, "no comment: \(publicKey)")
                #expect(privateKey.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----\n"))
                #expect(privateKey.hasSuffix("-----END OPENSSH PRIVATE KEY-----\n"))
                let derived = try Self.derivedPublicKey(of: privateKey)
                #expect(derived.trimmingTrailingNewlines() == publicKey.trimmingTrailingNewlines())
                publicKeys.insert(publicKey)
            }
            #expect(publicKeys.count == 2)
        }
    }

    @Test("a membership without roles, a user without a session, a status change", arguments: Backend.allCases)
    func rows(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let api = UsersAPI(server, try await server.owner())
            let id = try #require(try await api.create()["id"]?.text)
            let members = try server.database.sql(
                sqlite: """
                    SELECT organization_id, json_array_length(roles) FROM organization_members WHERE user_id = '\(id)'
                    """,
                postgres: """
                    SELECT organization_id, cardinality(roles) FROM organization_members WHERE user_id = '\(id)'
                    """)
            #expect(members == [[try server.database.defaultOrganization(), "0"]])
            #expect(try server.database.sql("SELECT count(*) FROM api_keys WHERE user_id = '\(id)'") == [["0"]])
            let statuses = try server.database.sql("SELECT new_status FROM user_status_changes WHERE user_id = '\(id)'")
            #expect(statuses == [["dormant"]])
        }
    }

    /// What `ssh-keygen -y` makes of a private key.
    private static func derivedPublicKey(of privateKey: String) throws -> String {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        let path = "\(folder)/key"
        let descriptor = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        let bytes = Array(privateKey.utf8)
        let written = write(descriptor, bytes, bytes.count)
        close(descriptor)
        try #require(written == bytes.count)
        let pipe = try #require(popen("/usr/bin/ssh-keygen -y -P '' -f \(path) 2>&1", "r"))
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        let status = pclose(pipe)
        let text = String(decoding: output, as: UTF8.self)
        try #require(status == 0, "ssh-keygen: \(text)")
        return text
    }
}

extension String {
    fileprivate func trimmingTrailingNewlines() -> String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
