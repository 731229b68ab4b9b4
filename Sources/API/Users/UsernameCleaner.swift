/// A user name out of whatever a provider calls a person (users.md §4).
enum UsernameCleaner {
    /// Valid as it is, or without what stands behind the last `@` and without foreign characters, or random.
    static func clean(_ text: String, _ ambient: Ambient) -> String {
        if UserRules.isUsername(text) { return text }
        let local = text.lastIndex(of: "@").map { text[..<$0] } ?? text[...]
        let kept = String(local.unicodeScalars.filter { isKept($0) }.map(Character.init))
        return UserRules.isUsername(kept) ? kept : random(ambient)
    }

    /// Another name for somebody whose name is taken.
    static func alternative(to name: String, _ ambient: Ambient) -> String {
        clean("\(name)-\(TokenRules.randomName(ambient))", ambient)
    }

    /// `adjective-surnameNN`; the words are short enough for 32 characters.
    static func random(_ ambient: Ambient) -> String { TokenRules.randomName(ambient).replacing("_", with: "-") }

    private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 45, 48...57, 65...90, 97...122: true
        default: false
        }
    }
}
