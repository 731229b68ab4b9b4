import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// Two processes on one database: what ends keys in one ends them in the other for the next request
    /// (auth.md §3–§5, §9.5; keys-and-shell.md §6).
    @Suite(.serialized) struct SharedRevocationTests {
        private struct Person {
            let id: String
            let token: String
        }

        private static func person(_ name: String, _ server: RunningServer, _ owner: String) throws -> Person {
            let made = try server.create(name, token: owner)
            guard let id = made.json?["id"]?.text else { throw SupportFault("no user: \(made)") }
            let key = try server.send("POST", "/api/v2/users/\(id)/keys", token: owner)
            guard let token = key.json?["key"]?.text else { throw SupportFault("no key: \(key)") }
            return Person(id: id, token: token)
        }

        @Test("suspend, delete, log out, delete a key, expire a key, take a role", arguments: Backend.allCases)
        func ways(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let first = try await RunningServer.start(database.arguments)
                let second = try await RunningServer.start(database.arguments)
                let owner = try first.owner()
                // Method and path of the caller; `ID` is the person, `KEY` their key.
                let ways = [
                    ("PUT", "ID/status/suspend", true), ("DELETE", "ID", true), ("POST", "logout", false),
                    ("DELETE", "me/keys/KEY", true), ("PUT", "me/keys/KEY/expire", true),
                ]
                for (index, (method, path, byOwner)) in ways.enumerated() {
                    let person = try Self.person("p\(index)", first, owner)
                    for server in [first, second] {
                        #expect(try server.send("GET", "/api/v2/users/me", token: person.token).status == 200)
                    }
                    let target = path.replacing("ID", with: person.id)
                        .replacing("KEY", with: String(person.token.prefix(10)))
                    let answer = try first.send(
                        method, "/api/v2/users/\(target)", token: byOwner ? owner : person.token)
                    #expect(200...299 ~= answer.status, "\(path) \(answer)")
                    for server in [second, first] {
                        #expect(
                            try server.send("GET", "/api/v2/users/me", token: person.token).status == 401, "\(path)")
                    }
                }
                let reader = try Self.person("reader", first, owner)
                for (roles, status) in [(#"["auditor"]"#, 200), ("[]", 404)] {
                    let answer = try first.send(
                        "PUT", "/api/v2/users/\(reader.id)/roles", token: owner, body: #"{"roles":\#(roles)}"#)
                    #expect(answer.status == 200, "\(answer)")
                    #expect(try second.send("GET", "/api/v2/users/owner", token: reader.token).status == status)
                }
                #expect(try await first.stop() == 0)
                #expect(try await second.stop() == 0)
            }
        }

        @Test(
            "a password change ends sessions everywhere; a passcode works once, whichever process it is shown to",
            arguments: Backend.allCases)
        func passwords(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let hook = try HookCatcher()
                let arguments =
                    database.arguments + ["--notifications-webhook-endpoint", "http://127.0.0.1:\(hook.port)/"]
                let first = try await RunningServer.start(arguments)
                let second = try await RunningServer.start(arguments)
                let owner = try first.owner()
                let person = try ForgetfulPerson.create("p", "p@usersd.test", on: first, token: owner)
                let login = try second.send(
                    "POST", "/api/v2/users/login",
                    body: #"{"email":"p@usersd.test","password":"\#(RunningServer.password)"}"#)
                let token = try #require(login.json?["session_token"]?.text)
                #expect(try first.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(try person.request() == 204)
                let code = try #require(
                    try await hook.request().json?["payload"]?["labels"]?["one_time_passcode"]?.text)
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for server in [first, second, first, second] {
                        group.addTask {
                            try ForgetfulPerson(server: server, email: person.email, id: person.id).change(code)
                        }
                    }
                    var statuses: [Int] = []
                    for try await status in group { statuses.append(status) }
                    return statuses.sorted()
                }
                #expect(statuses == [204, 400, 400, 400])
                for server in [first, second] {
                    #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 401)
                }
                let change = try first.send(
                    "PUT", "/api/v2/users/me/password", token: owner,
                    body: #"{"old_password":"\#(RunningServer.password)","password":"\#(ForgetfulPerson.fresh)"}"#)
                #expect(change.status == 204)
                #expect(try second.send("GET", "/api/v2/users/me", token: owner).status == 401)
                #expect(try await first.stop() == 0)
                #expect(try await second.stop() == 0)
            }
        }
    }
}
