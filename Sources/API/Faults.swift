internal import Logging
internal import Storage

/// The way from a store's error to what a caller is told. Causes go to the log, under an id that the caller gets.
struct Faults: Sendable {
    let log: Logger
    let ambient: Ambient

    func error(_ error: StorageError) -> APIError {
        switch error {
        case .notFound: return .notFound
        case .conflict(.username):
            return .conflict(
                "User already exists.", [.inUse("username")])
        case .conflict(.email):
            return .conflict(
                "User already exists.", [.inUse("email")])
        case .conflict(.firstUser): return .conflict("The initial user has already been created.")
        case .conflict(.tokenName):
            return .conflict(
                "A token with this name already exists.",
                [.inUse("name")])
        case .refused(.lastOwner): return .refused("The last owner cannot be removed: there must always be one.")
        case .refused(.deletedUser): return .notFound
        case .busy, .unavailable:
            note("the database cannot answer", error)
            return .busy
        case .broken(let cause): return fault(cause)
        case .conflict(let constraint), .refused(let constraint): return fault("constraint \(constraint)")
        }
    }

    func fault(_ cause: String) -> APIError {
        let id = ambient.randomID()
        log.error("fault \(id): \(cause)")
        return .fault(id: id)
    }

    func note(_ what: String, _ error: StorageError) { log.warning("\(what): \(error)") }
}
