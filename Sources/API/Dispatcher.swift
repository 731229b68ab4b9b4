public import HTTP
public import Logging
public import Loops
public import Storage

/// What the dispatchers of all loops share.
public final class SharedState: Sendable {
    let limiter = RateLimiter()
    let passwords: PasswordHasher
    let sshKeys: SSHKeyMaker
    let delivery: any NoticeDelivery
    let coveredPrices: Set<PriceKey>
    let providers: Providers
    let refresh: TokenRefresh

    /// - Parameter coveredPrices: the rows of the built-in price book.
    public init(
        passwords: PasswordHasher, sshKeys: SSHKeyMaker, delivery: any NoticeDelivery, coveredPrices: Set<PriceKey>,
        providers: Providers
    ) {
        self.passwords = passwords
        self.sshKeys = sshKeys
        self.delivery = delivery
        self.coveredPrices = coveredPrices
        self.providers = providers
        refresh = TokenRefresh(providers: providers)
    }
}

/// Request → row → gate → handler → reply, on the loop of the request's connection.
public struct Dispatcher: Sendable {
    private let configuration: Configuration
    private let ambient: Ambient
    private let shared: SharedState
    private let faults: Faults
    private let gate: Gate
    private let resolver: UserResolver
    private let routes: [Route]
    private let table: PathTable<Int>
    /// What every answer carries (users.md §1.1).
    private let commonFields: FieldBlock
    private let preflightFields: FieldBlock

    /// - Parameter background: of the loop that the requests come on.
    /// - Throws: `PathTable.Fault` for two rows that say the same.
    public init(
        store: any Storage, configuration: Configuration, shared: SharedState, ambient: Ambient,
        background: Background, log: Logger
    ) throws {
        let faults = Faults(log: log, ambient: ambient)
        let passwords = shared.passwords
        self.configuration = configuration
        self.ambient = ambient
        self.shared = shared
        self.faults = faults
        gate = Gate(store: store, refresh: shared.refresh, configuration: configuration, faults: faults)
        resolver = UserResolver(store: store, faults: faults)
        let notices = NoticeBoard(store: store, background: background, delivery: shared.delivery, faults: faults)
        let organizations = OrganizationHandlers(store: store, faults: faults)
        let login = LoginHandlers(
            store: store, configuration: configuration, passwords: passwords, providers: shared.providers,
            ambient: ambient, faults: faults)
        let conversions = ConvertLoginHandlers(
            store: store, login: login, configuration: configuration, ambient: ambient, faults: faults)
        let oauth = OAuthHandlers(
            providers: shared.providers,
            accounts: ProviderAccounts(
                store: store, conversions: conversions, providers: shared.providers, configuration: configuration,
                sshKeys: shared.sshKeys, ambient: ambient, faults: faults),
            flow: OAuthFlow(configuration: configuration, ambient: ambient), configuration: configuration,
            faults: faults)
        routes = Routes.table(
            Rooms(
                site: SiteHandlers(configuration: configuration), fixed: FixedAnswers(configuration: configuration),
                users: UserHandlers(
                    store: store, configuration: configuration, providers: shared.providers, passwords: passwords,
                    sshKeys: shared.sshKeys, notices: notices, ambient: ambient, faults: faults),
                firstUser: FirstUserHandlers(
                    store: store, passwords: passwords, sshKeys: shared.sshKeys, ambient: ambient, faults: faults),
                login: login,
                profile: ProfileHandlers(store: store, faults: faults),
                roles: RoleHandlers(store: store, faults: faults),
                status: StatusHandlers(store: store, notices: notices, faults: faults),
                settings: SettingsHandlers(store: store, faults: faults), organizations: organizations,
                members: MemberHandlers(store: store, organizations: organizations, users: resolver, faults: faults),
                authCheck: AuthCheckHandlers(),
                keys: KeyHandlers(store: store, configuration: configuration, ambient: ambient, faults: faults),
                sshKeys: SSHKeyHandlers(store: store, keys: shared.sshKeys, faults: faults),
                passwords: PasswordHandlers(
                    store: store, configuration: configuration, passwords: passwords, notices: notices,
                    ambient: ambient, faults: faults),
                prices: PriceHandlers(store: store, covered: shared.coveredPrices, log: log, faults: faults),
                convertLogin: conversions, oauth: oauth))
        table = try PathTable(
            routes.enumerated().map { PathTable<Int>.Entry($1.method, $1.path, $0) }, closed: Routes.closed)
        let version = (HeaderName("X-Coder-Build-Version"), configuration.version)
        commonFields = FieldBlock([
            version, (HeaderName("X-Content-Type-Options"), "nosniff"), (.vary, "Origin"), (.vary, "Cookie"),
        ])
        preflightFields = FieldBlock([
            version, (.vary, "Origin"), (.vary, "Access-Control-Request-Method"),
            (.vary, "Access-Control-Request-Headers"),
        ])
    }

    // MARK: One request

    public func respond(to request: Request) async -> Response {
        let isPreflight = request.method == .options && !(request.value(.accessControlRequestMethod) ?? []).isEmpty
        var response = isPreflight ? Response(.ok) : await answer(request)
        response.reserveFields(384)
        response.add(isPreflight ? preflightFields : commonFields)
        var id: [UInt8] = []
        ambient.randomID().write(to: &id)
        response.add(.requestID, id)
        if !isPreflight, CSRF.token(request) == nil {
            let token = Base64.encode(ambient.randomBytes(CSRF.tokenCount))
            response.add(.setCookie, Cookie.csrf(String(decoding: token, as: UTF8.self), configuration).line)
        }
        return response
    }

    private func answer(_ request: Request) async -> Response {
        guard let path = PathSegments(request.bytes[request.path]) else {
            return refusal(.refused("The path is not well encoded."))
        }
        let now = ambient.now()
        let presented = PresentedToken(request, usesHostPrefix: configuration.usesHostPrefixCookie)
        let client = ClientAddress.find(request, configuration)
        let verdict = await gate.verdict(on: presented, from: client, at: now)
        var response: Response
        do throws(APIError) {
            try CSRF.check(request, presented, path: path)
            response = await route(request, path, verdict, client, now)
        } catch {
            response = refusal(error)
        }
        if presented.hasUnprefixedCookie { response.add(.setCookie, Cookie.clearedUnprefixed.line) }
        return response
    }

    private func route(
        _ request: Request, _ path: PathSegments, _ verdict: Gate.Verdict, _ client: PeerAddress, _ now: Timestamp
    ) async -> Response {
        // Every GET answers HEAD (decisions.md #8); the engine leaves the body out.
        let method = request.method == .head ? .get : request.method
        let found = table.find(method, path)
        var standing: RateLimiter.Standing?
        var response: Response
        do throws(APIError) {
            if path.count > 0, path[0].elementsEqual("api".utf8) {
                standing = try countRequest(request, found, verdict, client, now)
            }
            response = try await answer(found, request, path, verdict, client, now)
        } catch {
            if case .rateLimited(let limit) = error { standing = standing ?? exhausted(limit, now) }
            response = refusal(error)
        }
        if let standing {
            response.add(.rateLimitLimit, "\(standing.limit)")
            response.add(.rateLimitRemaining, "\(standing.remaining)")
            response.add(.rateLimitReset, "\(standing.reset)")
        }
        return response
    }

    private func answer(
        _ found: PathTable<Int>.Found, _ request: Request, _ path: PathSegments, _ verdict: Gate.Verdict,
        _ client: PeerAddress, _ now: Timestamp
    ) async throws(APIError) -> Response {
        switch found {
        case .match(let index, let parameters):
            let route = routes[index]
            let (session, user) = try await admit(route.access, path, verdict, now)
            let call = Call(
                request: request, path: path, parameters: parameters, client: client, now: now, session: session,
                user: user)
            return try await route.handler(call).response
        case .otherMethods(let methods):
            _ = try await admit(Routes.accessBelowUser(path), path, verdict, now)
            throw .wrongMethod(request.method == .other ? [] : methods)
        case .nothing:
            if request.method == .other { throw .wrongMethod([]) }
            _ = try await admit(Routes.accessBelowUser(path), path, verdict, now)
            throw .noRoute
        }
    }

    /// - Throws: 401 without a session where one is needed, 404 for a `{user}` that is not there for the caller.
    private func admit(
        _ access: Access, _ path: PathSegments, _ verdict: Gate.Verdict, _ now: Timestamp
    ) async throws(APIError) -> (Caller?, UserRecord?) {
        switch access {
        case .anyone: return (nil, nil)
        case .signedIn:
            let caller = try await gate.caller(verdict, at: now)
            guard !caller.isForApplicationsOnly else { throw .forbidden }
            return (caller, nil)
        case .user, .liveUser:
            let caller = try await gate.caller(verdict, at: now)
            let user = try await resolver.resolve(path[Self.userSegment], for: caller)
            if case .liveUser = access, user.isDeleted { throw .notFound }
            return (caller, user)
        }
    }

    /// `{user}` in `/api/v2/users/{user}`.
    private static let userSegment = 3

    private func refusal(_ error: APIError) -> Response { error.response(accessURL: configuration.accessURL) }

    // MARK: Limits

    /// Counts the request against the API's limit, and a sign-in against its own as well (auth.md §12).
    /// - Throws: `.rateLimited`, `.bypassRefused`.
    private func countRequest(
        _ request: Request, _ found: PathTable<Int>.Found, _ verdict: Gate.Verdict, _ client: PeerAddress,
        _ now: Timestamp
    ) throws(APIError) -> RateLimiter.Standing? {
        guard !configuration.isRateLimitDisabled else { return nil }
        var subject = RateLimiter.Subject.network(client.network)
        if case .signedIn(let caller) = verdict {
            subject = .user(caller.id)
            if asksForBypass(request) {
                guard caller.isOwner else { throw .bypassRefused }
                return nil
            }
        }
        var index = -1  // all unknown paths count together
        if case .match(let matched, _) = found { index = matched }
        let limit = configuration.rateLimit == 0 ? 512 : configuration.rateLimit
        let outer = limit < 0 ? nil : shared.limiter.count(subject, route: index, limit: limit, at: now)
        if let outer, outer.isOver { throw .rateLimited(perMinute: limit) }
        guard index >= 0, routes[index].limiter == .login else { return outer }
        // The login group's counters stand behind the routes' own.
        let inner = shared.limiter.count(
            subject, route: routes.count + index, limit: Limiter.loginPerMinute, at: now)
        if inner.isOver { throw .rateLimited(perMinute: Limiter.loginPerMinute) }
        return inner
    }

    private func asksForBypass(_ request: Request) -> Bool {
        guard let value = request.text(.bypassRateLimit) else { return false }
        return ["1", "t", "T", "TRUE", "true", "True"].contains(value)
    }

    private func exhausted(_ limit: Int, _ now: Timestamp) -> RateLimiter.Standing {
        RateLimiter.Standing(
            limit: limit, remaining: 0, reset: (now.microseconds / 60_000_000 + 1) * 60, isOver: true)
    }

    /// The README's table of routes.
    public var routeTable: String {
        routes.map { route in
            let path = route.path.hasSuffix("/") && route.path != "/" ? String(route.path.dropLast()) : route.path
            return "| `\(route.method.name)` | `\(path)` | \(route.access.name) | \(route.summary) |\n"
        }.joined()
    }
}
