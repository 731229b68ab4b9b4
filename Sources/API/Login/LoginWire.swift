internal import JSON

/// `POST /users/login` (auth.md §3).
struct LoginRequest {
    let email: String
    let password: String

    init(_ body: Body) throws(APIError) {
        try self.init(email: try body.string("email"), password: try body.string("password"))
    }

    init(email: String, password: String) throws(APIError) {
        self.email = email
        self.password = password
        try UserRules.check([
            ("email", email, UserRules.email(email)), ("password", password, UserRules.required(password)),
        ])
    }
}

struct LoginResponse: WireValue {
    /// `<id>-<secret>`, as in the cookie.
    let sessionToken: String

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("session_token")
            object.string(sessionToken)
        }
    }
}

/// `POST /users/validate-password`
struct PasswordVerdict: WireValue {
    /// Empty when the password is good.
    let details: String

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("valid")
            object.bool(details.isEmpty)
            object.key("details")
            object.string(details)
        }
    }
}

/// `GET /users/authmethods` (auth.md §6). There is no default provider for GitHub (decisions.md #19).
struct AuthMethods: WireValue {
    let termsOfServiceURL: String
    let isPasswordEnabled: Bool
    let providers: Providers

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            if !termsOfServiceURL.isEmpty {
                object.key("terms_of_service_url")
                object.string(termsOfServiceURL)
            }
            object.key("password")
            object.object { password in
                password.key("enabled")
                password.bool(isPasswordEnabled)
            }
            object.key("github")
            object.object { github in
                github.key("enabled")
                github.bool(providers.github != nil)
                github.key("default_provider_configured")
                github.bool(false)
            }
            object.key("oidc")
            object.object { oidc in
                oidc.key("enabled")
                oidc.bool(providers.oidc != nil)
                oidc.key("signInText")
                oidc.string(providers.oidc?.settings.signInText ?? "")
                oidc.key("iconUrl")
                oidc.string(providers.oidc?.settings.iconURL ?? "")
            }
        }
    }
}

/// `GET /users/oidc-claims`
struct ClaimsWire: WireValue {
    /// A JSON object, as it is stored.
    let claims: [UInt8]

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("claims")
            object.json(claims)
        }
    }
}
