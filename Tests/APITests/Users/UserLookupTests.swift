import JSON
import TestSupport
import Testing

/// users.md §1.3–§1.5 and §5, cases 74–80 of §15, decisions.md #8: which user a path names.
@Suite struct UserLookupTests {
    @Test(
        "me, id, name and name in capitals are one user, and so is every spelling of the id (cases 74, 75)",
        arguments: Backend.allCases)
    func spellings(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("Mixed-Case", by: owner)
            let own = UsersAPI(server, person)
            let expected = try await own.get("me").body
            let hex = person.id.filter { $0 != "-" }
            for spelling in [
                "me/", person.id, person.id.uppercased(), "Mixed-Case", "mixed-case", "MIXED-CASE", "Mixed%2DCase",
                "%6De",
                "urn:uuid:\(person.id)", "URN:uuid:\(person.id)", "%7B\(person.id)%7D", "%28\(person.id)%5D",
                "x\(person.id)y", hex, hex.uppercased(), "\(person.id)/", "/\(person.id)", "//Mixed-Case/",
            ] {
                let answer = try await own.get(spelling)
                #expect(answer.status == 200, "\(spelling)")
                #expect(answer.body == expected, "\(spelling)")
                if spelling != "me/", spelling != "%6De" {
                    #expect(try await UsersAPI(server, owner).get(spelling).body == expected, "\(spelling)")
                }
            }
        }
    }

    @Test("e-mails, ME, unknown names and ids, and NUL name nobody (cases 76, 77)", arguments: Backend.allCases)
    func unknown(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let member = try await server.person("mia", by: owner)
            for user in [
                "owner@usersd.test", "owner%40usersd.test", "ME", "Me", "nobody", UsersAPI.noUser, "mi", "mia-",
                "mi%00a", "mia%00", "%00", "mia%20", "%20mia", "00000000-0000-0000-0000-000000000000", "mia%25", "m_a",
                "%F0%9F%99%82", "urn:uuid:\(UsersAPI.noUser)", "\(owner.id)0", "%E2%84%AA",
            ] {
                for api in [UsersAPI(server, owner), UsersAPI(server, member)] {
                    let answer = try await api.get(user)
                    #expect(answer.status == 404, "\(user): \(answer)")
                    #expect(answer.body == UsersAPI.notFound, "\(user): \(answer)")
                }
            }
            // The member cannot tell somebody who exists from somebody who does not.
            #expect(try await UsersAPI(server, member).get("owner").body == UsersAPI.notFound)
        }
    }

    @Test("a name of 32 hexadecimal digits is read as an id, and me is the caller", arguments: Backend.allCases)
    func shadowed(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            let hex = "0123456789abcdef0123456789abcdef"
            try await server.create(hex, by: owner)
            let me = try await server.create("me", by: owner)
            #expect(try await api.get(hex).body == UsersAPI.notFound)
            #expect(try await api.get("me")["id"]?.text == owner.id)
            #expect(try await api.get("ME")["id"]?.text == me)
            #expect(try await api.search(hex).count == 1)
        }
    }

    @Test("names fold as Postgres folds them: the Kelvin sign is a k (database.md §8.1)", arguments: Backend.allCases)
    func folding(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let id = try await server.create("k", by: owner)
            let answer = try await UsersAPI(server, owner).get("%E2%84%AA")
            #expect(answer["id"]?.text == id, "\(answer)")
        }
    }

    @Test("static words beat users only where they are served (§1.4, case 78)", arguments: Backend.allCases)
    func staticWords(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            for word in ["login", "logout", "validate-password", "otp", "oidc"] {
                let id = try await server.create(word, by: owner)
                #expect(try await api.get(word)["id"]?.text == id, "\(word)")
                #expect(try await api.delete(word).status == 200, "\(word)")
                #expect(try await api.get(word).body == UsersAPI.notFound, "\(word)")
            }
            for word in ["first", "authmethods", "oidc-claims"] {
                let id = try await server.create(word, by: owner)
                #expect(try await api.get(word)["id"] == nil, "\(word)")
                #expect(try await api.delete(word).status == 200, "\(word)")
                #expect(try await api.list("q=\(UsersAPI.escaped(word))").count == 0, "\(word)")
                #expect(try await api.get(id)["username"]?.text == word)
            }
            for word in ["roles", "oauth2"] {
                try await server.create(word, by: owner)
                for target in ["\(word)/x", "\(word)/x/y"] {
                    let answer = try await api.get(target)
                    #expect(answer.status == 404, "\(target): \(answer)")
                    #expect(answer.message == "Route not found.", "\(target): \(answer)")
                }
                let deletion = try await api.delete(word)
                #expect([404, 405].contains(deletion.status), "\(word): \(deletion)")
                #expect(try await api.search(word).count == 1, "\(word)")
            }
        }
    }

    @Test("a path below a user that is no route (case 79)", arguments: Backend.allCases)
    func noRoute(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let api = UsersAPI(server, owner)
            for path in ["me/nope", "owner/nope", "nobody/nope", "nobody/nope/more", "owner/profile/", "owner/nope/"] {
                let answer = try await api.get(path)
                #expect(answer.status == 404, "\(path): \(answer)")
                #expect(answer.message == "Route not found.", "\(path): \(answer)")
                let unsigned = try await server.send("GET", "/api/v2/users/\(path)")
                #expect(unsigned.status == 401, "\(path): \(unsigned)")
            }
            // Below these the user is looked up first.
            for path in ["nobody/status/nope", "nobody/organizations/x/y", "nobody/password/x", "nobody/keys/x/y/z"] {
                #expect(try await api.get(path).body == UsersAPI.notFound, "\(path)")
            }
            #expect(try await server.send("GET", "/api/v2/users/me").status == 401)
            #expect(try await server.send("DELETE", "/api/v2/users/owner").status == 401)
        }
    }

    @Test(
        "methods that a path has not are refused with those it has (case 80); HEAD goes where GET goes",
        arguments: Backend.allCases)
    func methods(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let token = try await server.owner().token
            let profile = try await server.send("PATCH", "/api/v2/users/me/profile", token: token)
            #expect(profile.status == 405 && profile.body.isEmpty, "\(profile)")
            #expect(profile.header("Allow") == ["PUT"])
            for (target, methods) in [("/api/v2/users", ["GET", "POST"]), ("/api/v2/users/me", ["DELETE", "GET"])] {
                for method in ["PATCH", "PUT"] {
                    let answer = try await server.send(method, target, token: token)
                    #expect(answer.status == 405 && answer.body.isEmpty, "\(method) \(target): \(answer)")
                    #expect(Set(answer.header("Allow")).subtracting(["HEAD"]) == Set(methods), "\(target)")
                }
                let unknownUser = try await server.send("PATCH", "/api/v2/users/nobody", token: token)
                #expect(unknownUser.status == 405, "\(unknownUser)")
                let get = try await server.send("GET", target, token: token)
                let head = try await server.send("HEAD", target, token: token)
                #expect(head.status == 200)
                #expect(head.header("Content-Type") == get.header("Content-Type"))
            }
        }
    }
}
