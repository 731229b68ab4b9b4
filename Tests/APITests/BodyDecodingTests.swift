import API
import JSON
import Testing
import TestSupport

/// How a request's JSON is read: keys-and-shell.md §8.3, case 66; users.md §1.1; decisions.md, NUL. Shown by signing
/// in: 201 says that the password and the e-mail were read.
@Suite struct BodyDecodingTests {
    private static let right = #""email":"owner@usersd.test","password":"SomeSecurePassword!""#
    private static let email = #""email":"owner@usersd.test""#
    private static let password = #""password":"SomeSecurePassword!""#

    private static func login(_ server: TestServer, _ body: String) async throws -> Answer {
        try await server.send("POST", "/api/v2/users/login", body: body)
    }

    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    private static let read: [String] = [
        "{\(right)}", " \t\r\n{ \(email) ,\n\(password) } ",
        // Names in any case, and written with escapes.
        #"{"EMAIL":"owner@usersd.test","PassWord":"SomeSecurePassword!"}"#,
        #"{"\u0065mail":"owner@usersd.test","pass\u0057ord":"SomeSecurePassword!"}"#,
        // A repeated member overwrites; null leaves it.
        #"{"email":"x","password":"wrong",\#(right)}"#, #"{"EMAIL":"x","PASSWORD":"wrong",\#(right)}"#,
        #"{\#(right),"email":null,"password":null}"#,
        // Only the first value is read.
        "{\(right)} garbage", "{\(right)}{", "{\(right)}\u{0}", "{\(right)}]",
        // Unknown members are ignored, whatever is in them.
        #"{"x":null,"y":[1,-0.5e+10,{"email":1}],"z":{"password":true},"\u0000":"\u0000",\#(right)}"#,
        #"{"x":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00",\#(right)}"#,
        #"{"n":[0,-0,1e5,1E-5,0.0,123456789012345678901234567890],\#(right)}"#,
        // 10000 deep, the object included.
        #"{"x":\#(nested(9_999)),\#(right)}"#,
        // Escapes in values.
        #"{"email":"\u006fwner\u0040usersd.test","password":"SomeSecurePassword\u0021"}"#,
        #"{"email":"owner@users\u0064.test",\#(password)}"#,
    ]

    @Test("66: what is read as the e-mail and the password", arguments: Backend.allCases)
    func read(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for body in Self.read {
                #expect(try await Self.login(server, body).status == 201, "\(body.prefix(300))")
            }
        }
    }

    @Test("66: the last of a repeated member counts, its letter case does not", arguments: Backend.allCases)
    func last(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for wrong in [#""password":"wrong""#, #""PASSWORD":"wrong""#] {
                #expect(try await Self.login(server, "{\(Self.right),\(wrong)}").status == 401, "\(wrong)")
            }
            let answer = try await Self.login(server, "{\(Self.right),\"Password\":\"\"}")
            #expect(answer.fields == ["password"])
        }
    }

    private static let malformed: [String] = [
        // Another type, at the top or in a member, even one that is overwritten.
        "[]", "\"x\"", "1", "true", "[{\(right)}]", #"{"email":1,\#(password)}"#, #"{"email":true,\#(password)}"#,
        #"{"email":["owner@usersd.test"],\#(password)}"#, #"{"email":{},\#(password)}"#, #"{"email":1,\#(right)}"#,
        #"{\#(right),"PASSWORD":1}"#,
        // Another syntax.
        "nul", "NULL", "{\(right),}", "{,\(right)}", "{\(email) \(password)}", "{\(right)", "{'email':'x'}",
        "{email:\"x\"}",
        #"{"x":01,\#(right)}"#, #"{"x":.5,\#(right)}"#, #"{"x":5.,\#(right)}"#, #"{"x":+1,\#(right)}"#,
        #"{"x":-,\#(right)}"#,
        #"{"x":1e,\#(right)}"#, #"{"x":NaN,\#(right)}"#, #"{"x":[1,],\#(right)}"#, #"{"x":tru,\#(right)}"#,
        #"{"x":"\x41",\#(right)}"#, #"{"x":"\u12g4",\#(right)}"#, #"{"x":"\u12",\#(right)}"#,
        #"{"x":"a"# + "\n" + #"b",\#(right)}"#,
        #"{"x":"a"# + "\u{0}" + #"b",\#(right)}"#, #"{"x":"a"# + "\t" + #"b",\#(right)}"#, "\u{feff}{\(right)}",
        "/**/{\(right)}",
        #"{"x" 1,\#(right)}"#, #"{"x":1 "y":2,\#(right)}"#, #"{1:2,\#(right)}"#, "}", "\u{0}",
        // More than 10000 deep.
        #"{"x":\#(nested(10_000)),\#(right)}"#, nested(10_001), String(repeating: "[", count: 900_000),
    ]

    @Test("what is no such JSON gets 400 with a detail", arguments: Backend.allCases)
    func malformed(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for body in Self.malformed {
                let answer = try await Self.login(server, body)
                #expect(answer.status == 400, "\(body.prefix(200))")
                #expect(answer.message == "Request body must be valid JSON.", "\(body.prefix(200))")
                #expect(answer.detail?.isEmpty == false, "\(body.prefix(200))")
                #expect(answer.json?.names == ["message", "detail"])
            }
        }
    }

    @Test("an empty body ends at once, a truncated one too early", arguments: Backend.allCases)
    func ends(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            for (body, detail) in [
                ("", "EOF"), (" \n\t", "EOF"), ("{", "unexpected EOF"), ("{\"email\"", "unexpected EOF"),
                ("{\"email\":\"a", "unexpected EOF"), ("[1,", "unexpected EOF"),
            ] {
                let answer = try await Self.login(server, body)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"message":"Request body must be valid JSON.","detail":"\#(detail)"}"# + "\n")
            }
            let none = try await server.send("POST", "/api/v2/users/login", headers: [("Content-Length", "0")])
            #expect(none.detail == "EOF")
        }
    }

    @Test("a NUL in a text that is read gets 400", arguments: Backend.allCases)
    func nul(on backend: Backend) async throws {
        try await TestServer.with(backend) { server in
            _ = try await server.owner()
            for (field, body) in [
                ("email", #"{"email":"owner\u0000@usersd.test",\#(Self.password)}"#),
                ("password", #"{\#(Self.email),"password":"SomeSecurePassword!\u0000"}"#),
            ] {
                let answer = try await Self.login(server, body)
                #expect(answer.status == 400)
                #expect(answer.fields == [field])
            }
        }
    }
}
