import API
import JSON
import Testing
import TestSupport

/// The error body to the byte: keys-and-shell.md §8.1; users.md §1.2.
@Suite struct ErrorBodyTests {
    @Test("message, then detail, then validations, and what is empty is left out", arguments: Backend.allCases)
    func bytes(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("member", by: owner)
            let hidden = #"{"message":"Resource not found or you do not have access to this resource"}"# + "\n"
            for (target, token) in [
                ("/api/v2/users/nobody", owner.token), ("/api/v2/users/owner", person.token),
                ("/api/v2/users/\(owner.id)", person.token), ("/api/v2/users/owner@usersd.test", owner.token),
                ("/api/v2/users/11111111-1111-4111-8111-111111111111", owner.token),
            ] {
                let answer = try await server.send("GET", target, token: token)
                #expect(answer.status == 404, "\(target)")
                #expect(answer.body == hidden, "\(target)")
            }
            let unknown = try await server.send("GET", "/api/v2/nope")
            #expect(unknown.body == #"{"message":"Route not found."}"# + "\n")
            let rules = try await server.send("POST", "/api/v2/users/login", body: #"{"email":"x","password":""}"#)
            let tag = #"Validation failed for tag"#
            #expect(
                rules.body == #"{"message":"Validation failed.","validations":["#
                    + #"{"field":"email","detail":"\#(tag) \"email\" with value: \"x\""},"#
                    + #"{"field":"password","detail":"\#(tag) \"required\" with value: \"\""}]}"# + "\n")
        }
    }

    @Test("a refusal explains itself", arguments: Backend.allCases)
    func refusals(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            let owner = try await server.owner()
            let person = try await server.person("member", by: owner)
            let forbidden = try await server.send(
                "POST", "/api/v2/users", token: person.token,
                body: #"{"username":"x","email":"x@usersd.test","password":"SomeSecurePassword!","organization_ids":"#
                    + #"["00000000-0000-0000-0000-000000000000"]}"#)
            #expect(forbidden.status == 403)
            #expect(forbidden.json?.names == ["message", "detail"])
            #expect(forbidden.message == "Forbidden.")
            #expect(forbidden.detail?.isEmpty == false)
            let signedOut = try await server.send("GET", "/api/v2/users/me")
            #expect(signedOut.json?.names == ["message", "detail"])
            #expect(
                signedOut.body.hasPrefix(
                    #"{"message":"You are signed out or your session has expired. Please sign in again to continue.","#
                        + #""detail":""#))
            for answer in [forbidden, signedOut] {
                #expect(answer.body.hasSuffix("}\n"))
                #expect(answer.header("Content-Type") == ["application/json; charset=utf-8"])
            }
        }
    }
}
