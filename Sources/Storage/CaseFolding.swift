/// Per-scalar simple lower case, equal on both backends (database.md §8.1): one scalar in, one out.
public enum CaseFolding {
    public static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return scalar.value &- 65 < 26 ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar
        }
        let mapping = scalar.properties.lowercaseMapping.unicodeScalars
        // Only İ maps to more than one; its simple mapping is i.
        return mapping.count == 1 ? mapping.first! : "i"
    }

    public static func lower(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { folded.append(lower(scalar)) }
        return String(folded)
    }

    /// SQL's `text ILIKE pattern`: `%` any run, `_` any one character, `\` takes the next literally.
    public static func isLike(_ text: String, _ pattern: String) -> Bool {
        let text = lower(text).unicodeScalars.map { $0 }
        var tokens: [Token] = []
        var isEscaped = false
        for scalar in lower(pattern).unicodeScalars {
            if isEscaped {
                tokens.append(.literal(scalar))
                isEscaped = false
                continue
            }
            switch scalar {
            case "\\": isEscaped = true
            case "%": if tokens.last != .any { tokens.append(.any) }
            case "_": tokens.append(.one)
            default: tokens.append(.literal(scalar))
            }
        }
        return match(text, tokens)
    }

    private enum Token: Equatable { case any, one, literal(Unicode.Scalar) }

    /// Greedy with one point of return: never more than text × pattern steps.
    private static func match(_ text: [Unicode.Scalar], _ tokens: [Token]) -> Bool {
        var position = 0
        var token = 0
        var returnPoint: (position: Int, token: Int)?
        while position < text.count {
            if token < tokens.count, tokens[token] == .any {
                returnPoint = (position, token + 1)
                token += 1
            } else if token < tokens.count, tokens[token] == .one || tokens[token] == .literal(text[position]) {
                position += 1
                token += 1
            } else if let point = returnPoint {
                position = point.position + 1
                token = point.token
                returnPoint = (position, token)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .any }
    }
}
