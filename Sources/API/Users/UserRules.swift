/// The rules of user fields (users.md §4): pure. Each returns the tag of the rule that is broken, or nil.
enum UserRules {
    /// 1–32 bytes, ASCII letters and digits in groups joined by single hyphens; `new` and `create` are refused.
    static func username(_ text: String) -> String? {
        if text.isEmpty { return "required" }
        return isUsername(text) ? nil : "username"
    }

    static func isUsername(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard 1...32 ~= bytes.count, text != "new", text != "create" else { return false }
        return bytes.split(separator: 45, omittingEmptySubsequences: false).allSatisfy { group in
            !group.isEmpty && group.allSatisfy(isAlphanumeric)
        }
    }

    /// 0–128 bytes without white space at either end.
    static func name(_ text: String) -> String? {
        let scalars = text.unicodeScalars
        let isTrimmed = scalars.first?.properties.isWhitespace != true && scalars.last?.properties.isWhitespace != true
        return text.utf8.count <= 128 && isTrimmed ? nil : "user_real_name"
    }

    static func email(_ text: String) -> String? {
        if text.isEmpty { return "required" }
        return EmailAddress.isValid(text) ? nil : "email"
    }

    static func required(_ text: String) -> String? { text.isEmpty ? "required" : nil }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte
    }

    /// Field rules in the order of declaration; one entry for each field that breaks one.
    static func check(_ fields: [(name: String, value: String, broken: String?)]) throws(APIError) {
        let validations = fields.compactMap { field in
            field.broken.map { Validation(field.name, tag: $0, value: field.value) }
        }
        if !validations.isEmpty { throw .invalid(validations) }
    }
}

/// A bare RFC 5322 address of the usual shape: `local@domain` with a dot in the domain, whose last label begins and
/// ends with a letter; no IP literal, no trailing dot. Letters beyond ASCII are fine.
enum EmailAddress {
    static func isValid(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let at = scalars.lastIndex(of: "@"), at > 0, at + 1 < scalars.count else { return false }
        return isLocal(scalars[..<at]) && isDomain(scalars[(at + 1)...])
    }

    /// Looser: any `local@domain`, also of a host without a dot.
    static func isAddress(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let at = scalars.lastIndex(of: "@"), at > 0 else { return false }
        let labels = scalars[(at + 1)...].split(separator: ".", omittingEmptySubsequences: false)
        return isLocal(scalars[..<at])
            && labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { isLetter($0) || isDigit($0) || $0 == "-" } }
    }

    private typealias Scalars = ArraySlice<Unicode.Scalar>

    private static func isLocal(_ local: Scalars) -> Bool {
        if local.first == "\"" { return isQuoted(local) }
        return local.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy { isLetter($0) || isDigit($0) || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains($0) }
        }
    }

    private static func isQuoted(_ local: Scalars) -> Bool {
        guard local.count > 2, local.last == "\"" else { return false }
        var isEscaped = false
        for scalar in local.dropFirst().dropLast() {
            if isEscaped { isEscaped = false; continue }
            if scalar == "\\" { isEscaped = true; continue }
            if scalar == "\"" || scalar.value < 32 || scalar.value == 127 { return false }
        }
        return !isEscaped
    }

    private static func isDomain(_ domain: Scalars) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { return false }
        for label in labels {
            guard let first = label.first, let last = label.last,
                label.allSatisfy({ isLetter($0) || isDigit($0) || $0 == "-" }),
                first != "-", last != "-"
            else { return false }
        }
        guard let top = labels.last, let first = top.first, let last = top.last else { return false }
        return isLetter(first) && isLetter(last)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { 48...57 ~= scalar.value }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return 65...90 ~= scalar.value || 97...122 ~= scalar.value }
        // As the usual pattern has it: anything from U+00A0 on that is no surrogate or non-character.
        return 0xa0...0xd7ff ~= scalar.value || 0xf900...0xfdcf ~= scalar.value || 0xfdf0...0xffef ~= scalar.value
    }
}
