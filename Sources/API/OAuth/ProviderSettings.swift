/// Sign-in with GitHub (auth.md §8.2, §8.8).
public struct GitHubSettings: Sendable {
    /// A team of an organization, by slug.
    public struct Team: Sendable, Equatable {
        public let organization: String
        public let slug: String

        public init(organization: String, slug: String) {
            self.organization = organization
            self.slug = slug
        }
    }

    public var clientID = ""
    public var clientSecret = ""
    public var usesDeviceFlow = false
    public var allowsSignUps = false
    public var allowsEveryone = false
    /// Exact names; one active membership is enough.
    public var allowedOrganizations: [String] = []
    /// When set, one of a matched organization is needed as well.
    public var allowedTeams: [Team] = []
    /// Where people sign in, without a slash at the end.
    public var webURL = "https://github.com"
    public var apiURL = "https://api.github.com"

    public init() {}

    /// The numeric id is worth storing for github.com's accounts only.
    var isGitHubCom: Bool { webURL == "https://github.com" }
}

/// Sign-in with OpenID Connect (auth.md §8.6, §8.8).
public struct OIDCSettings: Sendable {
    public var issuer = ""
    public var clientID = ""
    /// Empty: a public client, unless `assertion` is set.
    public var clientSecret = ""
    /// Proves who we are instead of a secret (RFC 7523 §2.2).
    public var assertion: ClientAssertion?
    public var allowsSignUps = true
    /// Without the `@` in front; empty: every domain.
    public var emailDomains: [String] = []
    public var scopes = ["openid", "profile", "email"]
    public var ignoresEmailVerified = false
    public var usernameField = "preferred_username"
    public var nameField = "name"
    public var emailField = "email"
    /// Empty: groups are not looked at.
    public var groupField = ""
    public var allowedGroups: [String] = []
    public var authorizationParameters: [(name: String, value: String)] = [("access_type", "offline")]
    public var ignoresUserInfo = false
    /// The second source of claims is the access token, and the ID token wins.
    public var usesAccessTokenClaims = false
    /// Another base than the access URL for the redirect URI; empty: none.
    public var redirectBaseURL = ""
    public var signInText = "OpenID Connect"
    public var iconURL = ""
    /// Markdown; empty: our own words.
    public var signUpsDisabledText = ""
    public var skipsIssuerChecks = false

    public init() {}
}

/// The providers that are configured.
public struct Providers: Sendable {
    public var github: GitHubProvider?
    public var oidc: OIDCProvider?

    public init(github: GitHubProvider? = nil, oidc: OIDCProvider? = nil) {
        self.github = github
        self.oidc = oidc
    }
}
