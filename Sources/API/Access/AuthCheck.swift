internal import JSON
internal import Storage

/// `POST /authcheck`: what the caller may do, answered by the code that guards the routes.
struct AuthCheckHandlers: Sendable {
    @Sendable func check(_ call: Call) throws(APIError) -> AuthCheckAnswer {
        let caller = try call.caller
        var answers: [(name: String, isAllowed: Bool)] = []
        for (name, check) in try call.body().objects("checks") {
            answers.append((name, try Self.isAllowed(check, caller)))
        }
        return AuthCheckAnswer(answers: answers.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    }

    /// Kinds that routes of ours guard (clients.md §4).
    private static let answered: [ResourceKind] = [
        .user, .apiKey, .organization, .organizationMember, .assignRole, .deploymentConfig, .auditLog, .license,
        .aiModelPrice,
    ]

    private static func isAllowed(_ check: Body, _ caller: Caller) throws(APIError) -> Bool {
        let action = try check.string("action")
        var allowed = false
        try check.object("object") { (object) throws(APIError) in
            let kind = try object.string("resource_type")
            let owner = try object.string("owner_id")
            guard let known = answered.first(where: { $0.rawValue == kind }), let verb = Action(rawValue: action) else {
                // What we know nothing of is an owner's to do, and nobody else's.
                allowed = caller.isOwner && caller.isUnrestricted
                return
            }
            allowed = caller.can(
                verb,
                Object(
                    kind: known, id: try id(object, "resource_id"),
                    owner: owner == "me" ? caller.id : try id(object, "owner_id"),
                    organization: try object.bool("any_org")
                        ? caller.user.memberships.first?.organizationID : try id(object, "organization_id")))
        }
        return allowed
    }

    private static func id(_ object: Body, _ name: String) throws(APIError) -> UUID? {
        let text = try object.string(name)
        if text.isEmpty { return nil }
        guard let id = UUID(parsing: text) else { throw .invalid([Validation(name, "Must be a UUID.")]) }
        return id
    }
}

struct AuthCheckAnswer: WireValue {
    let answers: [(name: String, isAllowed: Bool)]

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            for answer in answers {
                object.key(answer.name)
                object.bool(answer.isAllowed)
            }
        }
    }
}
