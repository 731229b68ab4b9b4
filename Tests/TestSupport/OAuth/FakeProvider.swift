public import HTTP
public import JSON
internal import Storage
internal import Synchronization

/// An OpenID Connect provider. Its paths are `/.well-known/openid-configuration`, `/authorize`, `/token`, `/jwks` and
/// `/userinfo`; records and interference go by them.
public final class FakeProvider: FakeSite {
    struct State {
        var traffic = Traffic()
        var settings: FakeProviderSettings
        var codes = AuthorizationCodes()
        var accessTokens: Set<String> = []
        var refreshTokens: [String: AuthorizationCodes.Grant] = [:]
    }

    public let origins: [String]
    public let basePath: String
    let state: Mutex<State>

    /// Starts one, and stops it when `body` is done.
    /// - Parameter basePath: such as `/realms/main`; the issuer ends in it.
    public static func with<Value: Sendable>(
        basePath: String = "", _ body: (FakeProvider) async throws -> Value
    ) async throws -> Value {
        try await LocalSite.with(ports: 1) { origins in
            try FakeProvider(origins, basePath)
        } _: { provider in
            defer { provider.settings.keys.giveBack() }
            return try await body(provider)
        }
    }

    private init(_ origins: [String], _ basePath: String) throws {
        self.origins = origins
        self.basePath = basePath
        state = Mutex(State(settings: try FakeProviderSettings(issuer: origins[0] + basePath)))
    }

    /// The issuer, unless the metadata say something else.
    public var url: String { origins[0] + basePath }

    public var settings: FakeProviderSettings { state.withLock { $0.settings } }

    /// - Parameter change: runs under the lock; it may not look at the provider's settings or records itself.
    public func configure(_ change: (inout FakeProviderSettings) throws -> Void) rethrows {
        try state.withLock { try change(&$0.settings) }
    }

    public func withTraffic<Value: Sendable>(_ look: (inout Traffic) -> Value) -> Value {
        state.withLock { look(&$0.traffic) }
    }

    /// How often the key set was fetched.
    public var keySetFetches: Int { count("/jwks") }

    /// The claims of a token issued now: the standard ones and over them the settings' own.
    /// - Parameter nonce: as the authorization request had it.
    public func claims(nonce: String? = nil) -> JSONValue {
        let settings = settings
        let seconds = settings.now().microseconds / 1_000_000
        var claims: JSONValue = [
            "iss": settings.metadata["issuer"] ?? .string(url), "aud": .string(settings.clientID),
            "iat": .number(String(seconds)), "exp": .number(String(seconds + settings.idTokenSeconds)),
        ]
        if let nonce { claims = claims.setting("nonce", .string(nonce)) }
        return claims.merging(settings.claims)
    }

    /// A code as the authorization endpoint gives it, without a browser: for one that is injected into another's flow.
    public func issueCode(
        redirectURI: String, challenge: String? = nil, scope: String = "openid profile email", nonce: String? = nil
    ) -> String {
        state.withLock { state in
            state.codes.issue(
                AuthorizationCodes.Grant(
                    clientID: state.settings.clientID, redirectURI: redirectURI, challenge: challenge, scope: scope,
                    nonce: nonce, expiry: state.settings.now().adding(seconds: state.settings.codeSeconds)))
        }
    }

    public func answer(_ asked: Asked) -> Response {
        do {
            switch (asked.method, asked.path) {
            case (.get, "/.well-known/openid-configuration"): return .json(settings.metadata)
            case (.get, "/authorize"): return authorize(asked)
            case (.post, "/token"): return try token(asked)
            case (.get, "/jwks"): return .json(try settings.keys.keySet())
            case (.get, "/userinfo"), (.post, "/userinfo"): return try userinfo(asked)
            default: return .json(["error": "not_found"], .notFound)
            }
        } catch {
            // What a test's own token maker threw.
            return .json(["error": "server_error", "error_description": .string("\(error)")], .internalServerError)
        }
    }
}
