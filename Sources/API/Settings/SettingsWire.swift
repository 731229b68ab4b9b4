internal import JSON
internal import Storage

/// `GET/PUT …/appearance`. The later theme fields are answered once they were set.
struct AppearanceWire: WireValue {
    let settings: [String: String]

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("theme_preference")
            object.string(settings[SettingsRules.themePreference] ?? "")
            for (name, key) in Self.later {
                guard let value = settings[key], !value.isEmpty else { continue }
                object.key(name)
                object.string(value)
            }
            object.key("terminal_font")
            object.string(settings[SettingsRules.terminalFont] ?? "")
        }
    }

    private static let later: [(StaticString, String)] = [
        ("theme_mode", SettingsRules.themeMode), ("theme_light", SettingsRules.themeLight),
        ("theme_dark", SettingsRules.themeDark),
    ]
}

/// `GET/PUT …/preferences`: the whole set.
struct PreferencesWire: WireValue {
    let settings: [String: String]

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("task_notification_alert_dismissed")
            object.bool(settings[SettingsRules.alertDismissed] == "true")
            for choice in SettingsRules.choices {
                let stored = settings[choice.key].flatMap { choice.values.contains($0) ? $0 : nil }
                guard let value = stored ?? choice.standard else { continue }
                object.key(choice.name)
                object.string(value)
            }
        }
    }
}

struct LoginTypeWire: WireValue {
    let loginType: LoginType

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("login_type")
            object.string(loginType.rawValue)
        }
    }
}

/// `GET …/autofill-parameters`
struct EnteredParameterWire: WireValue {
    let parameter: EnteredParameter

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("name")
            object.string(parameter.name)
            object.key("value")
            object.string(parameter.value)
        }
    }
}
