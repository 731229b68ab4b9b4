import JSON
import TestSupport
import Testing

/// The theme fields that came after the contract's commit (users.md §16, accepted as the README says); case 92.
@Suite struct LaterThemeTests {
    private static let path = "/users/me/appearance"

    /// Sets a theme with further members.
    private static func put(_ cast: Cast, _ members: String, theme: String = "dark") async throws -> Answer {
        try await cast.send(
            "PUT", path, "{\"theme_preference\":\"\(theme)\",\"terminal_font\":\"fira-code\",\(members)}")
    }

    @Test("accepted, answered once they were set, and kept when they are omitted", arguments: Backend.allCases)
    func kept(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            let members = #""theme_mode":"sync","theme_light":"light-tritan","theme_dark":"dark-protan-deuter""#
            let set = try await Self.put(cast, members)
            #expect(set.status == 200)
            func expectSet(_ answer: Answer) {
                #expect(answer["theme_mode"]?.text == "sync", "\(answer)")
                #expect(answer["theme_light"]?.text == "light-tritan", "\(answer)")
                #expect(answer["theme_dark"]?.text == "dark-protan-deuter", "\(answer)")
            }
            expectSet(set)
            expectSet(try await cast.send("GET", Self.path))
            let plain = #"{"theme_preference":"light","terminal_font":"geist-mono"}"#
            let old = try await cast.send("PUT", Self.path, plain)
            expectSet(old)
            #expect(old["theme_preference"]?.text == "light")
            // Without a mode, slots are not looked at.
            expectSet(try await Self.put(cast, #""theme_light":"light","theme_dark":"dark""#))
        }
    }

    @Test("every slot's themes are taken", arguments: Backend.allCases)
    func slots(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            for suffix in ["", "-protan-deuter", "-tritan"] {
                let slots = "\"theme_light\":\"light\(suffix)\",\"theme_dark\":\"dark\(suffix)\""
                let members = "\"theme_mode\":\"sync\",\(slots)"
                #expect(try await Self.put(cast, members).status == 200)
                let answer = try await cast.send("GET", Self.path)
                #expect(answer["theme_light"]?.text == "light\(suffix)")
                #expect(answer["theme_dark"]?.text == "dark\(suffix)")
            }
        }
    }

    @Test("sync needs both slots; a refusal stores nothing of the request", arguments: Backend.allCases)
    func sync(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            _ = try await Self.put(cast, #""x":1"#)
            let before = try cast.server.database.snapshot()
            for members in [
                #""theme_mode":"sync""#, #""theme_mode":"sync","theme_light":"light""#,
                #""theme_mode":"sync","theme_dark":"dark""#,
                #""theme_mode":"sync","theme_light":"","theme_dark":"dark""#,
                #""theme_mode":"sync","theme_light":"bogus","theme_dark":"dark""#,
            ] {
                let answer = try await Self.put(cast, members, theme: "light")
                #expect(answer.status == 400, "\(members): \(answer)")
                #expect(try cast.server.database.snapshot() == before, "\(members)")
            }
        }
    }

    @Test("single writes only the slots that are not empty", arguments: Backend.allCases)
    func single(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            _ = try await Self.put(cast, #""theme_mode":"sync","theme_light":"light-tritan","theme_dark":"dark""#)
            let answer = try await Self.put(cast, #""theme_mode":"single","theme_light":"","theme_dark":"dark-tritan""#)
            #expect(answer.status == 200)
            #expect(answer["theme_mode"]?.text == "single")
            #expect(answer["theme_light"]?.text == "light-tritan")
            #expect(answer["theme_dark"]?.text == "dark-tritan")
            let neither = try await Self.put(cast, #""theme_mode":"single""#)
            #expect(neither["theme_light"]?.text == "light-tritan")
            #expect(neither["theme_dark"]?.text == "dark-tritan")
        }
    }

    @Test("an old client's automatic theme takes the mode back", arguments: Backend.allCases)
    func automatic(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            for theme in ["auto", "auto-protan-deuter", "auto-tritan"] {
                _ = try await Self.put(cast, #""theme_mode":"sync","theme_light":"light","theme_dark":"dark""#)
                let answer = try await Self.put(cast, #""x":1"#, theme: theme)
                #expect(answer.status == 200)
                #expect(answer["theme_mode"]?.text ?? "" == "", "\(theme): \(answer)")
                #expect(try await cast.send("GET", Self.path)["theme_preference"]?.text == theme)
            }
        }
    }

    @Test("92: a mode nobody knows is ignored; one never set is not answered", arguments: Backend.allCases)
    func unknownMode(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            for members in [#""theme_mode":"bogus""#, #""theme_mode":"""#, #""theme_mode":null"#, #""x":[]"#] {
                let answer = try await Self.put(cast, members)
                #expect(answer.status == 200, "\(members)")
                #expect(answer.json?.names == ["theme_preference", "terminal_font"], "\(members): \(answer)")
            }
        }
    }
}
