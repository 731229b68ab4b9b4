import JSON
import TestSupport
import Testing

/// users.md §12 and §7 with decisions.md #4 and #13; cases 101 and 104–107 of §15.
@Suite struct ProfileTests {
    private static let path = "/users/me/profile"

    @Test("104: a member changes its name, and not its username, not even its case", arguments: Backend.allCases)
    func member(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let answer = try await cast.send("PUT", Self.path, #"{"username":"caller","name":"New Name"}"#)
            #expect(answer.status == 200)
            #expect(answer["name"]?.text == "New Name")
            for username in ["another", "Caller", "CALLER", "other", "owner"] {
                let body = "{\"username\":\"\(username)\",\"name\":\"x\"}"
                #expect(try await cast.send("PUT", Self.path, body).body == UsersAPI.notFound, "\(username)")
            }
            #expect(try await cast.send("GET", "/users/me").body == answer.body)
        }
    }

    @Test("105: taken usernames are 409, the own one in another case is not", arguments: Backend.allCases)
    func renaming(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            for username in ["rival", "RIVAL", "prebuilds"] {
                let answer = try await cast.send("PUT", "/users/other/profile", "{\"username\":\"\(username)\"}")
                #expect(answer.status == 409, "\(username)")
                #expect(answer.fields == ["username"], "\(username): \(answer)")
            }
            let cased = try await cast.send("PUT", "/users/other/profile", #"{"username":"OTHER"}"#)
            #expect(cased["username"]?.text == "OTHER")
            let renamed = try await cast.send("PUT", "/users/\(cast.other)/profile", #"{"username":"else"}"#)
            #expect(renamed.status == 200)
            #expect(try await cast.send("GET", "/users/other").status == 404)
            #expect(try await cast.send("GET", "/users/else")["id"]?.text == cast.other)
            #expect(try await cast.send("DELETE", "/users/else").status == 200)
            #expect(try await cast.send("PUT", "/users/rival/profile", #"{"username":"else"}"#).status == 200)
        }
    }

    @Test("106: what is missing is cleared; e-mail and picture stay; updated_at moves", arguments: Backend.allCases)
    func replacing(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            try cast.server.database.sql(
                "UPDATE users SET avatar_url = 'http://usersd.test/a', name = 'Old' WHERE id = '\(cast.other)'")
            let before = try await cast.send("GET", "/users/other")
            cast.server.clock.advance(seconds: 60)
            let body = #"{"USERNAME":"other","avatar_url":"http://usersd.test/b","email":"b@usersd.test"}"#
            let answer = try await cast.send("PUT", "/users/other/profile", body)
            #expect(answer.status == 200)
            #expect(answer["name"] == nil)
            #expect(answer["avatar_url"]?.text == "http://usersd.test/a")
            #expect(answer["email"] == before["email"])
            #expect(answer["created_at"] == before["created_at"])
            #expect(answer["updated_at"] != before["updated_at"])
            #expect(try await cast.send("GET", "/users/other").body == answer.body)
        }
    }

    @Test("106: field rules come first, for everybody who sees the user", arguments: Backend.allCases)
    func rules(on backend: Backend) async throws {
        let long = String(repeating: "a", count: 129)
        let rows: [(body: String, fields: [String])] = [
            ("{}", ["username"]), ("null", ["username"]), (#"{"username":""}"#, ["username"]),
            (#"{"username":"a b"}"#, ["username"]), (#"{"username":"new"}"#, ["username"]),
            (#"{"username":"a--b","name":" x"}"#, ["username", "name"]), (#"{"username":"a","name":"x "}"#, ["name"]),
            ("{\"username\":\"a\",\"name\":\"\(long)\"}", ["name"]), (#"{"name":" x"}"#, ["username", "name"]),
            (#"{"username":"other","name":"a\u0000b"}"#, ["name"]), ("", []), ("{", []), (#"{"username":1}"#, []),
        ]
        for kind in [Cast.Kind.owner, .auditor] {
            try await Cast.with(backend, kind) { cast in
                let before = try cast.server.database.snapshot()
                for row in rows {
                    let answer = try await cast.send("PUT", "/users/other/profile", row.body)
                    #expect(answer.status == 400, "\(kind) \(row.body)")
                    #expect(answer.fields == row.fields, "\(kind) \(row.body): \(answer)")
                }
                #expect(try cast.server.database.snapshot() == before, "\(kind)")
            }
        }
    }

    @Test("107: an auditor changes nobody else", arguments: Backend.allCases)
    func auditor(on backend: Backend) async throws {
        try await Cast.with(backend, .auditor) { cast in
            let before = try cast.server.database.snapshot()
            let answer = try await cast.send("PUT", "/users/other/profile", #"{"username":"other","name":"x"}"#)
            #expect(answer.status == 403)
            #expect(answer.message == "Forbidden.")
            #expect(try cast.server.database.snapshot() == before)
        }
    }

    @Test("decisions 13: only an owner renames an owner, in case neither", arguments: Backend.allCases)
    func owners(on backend: Backend) async throws {
        try await Cast.with(backend, .userAdmin) { cast in
            for name in ["renamed", "Rival"] {
                let body = "{\"username\":\"\(name)\"}"
                #expect(try await cast.send("PUT", "/users/rival/profile", body).status == 403, "\(name)")
            }
            #expect(try await cast.send("GET", "/users/\(cast.rival)")["username"]?.text == "rival")
            let own = try await cast.server.put("/users/rival/profile", #"{"username":"renamed"}"#, by: cast.owner)
            #expect(own.status == 200)
        }
    }

    @Test("101: the login type is told to oneself alone", arguments: Backend.allCases)
    func loginType(on backend: Backend) async throws {
        try await Cast.with(backend, .owner) { cast in
            let own = try await cast.send("GET", "/users/me/login-type")
            #expect(own.status == 200)
            #expect(own.body == "{\"login_type\":\"password\"}\n")
            #expect(try await cast.send("GET", "/users/CALLER/login-type").body == own.body)
            let other = try await cast.send("GET", "/users/other/login-type")
            #expect(other.status == 403)
            #expect(other.message?.isEmpty == false)
            #expect(other.message != "Forbidden.")
        }
    }
}
