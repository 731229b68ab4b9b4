import API
import JSON
import TestSupport
import Testing

/// No log line holds a token, a secret, a hash, a password, a passcode or a private key, given or received, through a
/// long day of keys and passwords.
@Suite struct SecretLogTests {
    private static func hashes(_ server: TestServer) throws -> [String] {
        let rows = try server.database.sql(
            sqlite: """
                SELECT CAST(hashed_password AS TEXT), CAST(hashed_one_time_passcode AS TEXT) FROM users
                UNION ALL SELECT lower(hex(hashed_secret)), hex(hashed_secret) FROM api_keys
                UNION ALL SELECT private_key, NULL FROM gitsshkeys
                """,
            postgres: """
                SELECT convert_from(hashed_password, 'UTF8'), convert_from(hashed_one_time_passcode, 'UTF8') FROM users
                UNION ALL SELECT encode(hashed_secret, 'hex'), upper(encode(hashed_secret, 'hex')) FROM api_keys
                UNION ALL SELECT private_key, NULL FROM gitsshkeys
                """)
        return rows.flatMap { $0.compactMap { $0 } }.filter { $0.utf8.count > 8 }
    }

    @Test("keys, passwords and passcodes, well, badly and with a broken database", arguments: Backend.allCases)
    func day(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("person", by: owner)
            let codes = PasscodeAPI(server)
            var secrets = [owner.token, person.token]
            func act() async throws {
                let keys = KeysAPI(server, owner.token)
                for answer in [
                    try await keys.create(), try await keys.create(#"{"token_name":"mine"}"#),
                    try await keys.createSession(), try await keys.create(#"{"scopes":["wrong-scope-zq4711"]}"#),
                    try await keys.create(#"{"token_name":"\u0000"}"#), try await keys.list("?include_all=1"),
                    try await KeysAPI(server, owner.token, user: "person").createSession(),
                ] { if let key = answer["key"]?.text { secrets.append(key) } }
                for key in secrets where key.utf8.count == 33 {
                    _ = try await keys.expire("\(key)")
                    _ = try await server.send("GET", "/api/v2/users/me?access_token=\(key)")
                    _ = try await server.send("DELETE", "/api/v2/users/me/keys/\(key)", token: key + "x")
                }
                _ = try await server.send("PUT", "/api/v2/users/me/gitsshkey", token: owner.token)
                _ = try await codes.request(person.email)
                let code = server.outbox.passcodes.last?.text ?? "none-zq4711"
                for (code, password) in [
                    ("wrong-code-zq4711", "NewPassword-zq4711!"), (code, "weak-zq4711"),
                    (code, TestServer.password), (code, "NewPassword-zq4711!"), (code, "NewPassword-zq4711!"),
                ] {
                    _ = try await codes.change(person.email, code, password)
                }
                for body in [
                    #"{"old_password":"OldWrong-zq4711","password":"NewPassword-zq4711!"}"#,
                    #"{"old_password":"OldWrong-zq4711","password":["NewPassword-zq4711!"]}"#,
                    #"{"old_password":"OldWrong-zq4711""#,
                ] {
                    _ = try await server.send("PUT", "/api/v2/users/me/password", token: owner.token, body: body)
                    _ = try await server.send("PUT", "/api/v2/users/person/password", token: owner.token, body: body)
                }
                secrets += try Self.hashes(server)
            }
            try await act()
            try server.database.failOn("UPDATE", of: "users", cause: "no update today")
            try await act()
            try server.database.sql("ALTER TABLE gitsshkeys RENAME COLUMN public_key TO hidden_key")
            try await act()
            let lines = server.log.lines
            // The day has left something in the log, or this would prove nothing.
            #expect(lines.contains { $0.hasPrefix("error") })
            secrets += secrets.filter { $0.utf8.count == 33 }.map { String($0.suffix(22)) }
            // The mark of every secret made up above: its letters are not hexadecimal, so no request id is taken for it.
            secrets += server.outbox.passcodes.map(\.text) + [TestServer.password, "zq4711", "PRIVATE KEY"]
            for secret in secrets { #expect(lines.filter { $0.contains(secret) } == [], "\(secret)") }
        }
    }
}
