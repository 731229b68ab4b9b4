internal import HTTP
internal import Storage

/// Appearance, preferences, and what the user entered before (users.md §8–§10).
struct SettingsHandlers: Sendable {
    let store: any SettingsStore
    let faults: Faults

    // MARK: Appearance

    @Sendable func appearance(_ call: Call) async throws(APIError) -> AppearanceWire {
        try allow(.readPersonal, call)
        return AppearanceWire(settings: try await settings(call))
    }

    @Sendable func setAppearance(_ call: Call) async throws(APIError) -> AppearanceWire {
        let body = try call.body()
        var change = [
            SettingsRules.themePreference: try body.string("theme_preference"),
            SettingsRules.terminalFont: try body.string("terminal_font"),
        ]
        let font = change[SettingsRules.terminalFont] ?? ""
        let theme = change[SettingsRules.themePreference] ?? ""
        try UserRules.check([
            ("theme_preference", theme, UserRules.required(theme)), ("terminal_font", font, UserRules.required(font)),
        ])
        guard SettingsRules.fonts.contains(font) else {
            throw .refused(
                "\"\(font)\" is not a known terminal font: use \(SettingsRules.fonts.joined(separator: ", ")).")
        }
        try allow(.updatePersonal, call)
        change.merge(try laterThemes(body, preference: theme)) { $1 }
        return AppearanceWire(settings: try await save(change, call))
    }

    /// `theme_mode` and its slots came later (users.md §16); a mode we do not know is ignored, as before they came.
    private func laterThemes(_ body: Body, preference: String) throws(APIError) -> [String: String] {
        let mode = try body.string("theme_mode")
        let (light, dark) = (try body.string("theme_light"), try body.string("theme_dark"))
        guard SettingsRules.themeModes.contains(mode) else {
            // An old client that chooses an automatic theme leaves the modes behind.
            return preference.hasPrefix("auto") ? [SettingsRules.themeMode: ""] : [:]
        }
        var validations: [Validation] = []
        for (name, value, known) in [
            ("theme_light", light, SettingsRules.lightThemes), ("theme_dark", dark, SettingsRules.darkThemes),
        ] {
            if value.isEmpty ? mode == "sync" : !known.contains(value) {
                validations.append(Validation(name, "Must be one of \(known.joined(separator: ", "))."))
            }
        }
        if !validations.isEmpty { throw .invalid(validations) }
        var change = [SettingsRules.themeMode: mode]
        if !light.isEmpty { change[SettingsRules.themeLight] = light }
        if !dark.isEmpty { change[SettingsRules.themeDark] = dark }
        return change
    }

    // MARK: Preferences

    @Sendable func preferences(_ call: Call) async throws(APIError) -> PreferencesWire {
        try allow(.readPersonal, call)
        return PreferencesWire(settings: try await settings(call))
    }

    /// What is absent, null or empty keeps its value.
    @Sendable func setPreferences(_ call: Call) async throws(APIError) -> PreferencesWire {
        let body = try call.body()
        var change: [String: String] = [:]
        if let dismissed = try body.optionalBool("task_notification_alert_dismissed") {
            change[SettingsRules.alertDismissed] = dismissed ? "true" : "false"
        }
        for choice in SettingsRules.choices {
            let value = try body.string("\(choice.name)")
            guard !value.isEmpty else { continue }
            guard choice.values.contains(value) else {
                throw .invalid(
                    "Invalid preference.",
                    [Validation("\(choice.name)", "Must be one of \(choice.values.joined(separator: ", ")).")])
            }
            change[choice.key] = value
        }
        try allow(.updatePersonal, call)
        return PreferencesWire(settings: try await save(change, call))
    }

    // MARK: Autofill

    @Sendable func autofill(_ call: Call) async throws(APIError) -> WireArray<EnteredParameterWire> {
        let items = call.query
        var parameters = QueryParameters(items)
        let template = parameters.id("template_id")
        if template == nil, parameters.validations.isEmpty {
            parameters.add(Validation("template_id", "Query param \"template_id\" is required and cannot be empty"))
        }
        var seen = ["template_id", "coder_session_token", "access_token"]
        for item in items.items where !seen.contains(item.name) {
            seen.append(item.name)
            parameters.add(Validation(item.name, "Query param \"\(item.name)\" is not a valid query param"))
        }
        guard parameters.validations.isEmpty, let template else {
            throw .invalid("Invalid query parameters.", parameters.validations)
        }
        try allow(.readPersonal, call)
        do throws(StorageError) {
            let entered = try await store.enteredParameters(ofUser: try targetID(call), template: template)
            return WireArray(entered.map { EnteredParameterWire(parameter: $0) })
        } catch {
            throw faults.error(error)
        }
    }

    // MARK: Common

    private func targetID(_ call: Call) throws(StorageError) -> UUID {
        guard let user = call.user else { throw .notFound }
        return user.id
    }

    private func allow(_ action: Action, _ call: Call) throws(APIError) {
        guard try call.caller.can(action, .user(try call.target.id)) else { throw .forbidden }
    }

    private func settings(_ call: Call) async throws(APIError) -> [String: String] {
        do throws(StorageError) {
            return try await store.settings(ofUser: try targetID(call))
        } catch {
            throw faults.error(error)
        }
    }

    private func save(_ change: [String: String], _ call: Call) async throws(APIError) -> [String: String] {
        do throws(StorageError) {
            try await store.set(change, ofUser: try targetID(call))
        } catch {
            throw faults.error(error)
        }
        return try await settings(call)
    }
}
