public import HTTP
internal import JSON
public import Storage
internal import Synchronization

/// GitHub: its OAuth pages and the API that signing in needs, as github.com or as a GitHub Enterprise Server.
/// Records and interference go by path: `/login/oauth/authorize`, `/login/oauth/access_token`, `/login/device/code`
/// and what `api` gives for the API's.
public final class FakeGitHub: FakeSite {
    public enum Shape: Sendable, CaseIterable {
        /// The API is a site of its own.
        case dotCom
        /// The API lies below `/api/v3`.
        case enterprise
    }

    struct State {
        var traffic = Traffic()
        var settings = FakeGitHubSettings()
        var codes = AuthorizationCodes()
        var devices: [String: Device] = [:]
        /// Access tokens: scopes and, if they end, when.
        var accessTokens: [String: AccessToken] = [:]
        var refreshTokens: [String: RefreshToken] = [:]
    }

    public let shape: Shape
    public let origins: [String]
    let state = Mutex(State())

    /// Starts one, and stops it when `body` is done.
    public static func with<Value: Sendable>(
        _ shape: Shape = .enterprise, _ body: (FakeGitHub) async throws -> Value
    ) async throws -> Value {
        try await LocalSite.with(ports: shape == .dotCom ? 2 : 1, { FakeGitHub($0, shape) }, body)
    }

    private init(_ origins: [String], _ shape: Shape) {
        self.origins = origins
        self.shape = shape
    }

    /// Of the pages; an Enterprise Server's base URL.
    public var url: String { origins[0] }

    /// What an API path such as `/user` is appended to.
    public var apiURL: String { shape == .dotCom ? origins[1] : url + "/api/v3" }

    /// The path under which a request for an API path such as `/user` is recorded.
    public func api(_ path: String) -> String { shape == .dotCom ? path : "/api/v3" + path }

    public var settings: FakeGitHubSettings { state.withLock { $0.settings } }

    /// - Parameter change: runs under the lock; it may not look at the site's settings or records itself.
    public func configure(_ change: (inout FakeGitHubSettings) throws -> Void) rethrows {
        try state.withLock { try change(&$0.settings) }
    }

    public func withTraffic<Value: Sendable>(_ look: (inout Traffic) -> Value) -> Value {
        state.withLock { look(&$0.traffic) }
    }

    public func answer(_ asked: Asked) -> Response {
        switch shape {
        case .dotCom where asked.origin == origins[1]: return api(asked, path: asked.path)
        case .enterprise where asked.path.hasPrefix("/api/v3/"):
            return api(asked, path: String(asked.path.dropFirst("/api/v3".count)))
        case .dotCom, .enterprise: break
        }
        switch (asked.method, asked.path) {
        case (.get, "/login/oauth/authorize"): return authorize(asked)
        case (.post, "/login/oauth/access_token"): return form(accessToken(asked), asked)
        case (.post, "/login/device/code"): return form(deviceCode(asked), asked)
        default: return .json(["message": "Not Found"], .notFound)
        }
    }
}

/// What a test may change about GitHub. A change counts from the next request on.
public struct FakeGitHubSettings: Sendable {
    public var clientID = "github-client"
    public var clientSecret = "github-secret"
    /// The registered callback: a redirect must be to it or below it; nil lets all pass.
    public var callback: String?
    public var account = FakeGitHubAccount()
    /// Sent back in place of a code.
    public var authorizeError: OAuthError?
    public var isDeviceFlowEnabled = true
    /// What the polls of a device get, in order; the last one stays.
    public var deviceSteps: [DeviceStep] = [.granted]
    public var deviceSeconds: Int64 = 900
    public var codeSeconds: Int64 = 600
    /// How long access tokens live; nil: for ever and without a refresh token, as those of an OAuth App.
    public var accessTokenSeconds: Int64?
    public var refreshTokenSeconds: Int64 = 15_897_600
    /// The list of memberships shows every state, whatever was asked for.
    public var ignoresStateFilter = false
    /// The clock of tokens and codes: a `TestClock` at its beginning, until a test gives its server's
    /// or `WallClock.now`.
    public var now: @Sendable () -> Timestamp

    public enum DeviceStep: Sendable {
        case pending, slowDown, granted, expired, denied
    }

    init() {
        let clock = TestClock()
        now = { clock.now }
    }
}
