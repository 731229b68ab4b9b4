internal import Crypto
internal import HTTP

/// A page for a person: HTML and CSS of this binary, no script. The policy lets nothing else in, and nobody frame it.
struct Page: Sendable {
    let title: String
    let body: String
    /// Of the one picture that may be shown; empty: none.
    let imageURL: String

    init(title: String, imageURL: String = "", _ build: (inout String) -> Void) {
        self.title = title
        self.imageURL = imageURL
        var body = ""
        build(&body)
        self.body = body
    }

    func response(_ status: Status) -> Response {
        let html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escaped(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            \(body)</main>
            </body>
            </html>

            """
        var response = Response(status, body: Array(html.utf8))
        response.add(.contentType, "text/html; charset=utf-8")
        let images = imageURL.isEmpty ? "" : " img-src \(Self.source(imageURL));"
        response.add(
            .contentSecurityPolicy,
            "default-src 'none'; style-src 'sha256-\(Self.styleHash)';\(images) form-action 'self'; "
                + "base-uri 'none'; frame-ancestors 'none'")
        response.add(.frameOptions, "DENY")
        // Addresses here may carry a passcode.
        response.add(.referrerPolicy, "no-referrer")
        response.add(.cacheControl, "no-store")
        return response
    }

    /// A URL as a source of the policy: nothing in it may end the directive.
    private static func source(_ url: String) -> String {
        url.replacing(";", with: "%3B").replacing(",", with: "%2C").replacing(" ", with: "%20")
    }

    private static let styleHash = String(
        decoding: Base64.encode(Array(SHA256.hash(data: Array(style.utf8)))), as: UTF8.self)

    private static let style = """

        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
        main { box-sizing: border-box; width: min(26rem, 100vw); padding: 2rem 1.25rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
        label { display: block; margin-top: 1rem; font-weight: 600; }
        input, button, .button { box-sizing: border-box; width: 100%; padding: .6rem .75rem; font: inherit;
            border: 1px solid GrayText; border-radius: .4rem; }
        button, .button { display: block; margin-top: 1rem; text-align: center; text-decoration: none; cursor: pointer;
            color: #fff; background: #1d4ed8; border-color: #1d4ed8; }
        .button.second { color: CanvasText; background: Canvas; border-color: GrayText; }
        .button img { height: 1.25rem; vertical-align: middle; margin-right: .5rem; }
        :focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px; }
        [role=alert] { padding: .6rem .75rem; border-left: 4px solid #b91c1c; background: #b91c1c1a; }
        [role=status] { padding: .6rem .75rem; border-left: 4px solid #15803d; background: #15803d1a; }
        code, output { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
        output { display: block; padding: .75rem; border: 1px solid GrayText; border-radius: .4rem; user-select: all; }
        .hint { font-size: .875rem; }

        """
}
