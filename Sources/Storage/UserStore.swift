/// Which users to list, and which part of them (users.md §4.1). A condition is off when nil or empty; all are ANDed.
public struct UserQuery: Sendable, Hashable {
    /// Part of the e-mail or the username; `%`, `_` and `\` keep their meaning in LIKE.
    public var search = ""
    /// Part of the display name, likewise.
    public var name = ""
    public var statuses: [UserStatus] = []
    public var loginTypes: [LoginType] = []
    /// Users who store any of these site roles.
    public var roles: [String] = []
    public var lastSeenBefore: Timestamp?
    public var lastSeenAfter: Timestamp?
    public var createdBefore: Timestamp?
    public var createdAfter: Timestamp?
    public var githubUserID: Int64?
    public var isServiceAccount: Bool?
    /// Users whose folded name is behind this user's. An unknown id: nobody.
    public var afterID: UUID?
    /// Members of this organization.
    public var organizationID: UUID?
    /// The users the caller may see; nil: all.
    public var visible: [UUID]?
    /// nil: no limit.
    public var limit: Int?
    public var offset = 0

    public init() {}

    /// The same users without paging: what a count is of.
    public var whole: UserQuery {
        var query = self
        query.limit = nil
        query.offset = 0
        return query
    }

    /// Where the page stands among `count` users, from whichever end is nearer: a page at the end costs no more than
    /// one at the beginning.
    public func place(among count: Int) -> PagePlace {
        let left = max(0, count - offset)
        let length = min(limit ?? left, left)
        return offset <= count / 2
            ? PagePlace(skipped: offset, length: length, isFromTheEnd: false)
            : PagePlace(skipped: left - length, length: length, isFromTheEnd: true)
    }
}

/// A part of an ordered list.
public struct PagePlace: Sendable, Equatable {
    /// Rows before the first, in the direction in which they are read.
    public let skipped: Int
    public let length: Int
    /// The list is read backwards, and the page's rows come in reverse.
    public let isFromTheEnd: Bool

    public init(skipped: Int, length: Int, isFromTheEnd: Bool) {
        self.skipped = skipped
        self.length = length
        self.isFromTheEnd = isFromTheEnd
    }
}

/// A page of users, and how many there are in all behind the cursor. It does not change: a backend hands out the same
/// page again while it is exact, and whoever made something of it may keep that beside it.
public final class UserPage: Sendable, Equatable {
    public let users: [UserRecord]
    public let count: Int

    public init(users: [UserRecord], count: Int) {
        self.users = users
        self.count = count
    }

    public static func == (a: UserPage, b: UserPage) -> Bool { a.users == b.users && a.count == b.count }
}

/// Users and their status.
public protocol UserStore: Sendable {
    /// Deleted users are found too.
    /// - Throws: `.notFound`.
    func user(id: UUID) async throws(StorageError) -> UserRecord

    /// A live user, whatever the case of the name.
    func findUser(username: String) async throws(StorageError) -> UserRecord?

    /// Live users in the order of their folded names, system users left out. Count and page are of one moment.
    func users(_ query: UserQuery) async throws(StorageError) -> UserPage

    /// Whether there is a live user, system users left out. It costs the same however many there are: anybody may ask.
    func hasUsers() async throws(StorageError) -> Bool

    /// Inserts the user with its key pair and memberships in one transaction.
    /// - Throws: `.conflict(.username)` or `.conflict(.email)`.
    func create(_ user: NewUser) async throws(StorageError) -> UserRecord

    /// The same, only while there is no user. Of two at once, one wins (decisions.md #17).
    /// - Throws: `.conflict(.firstUser)`.
    func createFirst(_ user: NewUser) async throws(StorageError) -> UserRecord

    /// Marks a user deleted; its keys and links go with it. `updated_at` stays.
    /// - Throws: `.notFound` if no live user has the id; `.refused(.lastOwner)`.
    func deleteUser(id: UUID) async throws(StorageError)

    /// Sets the status and stamps `updated_at`; a change writes the history.
    /// - Throws: `.notFound` if no live user has the id.
    func setStatus(_ status: UserStatus, ofUser id: UUID, at now: Timestamp) async throws(StorageError) -> UserRecord

    /// Sets username and display name and stamps `updated_at`.
    /// - Throws: `.notFound` if no live user has the id; `.conflict(.username)`.
    func setProfile(
        username: String, name: String, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> UserRecord

    /// A user who was dormant is active and seen. Any other status stays.
    /// - Returns: the status afterwards.
    func activateIfDormant(userID: UUID, at now: Timestamp) async throws(StorageError) -> UserStatus

    /// Whether the user owns a workspace that is not deleted, in a database that Coder made; false elsewhere.
    func ownsWorkspaces(userID: UUID) async throws(StorageError) -> Bool
}
