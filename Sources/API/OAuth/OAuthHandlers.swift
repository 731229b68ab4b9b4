internal import HTTP
internal import JSON
internal import Storage

/// Sign-in at GitHub and at an OpenID Connect provider: each callback's URL begins a flow and ends it (auth.md §8).
struct OAuthHandlers: Sendable {
    let providers: Providers
    let accounts: ProviderAccounts
    let flow: OAuthFlow
    let configuration: Configuration
    let faults: Faults

    // MARK: GitHub

    /// `GET /users/oauth2/github/callback`
    @Sendable func github(_ call: Call) async throws(APIError) -> Reply {
        guard let provider = providers.github else {
            throw .refused("GitHub OAuth2 is not enabled.", detail: "Sign-in with GitHub is not configured.")
        }
        let isDevice = provider.settings.usesDeviceFlow
        let begin: ((String) -> String)? = isDevice ? { "/login/device?state=\(percentEncoded($0))" } : nil
        switch try flow.step(call, provider.target(accessURL: configuration.accessURL), start: begin) {
        case .start(let reply): return reply
        case .callback(let callback):
            do throws(APIError) {
                let outcome = try await github(callback, provider, call)
                return done(outcome, callback, isDevice: isDevice)
            } catch {
                throw isDevice ? error.asJSON : error
            }
        }
    }

    /// The end of a flow; the device page comes here too.
    func github(
        _ callback: OAuthFlow.Callback, _ provider: GitHubProvider, _ call: Call
    ) async throws(APIError) -> ProviderAccounts.Outcome {
        try await faults.countingLogin(.github) { () throws(APIError) in try await finish(callback, provider, call) }
    }

    private func finish(
        _ callback: OAuthFlow.Callback, _ provider: GitHubProvider, _ call: Call
    ) async throws(APIError) -> ProviderAccounts.Outcome {
        let grant: TokenGrant
        do throws(TokenGrant.Refusal) {
            grant = try await provider.exchange(callback, accessURL: configuration.accessURL, at: call.now)
        } catch {
            // The device page's clients key on the bare code (auth.md §8.3).
            guard case .refused(let code, _) = error, provider.settings.usesDeviceFlow else {
                throw Self.exchangeFailed(error.text)
            }
            throw Self.exchangeFailed(code)
        }
        let identity: ProviderIdentity
        do throws(GitHubProvider.Refusal) { identity = try await provider.identity(grant) } catch {
            switch error {
            case .notAMember(let reason): throw .notAMember(reason, redirect: callback.redirect)
            case .noEmail:
                throw .refused(
                    "Your primary email must be verified on GitHub!", detail: "GitHub has no such e-mail of you.")
            case .failed(let cause): throw faults.fault(cause)
            }
        }
        return try await accounts.signIn(identity, call, state: callback.state)
    }

    /// `GET /users/oauth2/github/device`
    @Sendable func device(_ call: Call) async throws(APIError) -> DeviceCode {
        guard let provider = providers.github else {
            throw .refused("GitHub OAuth2 is not enabled.", detail: "Sign-in with GitHub is not configured.")
        }
        guard provider.settings.usesDeviceFlow else {
            throw .refused("Device flow is not enabled for GitHub OAuth2.")
        }
        do throws(ClientFault) { return try await provider.deviceCode() } catch {
            throw faults.fault("no device code: \(error.description)")
        }
    }

    // MARK: OpenID Connect

    /// `GET /users/oidc/callback`
    @Sendable func oidc(_ call: Call) async throws(APIError) -> Reply {
        guard let provider = providers.oidc else {
            throw .refused("OpenID Connect is not enabled.", detail: "Sign-in with OpenID Connect is not configured.")
        }
        switch try flow.step(call, provider.target(accessURL: configuration.accessURL)) {
        case .start(let reply): return reply
        case .callback(let callback):
            let outcome = try await faults.countingLogin(.oidc) { () throws(APIError) in
                try await finish(callback, provider, call)
            }
            return done(outcome, callback, isDevice: false)
        }
    }

    private func finish(
        _ callback: OAuthFlow.Callback, _ provider: OIDCProvider, _ call: Call
    ) async throws(APIError) -> ProviderAccounts.Outcome {
        let grant: TokenGrant
        do throws(TokenGrant.Refusal) {
            grant = try await provider.exchange(callback, accessURL: configuration.accessURL, at: call.now)
        } catch {
            throw Self.exchangeFailed(error.text)
        }
        let identity = try await OIDCSignIn(provider: provider, now: call.now).identity(grant)
        return try await accounts.signIn(identity, call, state: callback.state)
    }

    // MARK: Answers

    private static func exchangeFailed(_ text: String) -> APIError {
        .answered(
            text == "authorization_pending" ? .badRequest : .internalServerError,
            "The provider did not exchange the code.", detail: text)
    }

    private func done(_ outcome: ProviderAccounts.Outcome, _ callback: OAuthFlow.Callback, isDevice: Bool) -> Reply {
        var reply =
            isDevice
            ? Reply(.ok, RedirectURL(url: callback.redirect)) : Reply(Response(.temporaryRedirect))
        for cookie in cookies(outcome) { reply.set(cookie) }
        if !isDevice { reply.response.add(.location, callback.redirect) }
        reply.response.add(.cacheControl, "no-store")
        return reply
    }

    func cookies(_ outcome: ProviderAccounts.Outcome) -> [Cookie] {
        var cookies: [Cookie] = []
        if let token = outcome.token {
            cookies.append(.session(token, configuration))
        } else {
            cookies.append(.endedSession(configuration))
        }
        if outcome.isConversion { cookies.append(.clearedConversion) }
        return cookies
    }
}

/// The end of a device flow.
struct RedirectURL: WireValue {
    /// A path of this server.
    let url: String

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("redirect_url")
            object.string(url)
        }
    }
}
