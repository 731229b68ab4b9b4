public import HTTP
public import JSON
public import Storage

/// What a test may change about a provider. A change counts from the next request on.
public struct FakeProviderSettings: Sendable {
    /// How a client proves at the token endpoint who it is.
    public enum ClientProof: Sendable {
        case secret(String)
        /// The client id alone (RFC 6749 §2.1).
        case publicClient
        /// A signed assertion (RFC 7523): demanded, not verified; it stands in the record of `/token`.
        case assertion
    }

    public enum SecretPlace: Sendable {
        /// `client_secret_basic` and `client_secret_post` of OpenID Connect Core §9.
        case basic, post
    }

    public enum RefreshConduct: Sendable {
        /// A new access token; the refresh token stays good and is not repeated.
        case keep
        /// A new refresh token too; the old one is dead.
        case rotate
        /// `invalid_grant`.
        case refuse
    }

    /// Claims to the text of a token; nil: no token.
    public typealias TokenMaker = @Sendable (_ claims: JSONValue, _ keys: FakeProviderKeys) throws -> String?

    public enum Userinfo: Sendable {
        /// The settings' claims.
        case claims
        case json(JSONValue)
        /// `application/jwt`: the maker gets the settings' claims with `iss` and `aud`.
        case token(TokenMaker)
        case status(Status)
    }

    /// The discovery document.
    public var metadata: JSONValue
    public var keys: FakeProviderKeys
    public var clientID = "oidc-client"
    public var client = ClientProof.secret("oidc-secret")
    public var secretPlaces: Set<SecretPlace> = [.basic, .post]
    /// Set over `iss`, `aud`, `iat` and `exp` in every token.
    public var claims: JSONValue = [
        "sub": "subject-1", "email": "ana@provider.test", "email_verified": true, "preferred_username": "ana",
        "name": "Ana Sample",
    ]
    public var userinfo = Userinfo.claims
    public var idToken: TokenMaker = { try JWTForge.sign($0, with: $1.rsa) }
    /// Nil: something opaque. A maker gets the claims of the id token.
    public var accessToken: TokenMaker?
    public var issuesRefreshToken = true
    public var refresh = RefreshConduct.keep
    /// Sent back in place of a code.
    public var authorizeError: OAuthError?
    /// The `iss` beside a code (RFC 9207); nil leaves it out.
    public var callbackIssuer: String?
    public var codeSeconds: Int64 = 60
    public var idTokenSeconds: Int64 = 600
    /// `expires_in` of an access token; nil leaves it out.
    public var accessTokenSeconds: Int64? = 3600
    /// The clock of tokens and codes: a `TestClock` at its beginning, until a test gives its server's
    /// or `WallClock.now`.
    public var now: @Sendable () -> Timestamp

    init(issuer: String) throws {
        let clock = TestClock()
        now = { clock.now }
        keys = try FakeProviderKeys()
        metadata = [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"), "jwks_uri": .string(issuer + "/jwks"),
            "userinfo_endpoint": .string(issuer + "/userinfo"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        ]
    }
}
