/// What a sign-in or a change of password needs to know of an account.
public struct CredentialRecord: Sendable, Equatable {
    public let userID: UUID
    public let username: String
    /// As stored, which is where mail goes.
    public let email: String
    public let status: UserStatus
    public let loginType: LoginType
    /// Coder's PBKDF2 text; empty when the user has no password.
    public let hashedPassword: [UInt8]
    /// The same form, over a one-time passcode; empty when there is none.
    public let hashedPasscode: [UInt8]
    /// `Timestamp.zero` when there is no passcode.
    public let passcodeExpiresAt: Timestamp

    public init(
        userID: UUID, username: String, email: String, status: UserStatus, loginType: LoginType,
        hashedPassword: [UInt8],
        hashedPasscode: [UInt8], passcodeExpiresAt: Timestamp
    ) {
        self.userID = userID
        self.username = username
        self.email = email
        self.status = status
        self.loginType = loginType
        self.hashedPassword = hashedPassword
        self.hashedPasscode = hashedPasscode
        self.passcodeExpiresAt = passcodeExpiresAt
    }
}

/// Password hashes and sign-in.
public protocol IdentityStore: Sendable {
    /// A live user, whatever the case of the e-mail. An empty e-mail is nobody's.
    func credentials(email: String) async throws(StorageError) -> CredentialRecord?

    /// A live user.
    /// - Throws: `.notFound`.
    func credentials(id: UUID) async throws(StorageError) -> CredentialRecord

    /// The merged claims of the user's OpenID Connect link, as a JSON object; nil without a link.
    func claims(ofUser id: UUID) async throws(StorageError) -> [UInt8]?

    /// A live user, whatever the case of the e-mail, system users included. An empty e-mail is nobody's.
    func findUser(email: String) async throws(StorageError) -> UserRecord?

    /// The live user whom this account at a provider signs in.
    func findUser(linkedID: String, loginType: LoginType) async throws(StorageError) -> UserRecord?

    /// - Returns: nil when the user has no link of that type.
    func link(ofUser id: UUID, loginType: LoginType) async throws(StorageError) -> LinkRecord?

    /// Replaces a link's tokens, while the refresh token is still the one they were got with.
    /// - Returns: false when another process was faster, or the link is gone.
    func refreshLink(_ link: LinkRecord, replacing refreshToken: String) async throws(StorageError) -> Bool

    /// Creates or updates the user, writes the link and opens the session, or does nothing of it. A dormant user
    /// wakes up.
    /// - Returns: the user as it is then.
    /// - Throws: `.notFound` if the existing account is gone; `.refused(.loginType)`, `.refused(.suspended)`,
    ///   `.refused(.linkedElsewhere)`, `.refused(.signUpsOff)`; `.conflict(.username)`, `.conflict(.email)`.
    func signIn(_ signIn: ProviderSignIn) async throws(StorageError) -> UserRecord

    /// Whether a live user has the name or the (non-empty) e-mail, in any case; system users count.
    func isTaken(username: String, email: String) async throws(StorageError) -> Bool

    /// Sets the hash, voids a passcode, and deletes every key of the user, in one transaction.
    /// - Throws: `.notFound` if no live user has the id.
    func setPassword(_ hash: [UInt8], ofUser id: UUID) async throws(StorageError)

    /// Replaces the passcode.
    /// - Throws: `.notFound` if no live user has the id.
    func setPasscode(_ hash: [UInt8], expiresAt: Timestamp, ofUser id: UUID) async throws(StorageError)

    /// `setPassword`, but only while the passcode is still the one that was checked: it works once.
    /// - Throws: `.notFound` when it is not.
    func resetPassword(_ hash: [UInt8], ofUser id: UUID, passcode: [UInt8]) async throws(StorageError)
}
