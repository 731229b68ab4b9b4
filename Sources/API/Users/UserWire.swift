internal import JSON
internal import Storage

/// Coder's User (users.md §3.1), fields in emission order.
struct UserWire: WireValue {
    let user: UserRecord

    init(_ user: UserRecord) { self.user = user }

    func write(to writer: inout JSONWriter) {
        write(
            to: &writer,
            roles: { roles in
                roles.array(user.roles) { writer, role in writer.slimRole(role, Role.displayName(of: role)) }
            })
    }

    /// - Parameters:
    ///   - roles: writes the value of `roles`.
    ///   - more: writes members behind it.
    func write(
        to writer: inout JSONWriter, roles: (inout JSONWriter) -> Void, more: (inout JSONWriter) -> Void = { _ in }
    ) {
        writer.object { object in
            object.key("id")
            object.id(user.id)
            object.key("username")
            object.string(user.username)
            if !user.name.isEmpty {
                object.key("name")
                object.string(user.name)
            }
            if !user.avatarURL.isEmpty {
                object.key("avatar_url")
                object.string(user.avatarURL)
            }
            object.key("email")
            object.string(user.email)
            object.key("created_at")
            object.time(user.createdAt)
            object.key("updated_at")
            object.time(user.updatedAt)
            object.key("last_seen_at")
            object.time(user.lastSeenAt)
            object.key("status")
            object.string(user.status.rawValue)
            object.key("login_type")
            object.string(user.loginType.rawValue)
            if user.isServiceAccount {
                object.key("is_service_account")
                object.bool(true)
            }
            object.key("organization_ids")
            object.array(user.memberships) { $0.id($1.organizationID) }
            object.key("roles")
            roles(&object)
            more(&object)
            object.key("has_ai_seat")
            object.bool(user.hasAISeat)
        }
    }
}

/// `GET /users` (users.md §3.4).
struct UserPageWire: WireValue {
    let page: UserPage

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("users")
            object.array(page.users) { writer, user in UserWire(user).write(to: &writer) }
            object.key("count")
            object.integer(Int64(page.count))
        }
    }
}

/// `POST /users` (users.md §4.3).
struct CreateUserRequest {
    let email: String
    let username: String
    let name: String
    let password: String
    let loginType: String
    let userStatus: String
    /// With the legacy `organization_id` behind the others.
    let organizationIDs: [UUID]
    let isServiceAccount: Bool
    let roles: [String]

    /// - Throws: `.malformedBody`, or `.invalid` when a field breaks its rule.
    init(_ body: Body) throws(APIError) {
        email = try body.string("email")
        username = try body.string("username")
        name = try body.string("name")
        password = try body.string("password")
        loginType = try body.string("login_type")
        userStatus = try body.string("user_status")
        var organizationIDs = try body.ids("organization_ids")
        if let legacy = try body.optionalID("organization_id") { organizationIDs.append(legacy) }
        self.organizationIDs = organizationIDs
        isServiceAccount = try body.bool("service_account")
        roles = try body.strings("roles")
        try UserRules.check([
            ("email", email, emailTag), ("username", username, UserRules.username(username)),
            ("name", name, UserRules.name(name)),
        ])
    }

    private var emailTag: String? {
        if email.isEmpty { return isServiceAccount ? nil : "required_unless" }
        return UserRules.email(email)
    }
}

/// `POST /users/first` (auth.md §2). Trial and onboarding data are checked for their kinds and have no effect.
struct CreateFirstUserRequest {
    let email: String
    let username: String
    let name: String
    let password: String

    init(_ body: Body) throws(APIError) {
        email = try body.string("email")
        username = try body.string("username")
        name = try body.string("name")
        password = try body.string("password")
        _ = try body.bool("trial")
        try body.object("trial_info") { (info) throws(APIError) in
            for name in [
                "first_name", "last_name", "phone_number", "job_title", "company_name", "country", "developers",
            ] {
                _ = try info.string(name)
            }
        }
        try body.object("onboarding_info") { (info) throws(APIError) in
            _ = try info.bool("newsletter_marketing")
            _ = try info.bool("newsletter_releases")
        }
        try UserRules.check([
            ("email", email, UserRules.email(email)), ("username", username, UserRules.username(username)),
            ("name", name, UserRules.name(name)), ("password", password, UserRules.required(password)),
        ])
    }
}

struct CreateFirstUserResponse: WireValue {
    let userID: UUID
    let organizationID: UUID

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("user_id")
            object.id(userID)
            object.key("organization_id")
            object.id(organizationID)
        }
    }
}
