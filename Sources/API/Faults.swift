internal import HTTP
internal import Logging
internal import Storage

/// The way from a store's error to what a caller is told. Causes go to the log, under an id that the caller gets.
struct Faults: Sendable {
    let log: Logger
    let ambient: Ambient
    /// Counts what the database spoiled; nil: nobody asks.
    let meter: RequestMeter?

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
            meter?.countStorageError(error == .busy ? "busy" : "unavailable")
            note("the database cannot answer", error)
            return .busy
        case .broken(let cause):
            meter?.countStorageError("broken")
            return fault(cause)
        case .conflict(let constraint), .refused(let constraint): return fault("constraint \(constraint)")
        }
    }

    /// Runs a sign-in, and counts how it ended.
    func countingLogin<Value>(
        _ type: LoginType, _ body: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        do throws(APIError) {
            let value = try await body()
            meter?.countLogin(type, .success)
            return value
        } catch {
            meter?.countLogin(type, error.status.rawValue < 500 ? .refused : .error)
            throw error
        }
    }

    func fault(_ cause: String) -> APIError {
        let id = ambient.randomID()
        log.error("fault \(id): \(cause)")
        return .fault(id: id)
    }

    func note(_ what: String, _ error: StorageError) { log.warning("\(what): \(error)") }
}
