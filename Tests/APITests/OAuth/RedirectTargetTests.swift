import API
import JSON
import TestSupport
import Testing

/// Where a person goes after a sign-in: always a path of this server (auth.md §8.1 and §15, cases 118–122 of §14).
@Suite struct RedirectTargetTests {
    private static let path = Browser.oidcCallback

    /// What the contract says of a target; in the cookie and after the sign-in alike.
    private static let known: [(given: String, target: String)] = [
        ("https://malicious/foo/bar?hello=world&bar=baz", "/foo/bar?hello=world&bar=baz"),
        ("/foo/bar?b=2&a=1&b=%20+", "/foo/bar?b=2&a=1&b=%20+"), ("/a%2Fb/c%20d?e=%2F", "/a%2Fb/c%20d?e=%2F"),
        ("//evil/x", "/x"), ("//evil", "/"), ("https://evil", "/"), ("https://evil?x=1", "/?x=1"),
        ("https://user:pass@evil:8443/x", "/x"), ("https://[::1]/x", "/x"), ("HTTPS://EVIL/x", "/x"),
        ("ftp://evil/x", "/x"), ("///evil", "/evil"), ("////evil/x", "/evil/x"), ("https:////evil", "/evil"),
        ("javascript:alert(1)", "/"), ("JaVaScRiPt:alert(1)", "/"), ("data:text/html,x", "/"),
        ("mailto:a@evil", "/"), ("https:evil", "/"), ("/x#fragment", "/x"), ("#x", "/"), ("/x?a=1#b?c", "/x?a=1"),
        ("https://good/x#//evil", "/x"), ("?a=1", "/?a=1"), ("/", "/"), ("/x?u=https://evil/", "/x?u=https://evil/"),
        ("workspaces", "/workspaces"), ("@evil", "/@evil"), (".evil.test", "/.evil.test"), ("/%2Fevil", "/%2Fevil"),
        ("/%5Cevil", "/%5Cevil"), ("%2F%2Fevil", "/%2F%2Fevil"), ("/%zz", "/"), (":80/x", "/"),
    ]

    /// Spellings that some browser takes for another host, or some header writer for a line end.
    private static let nasty = [
        #"/\evil"#, #"\\evil"#, #"\/evil"#, #"/\/evil"#, #"//\evil"#, #"\evil"#, #"https:\\evil\x"#, #"https:/\evil"#,
        #"https:\/evil"#, #"//evil\@good/x"#, #"//good\.evil/x"#, #"/\\\evil"#, "https:/evil", "https:///evil/x",
        "https:////////evil", "http:evil", "//good@evil/x", "//evil:80/x", "//evil:abc/x", "https://evil:99999/x",
        "//evil%00/x", "https://evil%2f@good/x", " //evil", "  https://evil", "\u{a0}//evil", "\u{feff}//evil",
        "\u{3000}//evil", ".//evil", "..//evil", "/.//evil", "/..//evil", "/x/..//evil", "/x/../..//evil", ";//evil",
        "x//evil", "&//evil", "/;@evil", "／／evil", "/／evil", "/\u{2028}/evil", "/\u{85}/evil", "/ /evil",
        "java script:alert(1)", "vbscript:x", "view-source:https://evil", "blob:https://evil/x", "1http://evil",
        "-x://evil", "://evil", "//", "///", "////", #"\\\\"#, "/?//evil", "?//evil", "//?//evil", "//#//evil",
        "/%0d%0aSet-Cookie:%20a=b", "/%09/evil", "%09//evil", "/%2e%2e//evil", "//evil/%2f..", "//%65vil", "/é",
        "http://é.test/ü?ö", "\u{202e}//evil", #"/"><script>"#, "/'`<>{}|^", "https://evil//evil2/x",
        "https://evil///x", #"https://evil/\evil2"#, "//evil//evil2", "http://", "https:", "https:?x", "https:#x",
    ]

    /// Only in a query: no cookie can hold these.
    private static let controls = [
        "/\t/evil", "\t//evil", "/\n/evil", "\r\n//evil", "/x\r\nSet-Cookie: a=b", "ht\ntps://evil", "java\tscript:x",
        "\u{0}//evil", "/\u{0}/evil", "\u{1}//evil", "\u{7f}//evil", "/x\u{0}", "//evil\r\n/x", "/\r/evil", "\u{b}//e",
    ]

    /// Whether a browser stays on the server: it drops tabs and line ends, and reads a backslash as a slash.
    private static func stays(_ location: String) -> Bool {
        let read = location.replacing("\t", with: "").replacing("\n", with: "").replacing("\r", with: "")
            .replacing("\\", with: "/")
        return read.hasPrefix("/") && !read.hasPrefix("//") && location.utf8.allSatisfy { 33...126 ~= $0 }
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16) }.joined()
    }

    @Test("118, 120, 122: a target is reduced to a local path when it is stored", arguments: Backend.allCases)
    func stored(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for row in Self.known {
                let browser = Browser(scene.server)
                let answer = try await browser.get("\(Self.path)?redirect=\(Self.encoded(row.given))")
                #expect(answer.status == 307)
                #expect(browser.cookies["oauth_redirect"] == row.target, "\(row.given)")
            }
            for given in Self.nasty + Self.controls {
                let answer = try await scene.server.send("GET", "\(Self.path)?redirect=\(Self.encoded(given))")
                // decisions.md refuses NUL in a query; a local path does no harm either.
                if given.contains("\u{0}"), answer.isError(400) { continue }
                let lines = answer.header("Set-Cookie").filter { $0.hasPrefix("oauth_redirect=") }
                #expect(answer.status == 307 && lines.count == 1, "\(given): \(answer.headers)")
                let value = lines.first?.dropFirst("oauth_redirect=".count).prefix { $0 != ";" } ?? ""
                #expect(Self.stays(String(value)), "\(given) became \(value)")
                #expect(answer.header("Set-Cookie").allSatisfy { !$0.hasPrefix("a=b") })
            }
        }
    }

    @Test("118, 119: a forged cookie leads to a local path too", arguments: Backend.allCases)
    func forged(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            for (given, target) in Self.known.map({ ($0.given, Optional($0.target)) }) + Self.nasty.map({ ($0, nil) })
            where !given.contains(";") {
                let browser = Browser(scene.server)
                let back = try await browser.begin(Self.path, at: scene.provider)
                browser.set("oauth_redirect", to: given)
                let answer = try await browser.get(back.target)
                let location = answer.header("Location")
                #expect(answer.status == 307 && location.count == 1, "\(given): \(answer)")
                if let target { #expect(location == [target], "\(given)") }
                #expect(Self.stays(location.first ?? ""), "\(given) became \(location)")
            }
        }
    }

    @Test(
        "121: the cookie counts even when it is empty; without it the callback's own query", arguments: Backend.allCases
    )
    func places(on backend: Backend) async throws {
        try await OIDCScene.with(backend) { scene in
            let rows: [(cookie: String?, query: String?, target: String)] = [
                ("", "/query", "/"), (nil, "/query", "/query"), ("/cookie", "/query", "/cookie"), (nil, nil, "/"),
                (nil, "https://evil/x?y=z#f", "/x?y=z"), (nil, "///evil", "/evil"), (nil, "javascript:alert(1)", "/"),
            ]
            for row in rows {
                let browser = Browser(scene.server)
                let back = try await browser.begin(Self.path, at: scene.provider)
                browser.set("oauth_redirect", to: row.cookie)
                let query = row.query.map { "&redirect=\(Self.encoded($0))" } ?? ""
                let answer = try await browser.get(back.target + query)
                #expect(answer.status == 307 && answer.header("Location") == [row.target], "\(row): \(answer)")
            }
        }
    }
}
