import API
import JSON
import TestSupport
import Testing

/// What a new user is called: auth.md §8.6, cases 150–152 of §14.
@Suite struct OIDCUsernameTests {
    private static func isValid(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count) && name.wholeMatch(of: /[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*/) != nil
    }

    @Test("150: user names are cleaned", arguments: Backend.allCases)
    func cleaned(on backend: Backend) async throws {
        /// nil: a random one.
        let rows: [(wish: JSONValue, name: String?)] = [
            ("kyle@kwc.io", "kyle"), ("John Doe", "JohnDoe"), ("!!!", nil), ("jon", "jon"), ("Jo-n2", "Jo-n2"),
            ("a_c", "ac"), ("dom.ai-n", "domai-n"), ("a@b@c.test", "ab"), ("josé", "jos"), ("Ünal", "nal"),
            ("-x", nil), ("x-", nil), ("x--y", nil), ("new", nil), ("create", nil), ("New", "New"), ("@x.test", nil),
            (.string(String(repeating: "a", count: 32)), String(repeating: "a", count: 32)),
            (.string(String(repeating: "b", count: 33)), nil), ("日本語", nil), ("<b>x</b>", "bxb"), (" y ", "y"),
            ("cr\r\nlf", "crlf"), ("x\u{301}\u{1f600}z", "xz"), ("", "mail-24"), (7, "mail-25"), (.null, "mail-26"),
        ]
        try await OIDCScene.with(backend) { scene in
            for (number, row) in rows.enumerated() {
                let claims: JSONValue = [
                    "sub": .string("s-\(number)"), "email": .string("mail-\(number)@corp.test"),
                    "preferred_username": row.wish,
                ]
                let name = try await scene.visit(claims).user()["username"]?.text ?? ""
                #expect(Self.isValid(name), "\(row.wish): \(name)")
                if let expected = row.name {
                    #expect(name == expected)
                } else {
                    #expect(name.contains("-"), "\(row.wish)")
                }
            }
        }
    }

    @Test("150: another claim can hold the user name; without one the e-mail does", arguments: Backend.allCases)
    func sources(on backend: Backend) async throws {
        try await OIDCScene.with(backend, settings: { $0.usernameField = "nick" }) { scene in
            #expect(try await scene.visit(["nick": "flo"]).user()["username"]?.text == "flo")
            let other = try await scene.visit(["sub": "2", "email": "b.o+tag@corp.test"]).user()
            #expect(other["username"]?.text == "botag")
        }
    }

    @Test("151: names are trimmed and cut between characters", arguments: Backend.allCases)
    func names(on backend: Backend) async throws {
        let rows: [(given: JSONValue, name: String)] = [
            ("  Bobby  Whitespace ", "Bobby  Whitespace"), ("\t\n\u{a0}x\u{2003}", "x"),
            (.string(String(repeating: "a", count: 129)), String(repeating: "a", count: 128)),
            (.string(String(repeating: "a", count: 127) + "é"), String(repeating: "a", count: 127)),
            (.string(String(repeating: "é", count: 65)), String(repeating: "é", count: 64)),
            (.string(String(repeating: "a", count: 126) + "😀"), String(repeating: "a", count: 126)),
            (.string(String(repeating: " ", count: 200) + "x"), "x"), ("   ", ""), (7, ""), (.null, ""),
        ]
        try await OIDCScene.with(backend) { scene in
            for row in rows {
                let user = try await scene.visit(["name": row.given]).user()
                #expect(user["name"]?.text ?? "" == row.name, "\(row.given)")
            }
        }
        try await OIDCScene.with(backend, settings: { $0.nameField = "display" }) { scene in
            let user = try await scene.visit(["display": "Shown"]).user()
            #expect(user["name"]?.text == "Shown")
        }
    }

    @Test("152: a user name that is taken gets a tail, and stays a user name", arguments: Backend.allCases)
    func taken(on backend: Backend) async throws {
        let long = String(repeating: "b", count: 32)
        try await OIDCScene.with(backend) { scene in
            for (wish, prefix) in [("jon", "jon-"), ("JON", "JON-"), ("jon@corp.test", "jon-"), (long, "")] {
                for number in 0..<4 {
                    let id = "\(wish.prefix(3))-\(wish.count)-\(wish == "JON" ? "c" : "")\(number)"
                    let claims: JSONValue = [
                        "sub": .string(id), "email": .string("\(id)@x.test"), "preferred_username": .string(wish),
                    ]
                    let name = try await scene.visit(claims).user()["username"]?.text ?? ""
                    #expect(Self.isValid(name), "\(wish): \(name)")
                    let isFirst = number == 0 && (wish == "jon" || wish == long)
                    #expect(isFirst ? name == wish : name.hasPrefix(prefix) && name != wish, "\(wish): \(name)")
                }
            }
        }
    }
}
