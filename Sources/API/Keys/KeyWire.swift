internal import JSON
internal import Storage

/// keys-and-shell.md §0.2, fields in emission order. Secret and hash are never sent.
struct KeyWire: WireValue {
    let key: KeyRecord
    /// The owner's; in lists only.
    var username: String?

    init(_ key: KeyRecord, username: String? = nil) {
        self.key = key
        self.username = username
    }

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("id")
            object.string(key.id)
            object.key("user_id")
            object.id(key.userID)
            object.key("last_used")
            object.time(key.lastUsed)
            object.key("expires_at")
            object.time(key.expiresAt)
            object.key("created_at")
            object.time(key.createdAt)
            object.key("updated_at")
            object.time(key.updatedAt)
            object.key("login_type")
            object.string(key.loginType.rawValue)
            object.key("scope")
            object.string(KeyScope.legacy(key.scopes))
            object.key("scopes")
            object.array(key.scopes) { $0.string($1) }
            object.key("token_name")
            object.string(key.tokenName)
            object.key("lifetime_seconds")
            object.integer(key.lifetime)
            object.key("allow_list")
            object.array(key.allowList) { $0.string($1.lowercased()) }
            if let username {
                object.key("username")
                object.string(username)
            }
        }
    }
}

/// A new key, shown once.
struct NewKeyWire: WireValue {
    let token: String

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("key")
            object.string(token)
        }
    }
}

/// `GET …/keys/tokens/tokenconfig`
struct TokenConfigWire: WireValue {
    /// Nanoseconds.
    let maximumLifetime: Int64

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("max_token_lifetime")
            object.integer(maximumLifetime)
        }
    }
}

/// `GET /auth/scopes`
struct ScopesWire: WireValue {
    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("external")
            object.array(KeyScope.requestable) { $0.string($1) }
        }
    }
}

/// `POST …/keys/tokens` (keys-and-shell.md §2).
struct CreateTokenRequest {
    /// Nanoseconds; 0: the default.
    let lifetime: Int64
    /// As they were asked for.
    let scopes: [String]
    let name: String
    let allowList: [AllowEntry]

    init(_ body: Body) throws(APIError) {
        lifetime = try body.integer("lifetime")
        let scope = try body.string("scope")
        let scopes = try body.strings("scopes")
        self.scopes = scopes.isEmpty ? scope.isEmpty ? [] : [scope] : scopes
        name = try body.string("token_name")
        allowList = try body.values("allow_list") { (value) throws(APIError) in try Self.entry(value) }
    }

    /// A string, or an object with `type` and `id` (decisions.md #2).
    private static func entry(_ value: JSONValue) throws(APIError) -> AllowEntry {
        let text: String
        switch value {
        case .string(let string): text = string
        case .object:
            let object = try Body(value, "allow_list")
            text = "\(try object.string("type")):\(try object.string("id"))"
        default: throw .malformedBody("allow_list: an entry is a string \"type:id\"")
        }
        guard let entry = AllowEntry(requested: text) else {
            throw .malformedBody("allow_list: \"\(text)\" is not \"type:id\" with a known type and a UUID or *")
        }
        return entry
    }
}
