internal import HTTP
internal import Storage

/// The table of routes; reads like the API reference. A path that ends in `/` also matches without it.
enum Routes {
    // swift-format-ignore
    static func table(_ r: Rooms) -> [Route] {[
        Route(.get,    "/healthz",                                             .anyone,                             r.site.health,               "Whether the process answers."),
        Route(.get,    "/readyz",                                              .anyone,                             r.site.ready,                "Whether the database answers."),
        Route(.get,    "/api/v2/",                                             .anyone,   .ok,                      r.site.greet,                "A greeting."),
        Route(.get,    "/api/v2/buildinfo",                                    .anyone,                             r.site.buildInfo,            "Version and deployment id."),
        Route(.post,   "/api/v2/authcheck",                                    .signedIn, .ok,                      r.authCheck.check,           "What the caller may do."),

        Route(.get,    "/api/v2/users/first",                                  .anyone,   .ok,                      r.firstUser.exists,          "Whether there is a user."),
        Route(.post,   "/api/v2/users/first",                                  .anyone,   .created,                 r.firstUser.create,          "Create the first user, an owner."),
        Route(.post,   "/api/v2/users/login",                                  .anyone,             limiter: .login, r.login.login,              "Sign in with e-mail and password."),
        Route(.post,   "/api/v2/users/logout",                                 .signedIn,                           r.login.logout,              "End this session."),
        Route(.get,    "/api/v2/users/authmethods",                            .anyone,   .ok,                      r.login.methods,             "The ways to sign in."),
        Route(.post,   "/api/v2/users/validate-password",                      .anyone,   .ok,      limiter: .login, r.login.validatePassword,   "Judge a password's strength."),

        Route(.get,    "/api/v2/users/oauth2/github/callback",                 .anyone,             limiter: .login, r.oauth.github,             "Sign in with GitHub: begins a flow, and ends it."),
        Route(.get,    "/api/v2/users/oauth2/github/device",                   .anyone,   .ok,      limiter: .login, r.oauth.device,             "A code for a sign-in with GitHub from another device."),
        Route(.get,    "/api/v2/users/oidc/callback",                          .anyone,             limiter: .login, r.oauth.oidc,               "Sign in with OpenID Connect: begins a flow, and ends it."),
        Route(.get,    "/api/v2/users/oidc-claims",                            .signedIn,                           r.login.claims,              "The claims of the caller's provider."),
        Route(.get,    "/api/v2/users/",                                       .signedIn,                           r.users.list,                "Search users."),
        Route(.post,   "/api/v2/users/",                                       .signedIn, .created,                 r.users.create,              "Create a user."),
        Route(.get,    "/api/v2/users/roles/",                                 .signedIn, .ok,                      r.roles.assignable,          "The site roles."),
        Route(.get,    "/api/v2/users/{user}/",                                .user,                               r.users.get,                 "One user."),
        Route(.delete, "/api/v2/users/{user}/",                                .liveUser, .ok,                      r.users.delete,              "Delete a user."),
        Route(.put,    "/api/v2/users/{user}/profile",                         .liveUser, .ok,                      r.profile.update,            "Set username and display name."),
        Route(.get,    "/api/v2/users/{user}/login-type",                      .user,     .ok,                      r.profile.loginType,         "How the caller signs in."),
        Route(.get,    "/api/v2/users/{user}/roles",                           .user,     .ok,                      r.roles.get,                 "The roles of a user."),
        Route(.put,    "/api/v2/users/{user}/roles",                           .liveUser, .ok,                      r.roles.replace,             "Replace the site roles of a user."),
        Route(.put,    "/api/v2/users/{user}/status/suspend",                  .liveUser, .ok,                      r.status.suspend,            "Lock a user out."),
        Route(.put,    "/api/v2/users/{user}/status/activate",                 .liveUser, .ok,                      r.status.activate,           "Let a user in."),
        Route(.get,    "/api/v2/users/{user}/appearance",                      .user,     .ok,                      r.settings.appearance,       "Theme and terminal font."),
        Route(.put,    "/api/v2/users/{user}/appearance",                      .liveUser, .ok,                      r.settings.setAppearance,    "Set theme and terminal font."),
        Route(.get,    "/api/v2/users/{user}/preferences",                     .user,     .ok,                      r.settings.preferences,      "Preferences."),
        Route(.put,    "/api/v2/users/{user}/preferences",                     .liveUser, .ok,                      r.settings.setPreferences,   "Set some preferences."),
        Route(.get,    "/api/v2/users/{user}/autofill-parameters",             .user,     .ok,                      r.settings.autofill,         "What the user entered for a template before."),
        Route(.get,    "/api/v2/users/{user}/organizations/",                  .user,     .ok,                      r.organizations.ofUser,      "The organizations of a user."),
        Route(.get,    "/api/v2/users/{user}/organizations/{organizationname}", .user,    .ok,                      r.organizations.named,       "An organization by name."),

        Route(.put,    "/api/v2/users/{user}/password/",                       .liveUser,           limiter: .login, r.passwords.change,         "Change a password; ends the user's sessions."),
        Route(.post,   "/api/v2/users/{user}/convert-login",                   .liveUser,                           r.convertLogin.begin,        "Begin to sign in with a provider instead of a password."),
        Route(.post,   "/api/v2/users/otp/request",                            .anyone,             limiter: .login, r.passwords.requestPasscode, "Send a one-time passcode."),
        Route(.post,   "/api/v2/users/otp/change-password",                    .anyone,             limiter: .login, r.passwords.changeWithPasscode, "Set a password with a passcode."),

        Route(.post,   "/api/v2/users/{user}/keys/",                           .liveUser, .created,                 r.keys.createSession,        "Make a session key."),
        Route(.get,    "/api/v2/users/{user}/keys/tokens/",                    .user,     .ok,                      r.keys.tokens,               "API tokens."),
        Route(.post,   "/api/v2/users/{user}/keys/tokens/",                    .liveUser, .created,                 r.keys.createToken,          "Make an API token."),
        Route(.get,    "/api/v2/users/{user}/keys/tokens/tokenconfig",         .user,     .ok,                      r.keys.tokenConfig,          "How long a token may live."),
        Route(.get,    "/api/v2/users/{user}/keys/tokens/{keyname}/",          .user,     .ok,                      r.keys.named,                "A token by name."),
        Route(.get,    "/api/v2/users/{user}/keys/{keyid}/",                   .user,     .ok,                      r.keys.get,                  "A key by id."),
        Route(.delete, "/api/v2/users/{user}/keys/{keyid}/",                   .user,                               r.keys.delete,               "Delete a key."),
        Route(.put,    "/api/v2/users/{user}/keys/{keyid}/expire",             .user,                               r.keys.expire,               "End a key now."),
        Route(.get,    "/api/v2/users/{user}/gitsshkey",                       .user,     .ok,                      r.sshKeys.get,               "The public SSH key."),
        Route(.put,    "/api/v2/users/{user}/gitsshkey",                       .liveUser, .ok,                      r.sshKeys.regenerate,        "Make a new SSH key pair."),
        Route(.get,    "/api/v2/auth/scopes",                                  .anyone,   .ok,                      r.keys.scopes,               "The scopes a token may ask for."),

        Route(.get,    "/api/v2/organizations/",                               .signedIn, .ok,                      r.organizations.list,        "Organizations."),
        Route(.get,    "/api/v2/organizations/{organization}/",                .signedIn, .ok,                      r.organizations.get,         "One organization, by id or name."),
        Route(.get,    "/api/v2/organizations/{organization}/members/",        .signedIn, .ok,                      r.members.list,              "Members."),
        Route(.get,    "/api/v2/organizations/{organization}/paginated-members", .signedIn, .ok,                    r.members.paginated,         "Members, by pages."),
        Route(.get,    "/api/v2/organizations/{organization}/members/roles",   .signedIn, .ok,                      r.members.assignableRoles,   "The roles of an organization."),
        Route(.post,   "/api/v2/organizations/{organization}/members/{user}/", .signedIn, .ok,                      r.members.add,               "Add a member."),
        Route(.delete, "/api/v2/organizations/{organization}/members/{user}/", .signedIn,                           r.members.remove,            "Remove a member."),
        Route(.put,    "/api/v2/organizations/{organization}/members/{user}/roles", .signedIn, .ok,                 r.members.setRoles,          "Replace the roles of a member."),

        Route(.get,    "/api/experimental/ai/model-prices",                    .signedIn, .ok,                      r.prices.list,               "Model prices, micro-USD per million tokens."),
        Route(.post,   "/api/experimental/ai/model-prices",                    .signedIn,                           r.prices.set,                "Set model prices."),
        Route(.put,    "/api/experimental/ai/model-prices",                    .signedIn,                           r.prices.set,                "Set model prices."),

        Route(.get,    "/api/v2/appearance/",                                  .anyone,                             r.fixed.appearance,          "No branding."),
        Route(.get,    "/api/v2/entitlements",                                 .signedIn,                           r.fixed.entitlements,        "No licence."),
        Route(.get,    "/api/v2/experiments/",                                 .signedIn,                           r.fixed.experiments,         "No experiments."),
        Route(.get,    "/api/v2/experiments/available",                        .signedIn,                           r.fixed.availableExperiments, "No experiments to choose from."),
        Route(.get,    "/api/v2/regions",                                      .signedIn,                           r.fixed.regions,             "No regions."),
        Route(.get,    "/api/v2/deployment/ssh",                               .signedIn,                           r.fixed.deploymentSSH,       "No workspaces to reach."),
        Route(.get,    "/api/v2/updatecheck",                                  .anyone,   .ok,                      r.fixed.updateCheck,         "This version is the newest it knows."),
        Route(.get,    "/",                                                    .person,                             r.sessionPages.home,         "Page: who is signed in."),
        Route(.get,    "/login",                                               .visitor,                            r.signInPages.login,         "Page: sign-in."),
        Route(.post,   "/login",                                               .anyone,             limiter: .login, r.signInPages.signIn,        "The form of it."),
        Route(.post,   "/logout",                                              .person,                             r.sessionPages.signOut,      "The form to sign out."),
        Route(.get,    "/login/device",                                        .anyone,             limiter: .login, r.devicePages.show,          "Page: the code to enter at GitHub."),
        Route(.post,   "/login/device",                                        .anyone,             limiter: .login, r.devicePages.enter,         "The form of it."),
        Route(.get,    "/cli-auth",                                            .person,                             r.sessionPages.commandLine,  "Page: a session token for the command line."),
        Route(.post,   "/cli-auth",                                            .person,                             r.sessionPages.newToken,     "The form of it."),
        Route(.get,    "/reset-password",                                      .anyone,                             r.signInPages.forgotten,     "Page: a forgotten password."),
        Route(.post,   "/reset-password",                                      .anyone,             limiter: .login, r.signInPages.sendPasscode,  "The form of it."),
        Route(.get,    "/reset-password/change",                               .anyone,                             r.signInPages.change,        "Page: a new password, with a passcode."),
        Route(.post,   "/reset-password/change",                               .anyone,             limiter: .login, r.signInPages.setPassword,   "The form of it."),
        Route(.get,    "/.well-known/oauth-authorization-server",              .anyone,                             r.fixed.authorizationServer, "404: no OAuth 2 server."),
    ]}

    /// Words below `/users` that never stand for a user, with all that is below them (users.md §1.4).
    static let closed = [
        "/api/v2/users/roles", "/api/v2/users/oauth2", "/api/v2/users/oidc/callback",
        "/api/v2/users/{user}/keys/tokens",
    ]

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
