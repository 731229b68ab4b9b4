import JSON
import TestSupport

/// What the device page does: begins a flow, asks for a device's code and polls with it.
struct DeviceSteps {
    static let page = "/api/v2/users/oauth2/github/device"

    let browser: Browser

    init(_ browser: Browser) { self.browser = browser }

    /// - Returns: the device's code.
    func begin(_ query: String = "") async throws -> String {
        _ = try await browser.get(query.isEmpty ? Browser.githubCallback : "\(Browser.githubCallback)?\(query)")
        let device = try await browser.get(Self.page)
        guard let code = device["device_code"]?.text else { throw SupportFault("no device code: \(device)") }
        return code
    }

    func poll(_ code: String) async throws -> Answer {
        try await browser.get("\(Browser.githubCallback)?code=\(code)&state=\(browser.cookies["oauth_state"] ?? "")")
    }

    /// A whole flow with one poll.
    func signIn(_ query: String = "") async throws -> Answer { try await poll(try await begin(query)) }
}
