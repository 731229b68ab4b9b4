import HTTP
import TestSupport

/// A page's form as a browser would fill it in.
struct PageForm {
    let action: String
    private var values: [(name: String, value: String)]

    /// Reads the first form of a page.
    /// - Throws: `SupportFault` when there is none.
    init(_ page: Answer) throws {
        guard let form = page.body.firstMatch(of: /(?s)<form method="post" action="([^"]*)">(.*?)<\/form>/) else {
            throw SupportFault("a page without a form: \(page)")
        }
        action = Self.unescaped(String(form.1))
        values = form.2.matches(of: /<input [^>]*name="([^"]*)"[^>]*value="([^"]*)"/).map {
            (String($0.1), Self.unescaped(String($0.2)))
        }
    }

    var names: [String] { values.map(\.name) }

    subscript(name: String) -> String? {
        get { values.first { $0.name == name }?.value }
        set {
            values.removeAll { $0.name == name }
            if let newValue { values.append((name, newValue)) }
        }
    }

    /// Fills in, and sends.
    func send(_ fields: KeyValuePairs<String, String> = [:], by browser: Browser) async throws -> Answer {
        var form = self
        for (name, value) in fields { form[name] = value }
        let body = form.values.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
        return try await browser.send(
            "POST", action, body: body, headers: [("Content-Type", "application/x-www-form-urlencoded")])
    }

    private static func unescaped(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(text) {
            $0.replacing($1.0, with: $1.1)
        }
    }
}
