internal import HTTP

/// Who gets to a handler. Whether the caller may do the thing is the handler's to say: the contract puts that check
/// at a place of its own in each route.
enum Access: Sendable {
    case anyone
    /// The same, and the session counts where there is a good one: a page that looks different then.
    case visitor
    /// Signed in, or sent to the sign-in page: a page for people.
    case person
    case signedIn
    /// Signed in, and `{user}` is a user whom the caller may read.
    case user
    /// The same, and the user is not deleted.
    case liveUser

    /// For the README's table.
    var name: String {
        switch self {
        case .anyone, .visitor: "anyone"
        case .signedIn, .person, .user, .liveUser: "signed in"
        }
    }
}

/// Requests a minute (auth.md §12). The API's own limit counts every request below `/api`.
enum Limiter: Sendable {
    case api
    case login

    /// Of the login group; not configurable.
    static let loginPerMinute = 60
}

/// A row of the table.
struct Route: Sendable {
    let method: Method
    let path: String
    let access: Access
    let limiter: Limiter
    let summary: String
    let handler: Handler

    enum Handler: Sendable {
        /// Waits for nothing.
        case ready(@Sendable (Call) throws(APIError) -> Reply)
        case waiting(@Sendable (Call) async throws(APIError) -> Reply)
    }

    private init(
        _ method: Method, _ path: String, _ access: Access, _ limiter: Limiter, _ handler: Handler, _ summary: String
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.limiter = limiter
        self.handler = handler
        self.summary = summary
    }

    /// A handler that makes a value, which is sent as JSON with `status`.
    init<Value: WireValue>(
        _ method: Method, _ path: String, _ access: Access, _ status: Status, limiter: Limiter = .api,
        _ handler: @escaping @Sendable (Call) async throws(APIError) -> Value, _ summary: String
    ) {
        self.init(
            method, path, access, limiter,
            .waiting { (call) throws(APIError) in Reply(status, try await handler(call)) }, summary)
    }

    /// The same, of one that waits for nothing.
    init<Value: WireValue>(
        _ method: Method, _ path: String, _ access: Access, _ status: Status, limiter: Limiter = .api,
        _ handler: @escaping @Sendable (Call) throws(APIError) -> Value, _ summary: String
    ) {
        self.init(
            method, path, access, limiter, .ready { (call) throws(APIError) in Reply(status, try handler(call)) },
            summary)
    }

    /// A handler that makes the whole reply.
    init(
        _ method: Method, _ path: String, _ access: Access, limiter: Limiter = .api,
        _ handler: @escaping @Sendable (Call) async throws(APIError) -> Reply, _ summary: String
    ) {
        self.init(method, path, access, limiter, .waiting(handler), summary)
    }

    /// The same, of one that waits for nothing.
    init(
        _ method: Method, _ path: String, _ access: Access, limiter: Limiter = .api,
        _ handler: @escaping @Sendable (Call) throws(APIError) -> Reply, _ summary: String
    ) {
        self.init(method, path, access, limiter, .ready(handler), summary)
    }
}
