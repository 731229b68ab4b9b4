/// The keys of `user_configs` that are ours, and what they may hold (users.md §8, §9, §16).
enum SettingsRules {
    static let themePreference = "theme_preference"
    static let terminalFont = "terminal_font"
    static let themeMode = "theme_mode"
    static let themeLight = "theme_light"
    static let themeDark = "theme_dark"

    static let fonts = ["geist-mono", "ibm-plex-mono", "fira-code", "source-code-pro", "jetbrains-mono"]
    static let themeModes = ["sync", "single"]
    static let lightThemes = ["light", "light-protan-deuter", "light-tritan"]
    static let darkThemes = ["dark", "dark-protan-deuter", "dark-tritan"]

    static let alertDismissed = "preference_task_notification_alert_dismissed"

    /// A preference that is one of a few words.
    struct Choice {
        /// In JSON; the stored key is `preference_` and this.
        let name: StaticString
        let values: [String]
        /// What is answered when nothing valid is stored; nil: the member is left out.
        let standard: String?

        var key: String { "preference_\(name)" }
    }

    /// In the order in which they are checked and answered; the last two came after the contract's commit.
    static let choices = [
        Choice(
            name: "thinking_display_mode", values: ["auto", "preview", "always_expanded", "always_collapsed"],
            standard: "auto"),
        Choice(
            name: "code_diff_display_mode", values: ["auto", "always_expanded", "always_collapsed"], standard: "auto"),
        Choice(
            name: "shell_tool_display_mode", values: ["auto", "always_expanded", "always_collapsed"], standard: nil),
        Choice(name: "agent_chat_send_shortcut", values: ["enter", "modifier_enter"], standard: nil),
    ]
}
