internal import JSON

/// Who is signed in at GitHub, and what can be seen of them.
public struct FakeGitHubAccount: Sendable {
    public struct Email: Sendable {
        public var address: String
        public var isPrimary: Bool
        public var isVerified: Bool

        public init(_ address: String, primary: Bool = true, verified: Bool = true) {
            self.address = address
            isPrimary = primary
            isVerified = verified
        }
    }

    public struct Membership: Sendable {
        public var organization: String
        /// `active` or `pending`.
        public var state: String

        public init(_ organization: String, state: String = "active") {
            self.organization = organization
            self.state = state
        }
    }

    public struct Team: Sendable {
        public var organization: String
        public var slug: String
        public var state: String

        public init(_ organization: String, _ slug: String, state: String = "active") {
            self.organization = organization
            self.slug = slug
            self.state = state
        }
    }

    public var id: Int64 = 4711
    public var login = "octo_ana"
    /// Nil is `null`, as for people who have given none.
    public var name: String? = "Ana Sample"
    public var avatarURL = "https://avatars.github.test/u/4711"
    public var emails = [Email("ana@github.test")]
    public var memberships: [Membership] = []
    /// Memberships that may be seen; any other is 404.
    public var teams: [Team] = []

    public init() {}

    /// `GET /user`.
    var json: JSONValue {
        [
            "login": .string(login), "id": .number(String(id)), "avatar_url": .string(avatarURL), "type": "User",
            "site_admin": false, "name": name.map { .string($0) } ?? .null, "email": .null,
        ]
    }
}

extension FakeGitHubAccount.Email {
    var json: JSONValue {
        [
            "email": .string(address), "primary": .bool(isPrimary), "verified": .bool(isVerified),
            "visibility": isPrimary ? "private" : .null,
        ]
    }
}

extension FakeGitHubAccount.Membership {
    func json(of login: String, index: Int) -> JSONValue {
        [
            "state": .string(state), "role": "member",
            "organization": ["login": .string(organization), "id": .number(String(index + 1))],
            "user": ["login": .string(login)],
        ]
    }
}
