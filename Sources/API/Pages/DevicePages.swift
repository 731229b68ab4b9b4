internal import HTTP
internal import JSON
internal import Storage

/// Sign-in with GitHub from another device (RFC 8628): the code to type in there, and a button for afterwards. It
/// does not reload by itself, which would take the page away from whoever is having it read out.
struct DevicePages: Sendable {
    let oauth: OAuthHandlers
    let ambient: Ambient

    private static let cookie: StaticString = "oauth_device"

    /// `GET /login/device`: the callback without a code leads here.
    @Sendable func show(_ call: Call) async throws(APIError) -> Reply {
        guard let state = call.query.first("state"), Self.isOwn(state, call) else { throw .page(Self.tooOld) }
        let code: DeviceCode
        do throws(APIError) { code = try await oauth.device(call) } catch { throw .page(Self.page(error)) }
        var reply = Reply(page(call, code, state: state, alert: "").response(.ok))
        reply.set(.flow(Self.cookie, Base64URL.encode(Self.json(code)), oauth.configuration))
        return reply
    }

    /// `POST /login/device`: the person says that the code has been entered.
    @Sendable func enter(_ call: Call) async throws(APIError) -> Reply {
        let sent = try Form.Sent(call)
        guard let provider = oauth.providers.github, provider.settings.usesDeviceFlow else {
            throw .page(Self.page(.refused("Device flow is not enabled for GitHub OAuth2.")))
        }
        let state = sent.text("state")
        guard Self.isOwn(state, call), let code = Self.code(call),
            let verifier = Cookies.value(OAuthFlow.verifierCookie, in: call.request)
        else { throw .page(Self.tooOld) }
        let redirect = Cookies.value(OAuthFlow.redirectCookie, in: call.request) ?? []
        let callback = OAuthFlow.Callback(
            code: code.deviceCode, state: state, verifier: String(decoding: verifier, as: UTF8.self),
            redirect: RedirectTarget.reduced(String(decoding: redirect, as: UTF8.self)))
        do throws(APIError) {
            let outcome = try await oauth.github(callback, provider, call)
            var reply = SignInPages.seeOther(callback.redirect)
            for cookie in oauth.cookies(outcome) { reply.set(cookie) }
            return reply
        } catch {
            switch error {
            case .answered(_, _, detail: "authorization_pending"):
                return Reply(page(call, code, state: state, alert: "GitHub does not have the code yet.").response(.ok))
            case .answered(_, _, detail: "slow_down"):
                let alert = "GitHub asks for a pause. Try again in \(code.interval + 5) seconds."
                return Reply(page(call, code, state: state, alert: alert).response(.ok))
            case .page, .notAMember: throw error
            default: throw .page(Self.page(error))
            }
        }
    }

    private func page(_ call: Call, _ code: DeviceCode, state: String, alert: String) -> Page {
        Page(title: "Sign in with GitHub") { body in
            body += "<h1>Sign in with GitHub</h1>\n"
            body += SignInPages.alert(alert)
            let url = HTML.escaped(code.verificationURI)
            let link = code.verificationURI.hasPrefix("http") ? "<a href=\"\(url)\">\(url)</a>" : url
            body += "<p>Enter this code at \(link), then come back here.</p>\n"
            body += "<output aria-label=\"Code\" tabindex=\"0\">\(HTML.escaped(code.userCode))</output>\n"
            let form = Form(action: "/login/device", hidden: [("state", state)], submit: "I have entered the code")
            body += form.html(csrf: CSRF.masked(call.csrfToken, ambient))
        }
    }

    private static let tooOld = ErrorPage(
        .badRequest, "The sign-in is too old", "It was begun in another browser, or long ago. Begin it again.",
        link: "Back to login")

    private static func page(_ error: APIError) -> ErrorPage {
        ErrorPage(error.status, "The sign-in failed", error.sentence, link: "Back to login")
    }

    /// Whether the flow began in this browser.
    private static func isOwn(_ state: String, _ call: Call) -> Bool {
        guard let cookie = Cookies.value(OAuthFlow.stateCookie, in: call.request), !cookie.isEmpty else { return false }
        return ConstantTime.areEqual(Array(cookie), Array(state.utf8))
    }

    private static func json(_ code: DeviceCode) -> [UInt8] {
        var writer = JSONWriter()
        code.write(to: &writer)
        return writer.bytes
    }

    private static func code(_ call: Call) -> DeviceCode? {
        guard let cookie = Cookies.value(cookie, in: call.request), let bytes = Base64URL.decode(cookie),
            let json = try? JSONReader.only(bytes)
        else { return nil }
        return DeviceCode(json)
    }
}
