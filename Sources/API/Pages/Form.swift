internal import HTTP

/// A form of a page: what it shows, and what comes back from it.
struct Form: Sendable {
    struct Field: Sendable {
        let name: String
        let label: String
        var kind = "text"
        var autocomplete = "off"
        var value = ""
    }

    let action: String
    var fields: [Field] = []
    /// Sent back unseen.
    var hidden: [(name: String, value: String)] = []
    let submit: String

    /// - Parameter csrf: masked; proves that the form is ours.
    func html(csrf: String) -> String {
        var html = "<form method=\"post\" action=\"\(HTML.escaped(action))\">\n"
        for (name, value) in [("csrf", csrf)] + hidden {
            html += "<input type=\"hidden\" name=\"\(name)\" value=\"\(HTML.escaped(value))\">\n"
        }
        for field in fields {
            html += "<label for=\"\(field.name)\">\(HTML.escaped(field.label))</label>\n"
            html += "<input id=\"\(field.name)\" name=\"\(field.name)\" type=\"\(field.kind)\" "
            html += "autocomplete=\"\(field.autocomplete)\" value=\"\(HTML.escaped(field.value))\" required>\n"
        }
        return html + "<button type=\"submit\">\(HTML.escaped(submit))</button>\n</form>\n"
    }

    /// What came back.
    struct Sent {
        private let items: QueryItems

        /// - Throws: `.page` when the form is not ours: another site's, or one of a browser without cookies.
        init(_ call: Call) throws(APIError) {
            items = QueryItems(call.request.body[...])
            guard CSRF.isOwn(items.first("csrf") ?? "", call.request) else {
                throw .page(
                    ErrorPage(
                        .badRequest, "The form is too old",
                        "It was opened before the browser was closed, or the browser keeps no cookies. Open it again."))
            }
        }

        func text(_ name: String) -> String { items.first(name) ?? "" }
    }
}
