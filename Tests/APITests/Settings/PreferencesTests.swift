import JSON
import TestSupport
import Testing

/// users.md §9 with the later preferences of §16; cases 93–97 of §15.
@Suite struct PreferencesTests {
    private static let path = "/users/me/preferences"

    private static func full(
        _ dismissed: Bool = false, _ thinking: String = "auto", _ diff: String = "auto"
    ) -> String {
        """
        {"task_notification_alert_dismissed":\(dismissed),"thinking_display_mode":"\(thinking)",\
        "code_diff_display_mode":"\(diff)"}

        """
    }

    @Test("93, 96, 97: partial updates answer the whole set", arguments: Backend.allCases)
    func partial(on backend: Backend) async throws {
        let steps: [(body: String, expected: String)] = [
            ("{}", Self.full()), ("null", Self.full()),
            (#"{"thinking_display_mode":"preview"}"#, Self.full(false, "preview")),
            (#"{"code_diff_display_mode":"always_collapsed"}"#, Self.full(false, "preview", "always_collapsed")),
            (#"{"task_notification_alert_dismissed":true}"#, Self.full(true, "preview", "always_collapsed")),
            (
                #"{"thinking_display_mode":"","code_diff_display_mode":null}"#,
                Self.full(true, "preview", "always_collapsed")
            ),
            (#"{"task_notification_alert_dismissed":null}"#, Self.full(true, "preview", "always_collapsed")),
            (#"{"task_notification_alert_dismissed":false}"#, Self.full(false, "preview", "always_collapsed")),
            (
                #"{"code_diff_display_mode":"always_expanded","thinking_display_mode":"always_expanded"}"#,
                Self.full(false, "always_expanded", "always_expanded")
            ),
            (
                #"{"THINKING_display_mode":"always_collapsed","x":1}"#,
                Self.full(false, "always_collapsed", "always_expanded")
            ),
            (#"{"thinking_display_mode":"auto","code_diff_display_mode":"auto"}"#, Self.full()),
        ]
        try await Cast.with(backend, .member) { cast in
            #expect(try await cast.send("GET", Self.path).body == Self.full())
            let user = try await cast.send("GET", "/users/me").body
            cast.server.clock.advance(seconds: 60)
            for step in steps {
                let answer = try await cast.send("PUT", Self.path, step.body)
                #expect(answer.status == 200, "\(step.body)")
                #expect(answer.body == step.expected, "\(step.body)")
                #expect(try await cast.send("GET", Self.path).body == step.expected, "\(step.body)")
            }
            #expect(try await cast.send("GET", "/users/me").body == user)
            #expect(try await cast.server.get("/users/other/preferences", by: cast.owner).body == Self.full())
        }
    }

    @Test("94, 95: one entry for a bad value, thinking first; nothing is stored", arguments: Backend.allCases)
    func refused(on backend: Backend) async throws {
        let (thinking, diff) = ("thinking_display_mode", "code_diff_display_mode")
        let rows: [(body: String, fields: [String])] = [
            (#"{"thinking_display_mode":"bogus"}"#, [thinking]), (#"{"thinking_display_mode":"Auto"}"#, [thinking]),
            (#"{"code_diff_display_mode":"preview"}"#, [diff]), (#"{"code_diff_display_mode":" "}"#, [diff]),
            (#"{"code_diff_display_mode":"x","thinking_display_mode":"x"}"#, [thinking]),
            (#"{"task_notification_alert_dismissed":true,"thinking_display_mode":"x"}"#, [thinking]),
            (#"{"thinking_display_mode":"auto","code_diff_display_mode":"x"}"#, [diff]),
            (#"{"thinking_display_mode":1}"#, []), (#"{"task_notification_alert_dismissed":"true"}"#, []),
            ("", []), ("[]", []), ("{", []),
        ]
        try await Cast.with(backend, .member) { cast in
            _ = try await cast.send("PUT", Self.path, #"{"thinking_display_mode":"preview"}"#)
            for row in rows {
                let answer = try await cast.send("PUT", Self.path, row.body)
                #expect(answer.status == 400, "\(row.body)")
                #expect(answer.fields == row.fields, "\(row.body): \(answer)")
                #expect(try await cast.send("GET", Self.path).body == Self.full(false, "preview"), "\(row.body)")
            }
        }
    }

    @Test("what is stored and means nothing reads as auto", arguments: Backend.allCases)
    func stored(on backend: Backend) async throws {
        try await Cast.with(backend, .member) { cast in
            for (name, value) in [("thinking", "gone"), ("code_diff", "preview"), ("code_diff", "")] {
                try cast.server.database.setConfig("preference_\(name)_display_mode", value, of: cast.caller.id)
                #expect(try await cast.send("GET", Self.path).body == Self.full(), "\(name) \(value)")
            }
            let key = "preference_task_notification_alert_dismissed"
            try cast.server.database.setConfig(key, "true", of: cast.caller.id)
            #expect(try await cast.send("GET", Self.path).body == Self.full(true))
        }
    }

    @Test("the two later preferences are answered once they were set", arguments: Backend.allCases)
    func later(on backend: Backend) async throws {
        let rows = [
            ("shell_tool_display_mode", ["auto", "always_expanded", "always_collapsed"]),
            ("agent_chat_send_shortcut", ["enter", "modifier_enter"]),
        ]
        try await Cast.with(backend, .member) { cast in
            for (name, values) in rows {
                #expect(try await cast.send("GET", Self.path)[name] == nil)
                for value in values {
                    let answer = try await cast.send("PUT", Self.path, "{\"\(name)\":\"\(value)\"}")
                    #expect(answer[name]?.text == value)
                    #expect(try await cast.send("PUT", Self.path, "{}")[name]?.text == value)
                    #expect(answer["thinking_display_mode"]?.text == "auto")
                }
            }
        }
    }
}
