internal import HTTP
internal import Storage

/// The rooms, each with only its store.
struct Rooms: Sendable {
    let site: SiteHandlers
    let users: UserHandlers
    let firstUser: FirstUserHandlers
    let login: LoginHandlers
}

/// The table of routes; reads like the API reference. A path that ends in `/` also matches without it.
enum Routes {
    // swift-format-ignore
    static func table(_ r: Rooms) -> [Route] {[
        Route(.get,    "/healthz",                          .anyone,                          r.site.health,            "Whether the process answers."),
        Route(.get,    "/api/v2/",                          .anyone,   .ok,                   r.site.greet,             "A greeting."),
        Route(.get,    "/api/v2/buildinfo",                 .anyone,   .ok,                   r.site.buildInfo,         "Version and deployment id."),

        Route(.get,    "/api/v2/users/first",               .anyone,   .ok,                   r.firstUser.exists,       "Whether there is a user."),
        Route(.post,   "/api/v2/users/first",               .anyone,   .created,              r.firstUser.create,       "Create the first user, an owner."),
        Route(.post,   "/api/v2/users/login",               .anyone,             limiter: .login, r.login.login,        "Sign in with e-mail and password."),
        Route(.post,   "/api/v2/users/logout",              .signedIn,                        r.login.logout,           "End this session."),
        Route(.get,    "/api/v2/users/authmethods",         .anyone,   .ok,                   r.login.methods,          "The ways to sign in."),
        Route(.post,   "/api/v2/users/validate-password",   .anyone,   .ok,      limiter: .login, r.login.validatePassword, "Judge a password's strength."),

        Route(.get,    "/api/v2/users/",                    .signedIn, .ok,                   r.users.list,             "Search users."),
        Route(.post,   "/api/v2/users/",                    .signedIn, .created,              r.users.create,           "Create a user."),
        Route(.get,    "/api/v2/users/{user}/",             .user,     .ok,                   r.users.get,              "One user."),
        Route(.delete, "/api/v2/users/{user}/",             .user,     .ok,                   r.users.delete,           "Delete a user."),
    ]}

    /// Words below `/users` that never stand for a user, with all that is below them (users.md §1.4).
    static let closed = ["/api/v2/users/roles", "/api/v2/users/oauth2", "/api/v2/users/oidc/callback"]

    /// What a path below `/users/{user}` that no route has asks for before it is called unknown (users.md §1.4).
    static func accessBelowUser(_ path: PathSegments) -> Access {
        func segment(_ index: Int, _ word: StaticString) -> Bool {
            path[index].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        guard path.count >= 4, segment(0, "api"), segment(1, "v2"), segment(2, "users") else { return .anyone }
        if segment(3, "roles") || segment(3, "oauth2") { return .anyone }
        if path.count >= 5, segment(3, "oidc"), segment(4, "callback") { return .anyone }
        guard path.count >= 5 else { return .signedIn }
        let resolves =
            segment(4, "status") || segment(4, "organizations") || segment(4, "password") || segment(4, "keys")
        return resolves ? .user : .signedIn
    }
}
