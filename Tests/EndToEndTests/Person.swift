import Glibc
import JSON
import TestSupport

/// Somebody who signs in at a provider's own pages: `Providers/browser.py`.
struct Person: Sendable {
    let name: String
    var password = ""

    static let callback = "/api/v2/users/oidc/callback"

    /// From the callback's URL, which begins the flow, to usersd's answer to the provider's redirect.
    /// - Parameters:
    ///   - query: of the first URL, with its question mark.
    ///   - options: of browser.py: `--refuse`, `--stop`, `--cookie NAME=VALUE`.
    func signIn(at server: RunningServer, _ query: String = "", _ options: [String] = []) async throws -> Way {
        let browser = try Binary(
            [
                PythonProvider.path("browser.py"), "http://127.0.0.1:\(server.port)\(Self.callback)\(query)", "--user",
                name, "--password", password,
            ] + options, ["PYTHONDONTWRITEBYTECODE": "1"], program: "/usr/bin/python3")
        _ = try await browser.exit()
        guard let json = try? JSONReader.only(Array(browser.output.utf8)) else {
            throw SupportFault("no transcript: \(browser.log)")
        }
        let way = Way(json: json, home: "127.0.0.1:\(server.port)")
        way.tell("\(name) \(options.filter { $0.hasPrefix("--") }.joined(separator: " "))")
        return way
    }
}

/// The way that a person took, as browser.py wrote it down.
struct Way: Sendable, CustomStringConvertible {
    let json: JSONValue
    /// usersd, as host:port.
    let home: String

    /// Of the last answer.
    var status: Int { json["status"]?.integer ?? 0 }
    var location: String? { json["location"]?.text }
    var body: String { json["body"]?.text ?? "" }
    /// Why the person gave up.
    var trouble: String? { json["trouble"]?.text }
    var steps: [JSONValue] { json["steps"]?.elements ?? [] }

    /// Where the provider sent the person back to, as a path with its query; nil: it did not.
    var callback: String? { json["callback"]?.text?.replacing("http://\(home)", with: "") }

    /// Names and values that usersd's cookies have at the end.
    var cookies: [String: String] {
        guard case .object(let members) = json["cookies"]?[home] else { return [:] }
        return Dictionary(members.map { ($0.name, $0.value.text ?? "") }) { $1 }
    }

    /// The session cookie.
    var session: String? { cookies["coder_session_token"] }

    var description: String { "\(status) \(location ?? "") \(body) \(trouble ?? "")" }

    /// Prints the steps when the variable `USERSD_TEST_TRANSCRIPT` is set. The secrets in them are a test's.
    func tell(_ title: String) {
        guard getenv("USERSD_TEST_TRANSCRIPT") != nil else { return }
        print("\n\(title)")
        for (number, step) in steps.enumerated() {
            print("  \(number + 1) \(step["method"]?.text ?? "") \(step["url"]?.text ?? "")")
            if case .object(let members) = step["form"] {
                print("      sends \(members.map { "\($0.name)=\($0.value.text ?? "")" }.joined(separator: " "))")
            }
            let names = step["set_cookie"]?.elements.compactMap(\.text).joined(separator: ", ") ?? ""
            print("    → \(step["status"]?.integer ?? 0)\(names.isEmpty ? "" : ", sets \(names)")")
        }
        print("  ends at \(location ?? "-") \(trouble ?? "")")
        if status >= 400 { print("      \(body.prefix(400))") }
    }
}

/// The `Cookie` field of these.
func cookieField(_ cookies: [String: String]) -> String {
    cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
}
