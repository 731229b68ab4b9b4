public import Storage

/// Something that a person is told of, outside the answer to a request.
public struct Notice: Sendable, Equatable {
    public enum Event: Sendable, Equatable {
        /// auth.md §4. The text of the code, good for twenty minutes.
        case passcode(String)
        /// users.md §4.3, §6, §14: told to owners and user-admins.
        case created(Account), deleted(Account), suspended(Account), activated(Account)
        /// users.md §14: told to the user itself.
        case youWereSuspended, youWereActivated
    }

    /// The user that something happened to, and who did it.
    public struct Account: Sendable, Equatable {
        public let username: String
        public let name: String
        public let initiator: String
    }

    public let event: Event
    /// Empty for those who have none: mail passes them by.
    public let email: String
    public let userID: UUID
}

/// Takes notices to people. `deliver` returns at once; what it does is off the request path, retried and bounded.
public protocol NoticeDelivery: Sendable {
    /// False: only passcodes find a way, and nobody need look for those to tell of anything else.
    var takesAccountNotices: Bool { get }

    func deliver(_ notice: Notice)
}
