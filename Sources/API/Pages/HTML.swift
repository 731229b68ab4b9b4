/// Text into HTML.
enum HTML {
    /// Safe between tags and between the quotes of an attribute.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// The little of Markdown that an operator's text needs: paragraphs, emphasis, code, and links to the web or to mail.
/// Everything else stays text; HTML in it is shown, not run.
enum Markdown {
    static func html(_ text: String) -> String {
        let paragraphs = text.replacing("\r\n", with: "\n").split(separator: /\n[ \t]*\n/)
        return paragraphs.map { "<p>\(inline(String($0)))</p>\n" }.joined()
    }

    private static func inline(_ text: String) -> String {
        var html = ""
        var rest = text[...]
        while let next = rest.first {
            if let match = rest.prefixMatch(of: /`([^`]+)`/) {
                html += "<code>\(HTML.escaped(String(match.1)))</code>"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /\[([^\]]+)\]\(((?:https?:\/\/|mailto:)[^\s)"]+)\)/) {
                html += "<a href=\"\(HTML.escaped(String(match.2)))\">\(HTML.escaped(String(match.1)))</a>"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /\*\*([^*]+)\*\*/) {
                html += "<strong>\(inline(String(match.1)))</strong>"
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /[*_]([^*_\s][^*_]*)[*_]/) {
                html += "<em>\(inline(String(match.1)))</em>"
                rest = rest[match.range.upperBound...]
            } else {
                html += HTML.escaped(String(next))
                rest.removeFirst()
            }
        }
        return html
    }
}
