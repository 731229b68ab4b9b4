import JSON
import TestSupport
import Testing

/// users.md §8; cases 88–92 of §15.
@Suite struct AppearanceTests {
    private static let path = "/users/me/appearance"
    private static let unset = #"{"theme_preference":"","terminal_font":""}"# + "\n"

    private static func body(_ theme: String, _ font: String) -> String {
        "{\"theme_preference\":\"\(theme)\",\"terminal_font\":\"\(font)\"}"
    }

    @Test("88, 91: unset is empty; what is set is answered and stays", arguments: Backend.allCases)
    func roundTrip(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            #expect(try await cast.send("GET", Self.path).body == Self.unset)
            for font in ["geist-mono", "ibm-plex-mono", "fira-code", "source-code-pro", "jetbrains-mono"] {
                let body = Self.body("light", font)
                let answer = try await cast.send("PUT", Self.path, body)
                #expect(answer.status == 200, "\(font)")
                #expect(answer.body == body + "\n", "\(font)")
                #expect(try await cast.send("GET", Self.path).body == answer.body, "\(font)")
            }
            let other = try await cast.server.get("/users/other/appearance", by: cast.owner)
            #expect(other.body == Self.unset)
        }
    }

    @Test("90: any text is a theme", arguments: Backend.allCases)
    func themes(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            for theme in ["dark", "x", " ", "'; DROP TABLE users --", "ü🎨", String(repeating: "t", count: 3_000)] {
                let answer = try await cast.send("PUT", Self.path, Self.body(theme, "fira-code"))
                #expect(answer.status == 200, "\(theme)")
                #expect(try await cast.send("GET", Self.path)["theme_preference"]?.text == theme, "\(theme)")
            }
        }
    }

    @Test("89, 90: bad ones store nothing, neither theme nor font", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        let rows: [(body: String, fields: [String])] = [
            (Self.body("dark", "foobar"), []), (Self.body("dark", "Fira-Code"), []), (Self.body("dark", " "), []),
            (Self.body("dark", ""), ["terminal_font"]), (Self.body("", "fira-code"), ["theme_preference"]),
            (Self.body("", ""), ["theme_preference", "terminal_font"]), (Self.body("", "foobar"), ["theme_preference"]),
            ("{}", ["theme_preference", "terminal_font"]), ("null", ["theme_preference", "terminal_font"]),
            (#"{"theme_preference":"dark"}"#, ["terminal_font"]), ("", []), ("[]", []),
            (#"{"theme_preference":1,"terminal_font":"fira-code"}"#, []),
        ]
        try await Cast.with(backend, .member) { cast in
            let set = try await cast.send("PUT", Self.path, Self.body("light", "fira-code"))
            let before = try cast.server.database.snapshot()
            for row in rows {
                let answer = try await cast.send("PUT", Self.path, row.body)
                #expect(answer.status == 400, "\(row.body)")
                #expect(answer.fields == row.fields, "\(row.body): \(answer)")
                #expect(answer.message?.isEmpty == false)
                for field in row.fields {
                    #expect(answer.detail(of: field)?.contains("\"required\"") == true, "\(row.body): \(answer)")
                }
                #expect(try await cast.send("GET", Self.path).body == set.body, "\(row.body)")
            }
            let nul = try await cast.send("PUT", Self.path, Self.body("a\\u0000b", "fira-code"))
            #expect(nul.status == 400)
            #expect(nul.fields == ["theme_preference"], "decisions.md #5 names the field: \(nul)")
            #expect(try cast.server.database.snapshot() == before)
        }
    }

    @Test("the user's row does not change", arguments: Backend.allCases)
    func userStays(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let before = try await cast.send("GET", "/users/me").body
            cast.server.clock.advance(seconds: 60)
            _ = try await cast.send("PUT", Self.path, Self.body("light", "fira-code"))
            #expect(try await cast.send("GET", "/users/me").body == before)
            #expect(!before.contains("theme_preference"))
        }
    }

    @Test("when the second value cannot be written, the first is not either", arguments: Backend.allCases)
    func atomic(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            _ = try await cast.send("PUT", Self.path, Self.body("light", "fira-code"))
            try cast.server.database.sql(
                sqlite: """
                    CREATE TRIGGER no_font BEFORE UPDATE ON user_configs WHEN NEW.value = 'geist-mono'
                    BEGIN SELECT RAISE(ABORT, 'no font'); END
                    """,
                postgres: """
                    CREATE FUNCTION no_font() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN IF NEW.value = 'geist-mono' THEN RAISE EXCEPTION 'no font'; END IF; RETURN NEW; END $$;
                    CREATE TRIGGER no_font BEFORE UPDATE ON user_configs FOR EACH ROW EXECUTE FUNCTION no_font()
                    """)
            let answer = try await cast.send("PUT", Self.path, Self.body("dark", "geist-mono"))
            #expect(answer.status == 500)
            #expect(!answer.body.contains("no font"))
            #expect(try await cast.send("GET", Self.path).body == Self.body("light", "fira-code") + "\n")
        }
    }
}
