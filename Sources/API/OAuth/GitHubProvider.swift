public import HTTP
internal import JSON
internal import Storage

/// GitHub, or a GitHub Enterprise server: its endpoints, and what they say of a person (auth.md §8.2, §8.3).
public struct GitHubProvider: Sendable {
    public let settings: GitHubSettings
    let client: any Client

    public init(settings: GitHubSettings, client: any Client) {
        self.settings = settings
        self.client = client
    }

    func target(accessURL: String) -> OAuthFlow.Target {
        OAuthFlow.Target(
            name: "github", authorizationURL: "\(settings.webURL)/login/oauth/authorize",
            parameters: [
                ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", redirectURI(accessURL)),
                ("scope", Self.scopes), ("access_type", "offline"),
            ],
            usesPKCE: true, issuer: nil)
    }

    private static let scopes = "read:user read:org user:email"

    private func redirectURI(_ accessURL: String) -> String { "\(accessURL)/api/v2/users/oauth2/github/callback" }

    // MARK: Tokens

    func exchange(
        _ callback: OAuthFlow.Callback, accessURL: String, at now: Timestamp
    ) async throws(TokenGrant.Refusal) -> TokenGrant {
        if settings.usesDeviceFlow {
            return try await token(
                [
                    ("client_id", settings.clientID), ("device_code", callback.code),
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ], now)
        }
        return try await token(
            [
                ("grant_type", "authorization_code"), ("code", callback.code),
                ("redirect_uri", redirectURI(accessURL)), ("code_verifier", callback.verifier ?? ""),
            ] + credentials, now)
    }

    func refresh(_ refreshToken: String, at now: Timestamp) async throws(TokenGrant.Refusal) -> TokenGrant {
        try await token([("grant_type", "refresh_token"), ("refresh_token", refreshToken)] + credentials, now)
    }

    private var credentials: [(name: String, value: String)] {
        [("client_id", settings.clientID), ("client_secret", settings.clientSecret)].filter { !$0.1.isEmpty }
    }

    private func token(
        _ items: [(name: String, value: String)], _ now: Timestamp
    ) async throws(TokenGrant.Refusal) -> TokenGrant {
        try await TokenGrant.request(
            .form("\(settings.webURL)/login/oauth/access_token", items), by: client, at: now)
    }

    /// RFC 8628 §3.2.
    func deviceCode() async throws(ClientFault) -> DeviceCode {
        var request = ClientRequest.form(
            "\(settings.webURL)/login/device/code", [("client_id", settings.clientID), ("scope", Self.scopes)])
        request.fields.append(("Accept", "application/json"))
        let answer = try await client.send(request)
        guard 200...299 ~= answer.status, let json = try? JSONReader.only(answer.body),
            let code = DeviceCode(json)
        else { throw ClientFault("GitHub gave no device code (status \(answer.status))") }
        return code
    }

    // MARK: The person

    /// A person whom the settings do not let in; the text says why.
    enum Refusal: Error { case notAMember(String), noEmail, failed(String) }

    func identity(_ grant: TokenGrant) async throws(Refusal) -> ProviderIdentity {
        let organizations = try await matchedOrganizations(grant)
        let user = try await get("/user", grant)
        let login = user["login"]?.text ?? ""
        if !settings.allowsEveryone, !settings.allowedTeams.isEmpty {
            guard try await isInAllowedTeam(login, of: organizations, grant) else {
                throw .notAMember("You aren't a member of an authorized team in the GitHub organizations.")
            }
        }
        let emails = try await get("/user/emails", grant).elements
        let primary = emails.first { $0["verified"]?.flag == true && $0["primary"]?.flag == true }
        guard let email = primary?["email"]?.text, !email.isEmpty else { throw .noEmail }
        guard case .number(let digits) = user["id"] ?? .null, let id = Int64(digits), id != 0 else {
            throw .failed("GitHub's answer has no user id")
        }
        return ProviderIdentity(
            loginType: .github, linkedID: String(id), email: email, username: login.replacing("_", with: "-"),
            name: ProviderIdentity.name(user["name"]?.text ?? ""), avatarURL: user["avatar_url"]?.text ?? "",
            githubUserID: settings.isGitHubCom ? id : nil, grant: grant, claims: Array("{}".utf8),
            allowsSignUps: settings.allowsSignUps)
    }

    private func matchedOrganizations(_ grant: TokenGrant) async throws(Refusal) -> [String] {
        guard !settings.allowsEveryone else { return [] }
        let memberships = try await get("/user/memberships/orgs?state=active&per_page=100", grant).elements
        let matched = memberships.compactMap { membership -> String? in
            guard membership["state"]?.text == "active", let name = membership["organization"]?["login"]?.text,
                settings.allowedOrganizations.contains(name)
            else { return nil }
            return name
        }
        guard !matched.isEmpty else {
            throw .notAMember("You aren't a member of the authorized GitHub organizations!")
        }
        return matched
    }

    /// The membership must be readable; an error is a no.
    private func isInAllowedTeam(
        _ login: String, of organizations: [String], _ grant: TokenGrant
    ) async throws(Refusal) -> Bool {
        for team in settings.allowedTeams where organizations.contains(team.organization) {
            let path = [team.organization, "teams", team.slug, "memberships", login].map(percentEncoded)
            if case .some = try? await get("/orgs/\(path.joined(separator: "/"))", grant) { return true }
        }
        return false
    }

    private func get(_ path: String, _ grant: TokenGrant) async throws(Refusal) -> JSONValue {
        let request = ClientRequest(
            "GET", settings.apiURL + path,
            fields: [
                ("Accept", "application/vnd.github+json"), ("Authorization", "Bearer \(grant.accessToken)"),
            ])
        let answer: ClientResponse
        do throws(ClientFault) { answer = try await client.send(request) } catch {
            throw .failed("GitHub cannot be reached: \(error.description)")
        }
        let path = path.prefix { $0 != "?" }
        guard 200...299 ~= answer.status else { throw .failed("GitHub answered \(answer.status) to \(path)") }
        do throws(JSONError) { return try JSONReader.only(answer.body) } catch {
            throw .failed("GitHub's answer to \(path) is no JSON: \(error)")
        }
    }
}

/// `GET /users/oauth2/github/device`
struct DeviceCode: WireValue {
    let deviceCode: String
    let userCode: String
    let verificationURI: String
    /// Seconds.
    let expiresIn: Int64
    /// Seconds between two polls.
    let interval: Int64

    init?(_ json: JSONValue) {
        guard let deviceCode = json["device_code"]?.text, let userCode = json["user_code"]?.text,
            let uri = json["verification_uri"]?.text
        else { return nil }
        self.deviceCode = deviceCode
        self.userCode = userCode
        verificationURI = uri
        expiresIn = Int64(json["expires_in"]?.integer ?? 900)
        interval = Int64(json["interval"]?.integer ?? 5)
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("device_code")
            object.string(deviceCode)
            object.key("user_code")
            object.string(userCode)
            object.key("verification_uri")
            object.string(verificationURI)
            object.key("expires_in")
            object.integer(expiresIn)
            object.key("interval")
            object.integer(interval)
        }
    }
}
