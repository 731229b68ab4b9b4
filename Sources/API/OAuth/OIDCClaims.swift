internal import HTTP
internal import JSON

/// The claims of a sign-in: both sources, and what they amount to (auth.md §8.6). Pure.
struct OIDCClaims: Sendable {
    let idToken: JSONValue
    /// Of userinfo or the access token; nil: there is no second source.
    let second: JSONValue?
    let merged: [JSONValue.Member]

    /// Whose value counts when both have a claim.
    enum Winner { case idToken, second }

    init(idToken: JSONValue, second: JSONValue?, winner: Winner) {
        self.idToken = idToken
        self.second = second
        let (weak, strong) = winner == .second ? (idToken, second) : (second, idToken)
        var merged: [JSONValue.Member] = []
        for source in [weak, strong] {
            guard case .object(let members) = source else { continue }
            for member in members {
                merged.removeAll { $0.name == member.name }
                merged.append(member)
            }
        }
        self.merged = merged
    }

    subscript(name: String) -> JSONValue? { merged.last { $0.name == name }?.value }

    func text(_ name: String) -> String { self[name]?.text ?? "" }

    /// What the link stores.
    var stored: [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("id_token_claims")
            object.value(idToken)
            object.key("user_info_claims")
            object.value(second ?? .null)
            object.key("merged_claims")
            object.value(.object(merged))
        }
        return writer.bytes
    }

    /// Levels of arrays and objects; SQLite reads a thousand.
    private static let depthLimit = 500

    /// Whether both databases can keep the claims: no NUL, no number beyond Postgres' `numeric`, no deep nesting.
    var canBeStored: Bool {
        func fits(_ value: JSONValue, _ depth: Int) -> Bool {
            guard depth < Self.depthLimit else { return false }
            return switch value {
            case .string(let text): !text.utf8.contains(0)
            case .number(let digits): Self.isNumeric(digits)
            case .array(let elements): elements.allSatisfy { fits($0, depth + 1) }
            case .object(let members):
                members.allSatisfy { !$0.name.utf8.contains(0) && fits($0.value, depth + 1) }
            case .null, .bool: true
            }
        }
        return fits(idToken, 0) && second.map { fits($0, 0) } ?? true
    }

    /// Digits and exponent far inside of what `numeric` takes.
    private static func isNumeric(_ digits: String) -> Bool {
        let parts = digits.split { $0 == "e" || $0 == "E" }
        guard digits.utf8.count <= 1_000, parts.count == 2 else { return digits.utf8.count <= 1_000 }
        return Int(parts[1]).map { abs($0) <= 1_000 } ?? false
    }

    /// Strict where the library that Coder uses is: three strings, and a flag that may be a text.
    static func isUserInfo(_ claims: JSONValue) -> Bool {
        guard case .object = claims else { return false }
        for name in ["sub", "profile", "email"] {
            if let value = claims[name], value.text == nil { return false }
        }
        switch claims["email_verified"] {
        case nil, .bool, .string("true"), .string("false"): return true
        default: return false
        }
    }

    // MARK: What they amount to

    /// decisions.md #9: what is not surely verified is not.
    var isEmailVerified: Bool {
        switch self["email_verified"] {
        case .bool(let flag): flag
        case .string(let text): ["1", "t", "T", "TRUE", "true", "True"].contains(text)
        case .number(let digits): (Double(digits) ?? 0) != 0
        default: false
        }
    }

    enum EmailFault: Error { case noText, missing }

    /// The e-mail claim, or a user name that is an address.
    func email(_ settings: OIDCSettings) throws(EmailFault) -> String {
        guard let value = self[settings.emailField] else {
            let username = text(settings.usernameField)
            guard EmailAddress.isAddress(username) else { throw .missing }
            return username
        }
        guard let text = value.text else { throw .noText }
        return text
    }

    /// Whether an address is in one of the domains; no list admits everybody.
    static func isAllowed(_ email: String, domains: [String]) -> Bool {
        guard !domains.isEmpty else { return true }
        guard let at = email.lastIndex(of: "@") else { return false }
        let domain = email[email.index(after: at)...].lowercased()
        return domains.contains { $0.drop { $0 == "@" }.lowercased() == domain }
    }

    enum Groups: Sendable, Equatable { case list([String]), malformed }

    /// A list of texts, or a single one without commas; nil: the claim is missing.
    func groups(_ field: String) -> Groups? {
        switch self[field] {
        case nil, .null: nil
        case .string(let text): text.contains(",") ? .malformed : .list([text])
        case .array(let elements):
            elements.allSatisfy { $0.text != nil } ? .list(elements.compactMap(\.text)) : .malformed
        default: .malformed
        }
    }
}
