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
    let prices: PriceBookState
    let providers: Providers
    let refresh: TokenRefresh

    /// - Parameter coveredPrices: the rows of the built-in price book.
    public init(
        passwords: PasswordHasher, sshKeys: SSHKeyMaker, delivery: any NoticeDelivery, coveredPrices: Set<PriceKey>,
        prices: PriceBookState, providers: Providers
    ) {
        self.passwords = passwords
        self.sshKeys = sshKeys
        self.delivery = delivery
        self.coveredPrices = coveredPrices
        self.prices = prices
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
    private let audit: AuditLog
    private let routes: [Route]
    private let table: PathTable
    private let meter: RequestMeter?
    private let requestLog: RequestLog?
    /// What every answer carries (users.md §1.1).
    private let commonFields: FieldBlock
    private let preflightFields: FieldBlock
    /// The cookie of whoever has none yet, which is nearly everybody who is no browser.
    private let csrfCookie: Cookie.Frame

    /// - Parameters:
    ///   - background: of the loop that the requests come on.
    ///   - meter: of the same loop; nil: nobody asks for metrics.
    /// - Throws: `PathTable.Fault` for two rows that say the same.
    public init(
        store: any Storage, configuration: Configuration, shared: SharedState, ambient: Ambient,
        background: Background, meter: RequestMeter? = nil, log: Logger
    ) throws {
        let faults = Faults(log: log, ambient: ambient, meter: meter)
        self.meter = meter
        requestLog = RequestLog(log)
        self.configuration = configuration
        self.ambient = ambient
        self.shared = shared
        self.faults = faults
        gate = Gate(store: store, refresh: shared.refresh, configuration: configuration, faults: faults)
        resolver = UserResolver(store: store, faults: faults)
        audit = AuditLog(store: store, background: background, ambient: ambient, faults: faults)
        routes = Routes.table(
            Rooms(
                store: store, configuration: configuration, shared: shared, ambient: ambient, background: background,
                audit: audit, log: log, faults: faults))
        table = try PathTable(
            routes.enumerated().map { PathTable.Entry($1.method, $1.path, row: $0) }, closed: Routes.closed)
        let version = (HeaderName("X-Coder-Build-Version"), configuration.version)
        commonFields = FieldBlock([
            version, (HeaderName("X-Content-Type-Options"), "nosniff"), (.vary, "Origin"), (.vary, "Cookie"),
        ])
        csrfCookie = Cookie.csrfFrame(configuration)
        preflightFields = FieldBlock([
            version, (.vary, "Origin"), (.vary, "Access-Control-Request-Method"),
            (.vary, "Access-Control-Request-Headers"),
        ])
    }

    // MARK: One request

    /// A request that has been looked at. Not copyable: a copy would retain eight things at every step.
    private struct Arrival: ~Copyable {
        let request: Request
        let path: PathSegments
        let verdict: Gate.Verdict
        let client: PeerAddress
        let now: Timestamp
        let requestID: UUID
        let csrfToken: CSRF.Token

        var isAPI: Bool { path.count > 0 && path.segment(0, is: "api") }
    }

    public func respond(to request: Request) async -> Response {
        guard meter != nil || requestLog != nil else {
            var trace = RequestTrace()
            return await respond(to: request, ambient.randomID(), &trace)
        }
        var trace = RequestTrace()
        let requestID = ambient.randomID()
        let start = ambient.ticks()
        meter?.begin()
        let response = await respond(to: request, requestID, &trace)
        let nanoseconds = ambient.ticks() - start
        meter?.end(route: trace.route, response.status, nanoseconds: nanoseconds)
        requestLog?.note(
            request, requestID, trace, path: trace.route.map { routes[$0].path }, response.status,
            nanoseconds: nanoseconds)
        return response
    }

    private func respond(to request: Request, _ requestID: UUID, _ trace: inout RequestTrace) async -> Response {
        let isPreflight = request.method == .options && !(request.value(.accessControlRequestMethod) ?? []).isEmpty
        let known = CSRF.token(request)
        let token = known ?? CSRF.Token(random: ambient)
        var response = isPreflight ? Response(.ok) : await answer(request, requestID, csrfToken: token, &trace)
        response.add(isPreflight ? preflightFields : commonFields)
        response.add(.requestID) { requestID.write(to: &$0) }
        if !isPreflight, known == nil {
            response.add(.setCookie) { line in
                line.append(contentsOf: csrfCookie.beforeValue)
                token.write(to: &line)
                line.append(contentsOf: csrfCookie.behindValue)
            }
        }
        return response
    }

    private func answer(
        _ request: Request, _ requestID: UUID, csrfToken: CSRF.Token, _ trace: inout RequestTrace
    ) async -> Response {
        guard let path = PathSegments(request.bytes[request.path]) else {
            return refusal(.refused("The path is not well encoded."))
        }
        // Every GET answers HEAD (decisions.md #8); the engine leaves the body out.
        let found = table.find(request.method == .head ? .get : request.method, path)
        if case .match(let index, _) = found { trace.route = index }
        let now = ambient.now()
        let presented = PresentedToken(request, usesHostPrefix: configuration.usesHostPrefixCookie)
        let client = ClientAddress.find(request, configuration)
        let verdict = await gate.verdict(on: presented, from: client, at: now)
        trace.client = client
        if case .signedIn(let caller) = verdict { trace.userID = caller.id }
        var response: Response
        do throws(APIError) {
            try CSRF.check(request, presented, path: path)
            response = await route(
                Arrival(
                    request: request, path: path, verdict: verdict, client: client, now: now,
                    requestID: requestID, csrfToken: csrfToken), found)
        } catch {
            response = refusal(error)
        }
        if presented.hasUnprefixedCookie { response.add(.setCookie, Cookie.clearedUnprefixed.line) }
        return response
    }

    private func route(_ arrival: borrowing Arrival, _ found: PathTable.Found) async -> Response {
        var standing: RateLimiter.Standing?
        var response: Response
        do throws(APIError) {
            standing = try count(arrival, found)
            response = try await answer(arrival, found)
        } catch {
            if case .rateLimited(let limit) = error { standing = standing ?? exhausted(limit, arrival.now) }
            response = refusal(error)
        }
        if arrival.isAPI, let standing {
            response.add(.rateLimitLimit, standing.limit)
            response.add(.rateLimitRemaining, standing.remaining)
            response.add(.rateLimitReset, Int(standing.reset))
        }
        if !arrival.isAPI, !configuration.strictTransport.isEmpty {
            response.add(.strictTransportSecurity, configuration.strictTransport)
        }
        return response
    }

    private func answer(_ arrival: borrowing Arrival, _ found: PathTable.Found) async throws(APIError) -> Response {
        switch found {
        case .match(let index, let parameters):
            let (session, user) = try await admit(arrival, routes[index].access)
            let call = Call(
                request: arrival.request, path: arrival.path, parameters: parameters, client: arrival.client,
                now: arrival.now, requestID: arrival.requestID, csrfToken: arrival.csrfToken, session: session,
                user: user)
            return try await routes[index].handler(call).response
        case .otherMethods(let methods):
            _ = try await admit(arrival, Routes.accessBelowUser(arrival.path))
            throw .wrongMethod(arrival.request.method == .other ? [] : methods)
        case .nothing:
            if arrival.request.method == .other { throw .wrongMethod([]) }
            _ = try await admit(arrival, Routes.accessBelowUser(arrival.path))
            throw .noRoute
        }
    }

    /// - Throws: 401 without a session where one is needed, 404 for a `{user}` that is not there for the caller.
    private func admit(_ arrival: borrowing Arrival, _ access: Access) async throws(APIError) -> (Caller?, UserRecord?)
    {
        switch access {
        case .anyone: return (nil, nil)
        case .visitor: return (gate.visitor(arrival.verdict), nil)
        case .person:
            guard let caller = gate.visitor(arrival.verdict) else {
                throw .signInFirst(redirect: arrival.request.target)
            }
            return (caller, nil)
        case .signedIn:
            let caller = try await caller(arrival)
            guard !caller.isForApplicationsOnly else { throw .forbidden }
            return (caller, nil)
        case .user, .liveUser:
            let caller = try await caller(arrival)
            let user = try await resolver.resolve(arrival.path, Self.userSegment, for: caller)
            if case .liveUser = access, user.isDeleted { throw .notFound }
            return (caller, user)
        }
    }

    /// A dormant user wakes up, which is written down.
    private func caller(_ arrival: borrowing Arrival) async throws(APIError) -> Caller {
        let (caller, wokeUp) = try await gate.caller(arrival.verdict, at: arrival.now)
        if wokeUp {
            let call = Call(
                request: arrival.request, path: arrival.path, parameters: PathParameters(), client: arrival.client,
                now: arrival.now, requestID: arrival.requestID, csrfToken: arrival.csrfToken, session: caller, user: nil
            )
            audit.noteWakeUp(call, caller.user)
        }
        return caller
    }

    /// `{user}` in `/api/v2/users/{user}`.
    private static let userSegment = 3

    private func refusal(_ error: APIError) -> Response { error.response(accessURL: configuration.accessURL) }

    // MARK: Limits

    /// Counts the request against the API's limit, and a sign-in, a page's too, against its own as well
    /// (auth.md §12).
    /// - Throws: `.rateLimited`, `.bypassRefused`.
    private func count(_ arrival: borrowing Arrival, _ found: PathTable.Found) throws(APIError) -> RateLimiter
        .Standing?
    {
        guard !configuration.isRateLimitDisabled else { return nil }
        var subject = RateLimiter.Subject.network(arrival.client.network)
        if case .signedIn(let caller) = arrival.verdict {
            subject = .user(caller.id)
            if asksForBypass(arrival.request) {
                guard caller.isOwner else { throw .bypassRefused }
                return nil
            }
        }
        var index = -1  // all unknown paths count together
        if case .match(let matched, _) = found { index = matched }
        let limit = configuration.rateLimit == 0 ? 512 : configuration.rateLimit
        let outer =
            limit < 0 || !arrival.isAPI
            ? nil : shared.limiter.count(subject, route: index, limit: limit, at: arrival.now)
        if let outer, outer.isOver { throw .rateLimited(perMinute: limit) }
        guard index >= 0, routes[index].limiter == .login else { return outer }
        // The login group's counters stand behind the routes' own.
        let inner = shared.limiter.count(
            subject, route: routes.count + index, limit: Limiter.loginPerMinute, at: arrival.now)
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

    /// Method and path of every row, in order.
    public var routeNames: [(method: String, path: String)] { routes.map { ($0.method.name, $0.path) } }

    /// The README's table of routes.
    public var routeTable: String {
        routes.map { route in
            let path = route.path.hasSuffix("/") && route.path != "/" ? String(route.path.dropLast()) : route.path
            return "| `\(route.method.name)` | `\(path)` | \(route.access.name) | \(route.summary) |\n"
        }.joined()
    }
}
