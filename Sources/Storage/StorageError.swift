/// Everything that can go wrong in a store.
public enum StorageError: Error, Sendable, Equatable {
    /// No row has the id that was asked for.
    case notFound
    /// A row that must be unique exists already.
    case conflict(Constraint)
    /// A rule of the schema, or of one atomic method, forbids the change.
    case refused(Constraint)
    /// The writer's queue or the pool was full for too long. Trying again may help.
    case busy
    /// The database cannot be reached at the moment.
    case unavailable
    /// Anything else. The text is for the log and may hold SQL; it is never sent to a client.
    case broken(String)
}

/// What a conflict or refusal is about; both backends' constraint names map to these.
public enum Constraint: Sendable, Equatable {
    case username
    case email
    /// There is a user already.
    case firstUser
    /// The last user with the role `owner`.
    case lastOwner
    case tokenName
    /// The account signs in another way.
    case loginType
    case suspended
    /// The account is linked to another one of the same provider, or that one to another account.
    case linkedElsewhere
    /// Only the first user may come unasked.
    case signUpsOff
    case membership
    /// Nothing new may belong to a deleted user.
    case deletedUser
    /// A constraint that no method of ours can meet in normal use; its name, for the log.
    case other(String)
}
