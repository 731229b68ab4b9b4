/// A row of `user_links`: an account at a provider that signs a user in.
public struct LinkRecord: Sendable, Equatable {
    public var userID: UUID
    public var loginType: LoginType
    /// GitHub's decimal user id, or `issuer||subject`; may be empty when an operator made the user.
    public var linkedID: String
    public var accessToken: String
    /// Empty when the provider gave none, or when it is encrypted with a key that we do not have.
    public var refreshToken: String
    /// Of the access token; `Timestamp.zero`: never.
    public var expiry: Timestamp
    /// A JSON object with `id_token_claims`, `user_info_claims` and `merged_claims`.
    public var claims: [UInt8]

    public init(
        userID: UUID, loginType: LoginType, linkedID: String, accessToken: String, refreshToken: String,
        expiry: Timestamp, claims: [UInt8]
    ) {
        self.userID = userID
        self.loginType = loginType
        self.linkedID = linkedID
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.expiry = expiry
        self.claims = claims
    }
}

/// Everything that a sign-in at a provider changes; one transaction (auth.md §8.5).
public struct ProviderSignIn: Sendable {
    public enum Account: Sendable {
        case existing(UUID)
        /// - Parameter onlyFirst: refuse unless nobody is there yet: sign-ups are off. Whoever is the first becomes an
        ///   owner.
        case new(NewUser, onlyFirst: Bool)
    }

    /// A password account that becomes the provider's (auth.md §7).
    public struct Conversion: Sendable {
        public let from: LoginType
        /// The session that began it ends with it.
        public let endedKeyID: String?

        public init(from: LoginType, endedKeyID: String?) {
            self.from = from
            self.endedKeyID = endedKeyID
        }
    }

    public var account: Account
    /// `userID` counts for an existing account only.
    public var link: LinkRecord
    /// What the provider says of the person; overwrites what is stored.
    public var email: String
    public var name: String
    public var avatarURL: String
    /// github.com's numeric id; nil leaves the stored one.
    public var githubUserID: Int64?
    public var conversion: Conversion?
    /// The session to open; nil: none. Its `userID` is filled in.
    public var session: KeyRecord?
    public var now: Timestamp

    public init(
        account: Account, link: LinkRecord, email: String, name: String, avatarURL: String, githubUserID: Int64?,
        conversion: Conversion?, session: KeyRecord?, now: Timestamp
    ) {
        self.account = account
        self.link = link
        self.email = email
        self.name = name
        self.avatarURL = avatarURL
        self.githubUserID = githubUserID
        self.conversion = conversion
        self.session = session
        self.now = now
    }

    /// The login type that the account must have had.
    public var expectedLoginType: LoginType { conversion?.from ?? link.loginType }
}
