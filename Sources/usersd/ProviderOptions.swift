internal import API
internal import Glibc
internal import HTTP
internal import JSON

/// The options of sign-in providers, checked before anything is opened (auth.md §8.3, §8.8).
extension Config {
    /// nil: GitHub is off.
    func github() throws(Fault) -> GitHubSettings? {
        var settings = GitHubSettings()
        settings.clientID = text("oauth2-github-client-id")
        settings.clientSecret = text("oauth2-github-client-secret")
        let enterprise = text("oauth2-github-enterprise-base-url")
        guard !settings.clientID.isEmpty || !settings.clientSecret.isEmpty || !enterprise.isEmpty else { return nil }
        settings.usesDeviceFlow = boolean("oauth2-github-device-flow")
        settings.allowsSignUps = boolean("oauth2-github-allow-signups")
        settings.allowsEveryone = boolean("oauth2-github-allow-everyone")
        settings.allowedOrganizations = list("oauth2-github-allowed-orgs")
        for text in list("oauth2-github-allowed-teams") {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw Fault("--oauth2-github-allowed-teams: \"\(text)\" is not organization/slug")
            }
            settings.allowedTeams.append(.init(organization: String(parts[0]), slug: String(parts[1])))
        }
        if settings.allowsEveryone {
            guard settings.allowedOrganizations.isEmpty, settings.allowedTeams.isEmpty else {
                throw Fault("--oauth2-github-allow-everyone cannot stand beside allowed organizations or teams")
            }
        } else if settings.allowedOrganizations.isEmpty {
            throw Fault(
                "sign-in with GitHub needs --oauth2-github-allowed-orgs or --oauth2-github-allow-everyone")
        }
        if !enterprise.isEmpty {
            let base = try url("oauth2-github-enterprise-base-url")
            settings.webURL = base
            settings.apiURL = "\(base)/api/v3"
        }
        return settings
    }

    /// nil: OpenID Connect is off.
    func oidc() throws(Fault) -> OIDCSettings? {
        var settings = OIDCSettings()
        settings.clientID = text("oidc-client-id")
        guard !settings.clientID.isEmpty else { return nil }
        guard !text("oidc-issuer-url").isEmpty else {
            throw Fault("--oidc-client-id is set, so --oidc-issuer-url must be, too")
        }
        _ = try url("oidc-issuer-url")
        settings.issuer = text("oidc-issuer-url")
        settings.clientSecret = text("oidc-client-secret")
        settings.assertion = try assertion()
        settings.allowsSignUps = boolean("oidc-allow-signups")
        settings.emailDomains = list("oidc-email-domain")
        settings.scopes = list("oidc-scopes")
        settings.ignoresEmailVerified = boolean("oidc-ignore-email-verified")
        settings.usernameField = text("oidc-username-field")
        settings.nameField = text("oidc-name-field")
        settings.emailField = text("oidc-email-field")
        settings.groupField = text("oidc-group-field")
        if settings.groupField.isEmpty, settings.scopes.contains("groups") { settings.groupField = "groups" }
        settings.allowedGroups = list("oidc-allowed-groups")
        guard settings.allowedGroups.isEmpty || !settings.groupField.isEmpty else {
            throw Fault("--oidc-allowed-groups is set, so --oidc-group-field must be, too")
        }
        settings.authorizationParameters = try authorizationParameters()
        settings.ignoresUserInfo = boolean("oidc-ignore-userinfo")
        settings.usesAccessTokenClaims = boolean("oidc-access-token-claims")
        guard !settings.usesAccessTokenClaims || settings.ignoresUserInfo else {
            throw Fault("--oidc-access-token-claims needs --oidc-ignore-userinfo")
        }
        settings.redirectBaseURL = text("oidc-redirect-url").isEmpty ? "" : try url("oidc-redirect-url")
        settings.signInText = text("oidc-sign-in-text")
        settings.iconURL = text("oidc-icon-url")
        settings.signUpsDisabledText = text("oidc-signups-disabled-text")
        settings.skipsIssuerChecks = boolean("dangerous-oidc-skip-issuer-checks")
        return settings
    }

    private func assertion() throws(Fault) -> ClientAssertion? {
        let (key, certificate) = (text("oidc-client-key-file"), text("oidc-client-cert-file"))
        guard !key.isEmpty || !certificate.isEmpty else { return nil }
        guard text("oidc-client-secret").isEmpty else {
            throw Fault("--oidc-client-secret cannot stand beside --oidc-client-key-file")
        }
        guard !key.isEmpty, !certificate.isEmpty else {
            throw Fault("--oidc-client-key-file and --oidc-client-cert-file go together")
        }
        do throws(ClientAssertion.Fault) {
            return try ClientAssertion(
                key: try contents("oidc-client-key-file"), certificate: try contents("oidc-client-cert-file"))
        } catch {
            throw Fault("--oidc-client-key-file, --oidc-client-cert-file: \(error.description)")
        }
    }

    /// Members that are texts; anything else is a fault.
    private func authorizationParameters() throws(Fault) -> [(name: String, value: String)] {
        let source = text("oidc-auth-url-params")
        guard let json = try? JSONReader.only(Array(source.utf8)), case .object(let members) = json else {
            throw Fault("--oidc-auth-url-params: \"\(source)\" is not a JSON object")
        }
        var parameters: [(name: String, value: String)] = []
        for member in members {
            guard let value = member.value.text else {
                throw Fault("--oidc-auth-url-params: \"\(member.name)\" is no text")
            }
            parameters.append((member.name, value))
        }
        return parameters
    }

    /// An http or https URL, without a slash at the end.
    private func url(_ name: String) throws(Fault) -> String {
        let url = text(name)
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw Fault("--\(name): \"\(url)\" is not an http or https URL")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    private func contents(_ name: String) throws(ClientAssertion.Fault) -> String {
        guard let bytes = File.read(text(name), limit: 1 << 16) else {
            throw ClientAssertion.Fault("\(text(name)) cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
