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

    public func respond(to request: Request) -> EventualResponse {
        let requestID = ambient.randomID()
        let start = meter != nil || requestLog != nil ? ambient.ticks() : 0
        meter?.begin()
        let known = CSRF.token(request)
        let envelope = Envelope(
            request: request, requestID: requestID, csrfToken: known ?? CSRF.Token(random: ambient),
            hasCSRFCookie: known != nil, start: start)
        if request.method == .options, !(request.value(.accessControlRequestMethod) ?? []).isEmpty {
            return .ready(preflight(envelope))
        }
        guard let path = PathSegments(request.bytes[request.path]) else {
            return .ready(complete(refusal(.refused("The path is not well encoded.")), envelope, RequestTrace()))
        }
        // Every GET answers HEAD (decisions.md #8); the engine leaves the body out.
        let found = table.find(request.method == .head ? .get : request.method, path)
        let now = ambient.now()
        let presented = PresentedToken(request, usesHostPrefix: configuration.usesHostPrefixCookie)
        let client = ClientAddress.find(request, configuration)
        var arrival = Arrival(
            envelope: envelope, path: path, found: found, presented: presented, client: client, now: now,
            verdict: gate.verdictAtOnce(on: presented, from: client, at: now))
        if arrival.verdict != nil, let response = answerAtOnce(&arrival) {
            return .ready(complete(response, arrival))
        }
        return .waiting { [self, arrival] in await answer(arrival) }
    }

    /// nil: somebody must be waited for.
    private func answerAtOnce(_ arrival: inout Arrival) -> Response? {
        do throws(APIError) {
            try letIn(&arrival)
            guard case .match(let index, let parameters) = arrival.found,
                case .ready(let handler) = routes[index].handler,
                let (session, user) = try admitAtOnce(arrival, routes[index].access)
            else { return nil }
            return try handler(arrival.call(parameters, session, user)).response
        } catch {
            return refusal(error, &arrival)
        }
    }

    private func answer(_ arrival: Arrival) async -> Response {
        var arrival = arrival
        if arrival.verdict == nil {
            arrival.verdict = await gate.verdict(on: arrival.presented, from: arrival.client, at: arrival.now)
        }
        let response: Response
        do throws(APIError) {
            if !arrival.isIn { try letIn(&arrival) }
            response = try await reply(to: arrival)
        } catch {
            response = refusal(error, &arrival)
        }
        return complete(response, arrival)
    }

    private func letIn(_ arrival: inout Arrival) throws(APIError) {
        try CSRF.check(arrival.request, arrival.presented, path: arrival.path)
        arrival.isIn = true
        arrival.standing = try count(arrival)
    }

    private func reply(to arrival: Arrival) async throws(APIError) -> Response {
        switch arrival.found {
        case .match(let index, let parameters):
            let (session, user) = try await admit(arrival, routes[index].access)
            let call = arrival.call(parameters, session, user)
            switch routes[index].handler {
            case .ready(let handler): return try handler(call).response
            case .waiting(let handler): return try await handler(call).response
            }
        case .otherMethods(let methods):
            _ = try await admit(arrival, Routes.accessBelowUser(arrival.path))
            throw .wrongMethod(arrival.request.method == .other ? [] : methods)
        case .nothing:
            if arrival.request.method == .other { throw .wrongMethod([]) }
            _ = try await admit(arrival, Routes.accessBelowUser(arrival.path))
            throw .noRoute
        }
    }

    // MARK: Admission

    /// - Returns: nil when somebody must be waited for.
    /// - Throws: 401 without a session where one is needed, 404 for a `{user}` that is not there for the caller.
    private func admitAtOnce(
        _ arrival: Arrival, _ access: Access
    ) throws(APIError) -> (session: Caller?, user: UserRecord?)? {
        guard let verdict = arrival.verdict else { return nil }
        switch access {
        case .anyone: return (nil, nil)
        case .visitor: return (gate.visitor(verdict), nil)
        case .person:
            guard let caller = gate.visitor(verdict) else {
                throw .signInFirst(redirect: arrival.request.target)
            }
            return (caller, nil)
        case .signedIn, .user, .liveUser:
            let caller = try gate.caller(verdict)
            guard caller.user.status == .active else { return nil }
            if case .signedIn = access {
                guard !caller.isForApplicationsOnly else { throw .forbidden }
                return (caller, nil)
            }
            guard let user = try resolver.resolveAtOnce(arrival.path, Self.userSegment, for: caller) else { return nil }
            if case .liveUser = access, user.isDeleted { throw .notFound }
            return (caller, user)
        }
    }

    private func admit(_ arrival: Arrival, _ access: Access) async throws(APIError) -> (Caller?, UserRecord?) {
        if let admitted = try admitAtOnce(arrival, access) { return admitted }
        guard let verdict = arrival.verdict else { throw .notSignedIn(detail: "") }
        var caller = try gate.caller(verdict)
        if caller.user.status == .dormant {
            caller = try await gate.wakeUp(caller, at: arrival.now)
            audit.noteWakeUp(arrival.call(PathParameters(), caller, nil), caller.user)
        }
        if case .signedIn = access {
            guard !caller.isForApplicationsOnly else { throw .forbidden }
            return (caller, nil)
        }
        let user = try await resolver.resolve(arrival.path, Self.userSegment, for: caller)
        if case .liveUser = access, user.isDeleted { throw .notFound }
        return (caller, user)
    }

    // MARK: The answer

    private func refusal(_ error: APIError) -> Response { error.response(accessURL: configuration.accessURL) }

    private func refusal(_ error: APIError, _ arrival: inout Arrival) -> Response {
        if case .rateLimited(let limit) = error, arrival.standing == nil {
            arrival.standing = exhausted(limit, arrival.now)
        }
        return refusal(error)
    }

    private func complete(_ response: consuming Response, _ arrival: Arrival) -> Response {
        if arrival.isIn {
            if arrival.isAPI, let standing = arrival.standing {
                response.add(.rateLimitLimit, standing.limit)
                response.add(.rateLimitRemaining, standing.remaining)
                response.add(.rateLimitReset, Int(standing.reset))
            }
            if !arrival.isAPI, !configuration.strictTransport.isEmpty {
                response.add(.strictTransportSecurity, configuration.strictTransport)
            }
        }
        if arrival.presented.hasUnprefixedCookie { response.add(.setCookie, Cookie.clearedUnprefixed.line) }
        var trace = RequestTrace(client: arrival.client)
        if case .match(let index, _) = arrival.found { trace.route = index }
        if case .signedIn(let caller) = arrival.verdict { trace.userID = caller.id }
        return complete(response, arrival.envelope, trace)
    }

    private func complete(
        _ response: consuming Response, _ envelope: Envelope, _ trace: RequestTrace
    ) -> Response {
        response.add(commonFields)
        response.add(.requestID) { envelope.requestID.write(to: &$0) }
        if !envelope.hasCSRFCookie {
            response.add(.setCookie) { line in
                line.append(contentsOf: csrfCookie.beforeValue)
                envelope.csrfToken.write(to: &line)
                line.append(contentsOf: csrfCookie.behindValue)
            }
        }
        note(envelope, trace, response.status)
        return response
    }

    /// A question before the request (Fetch Standard, "CORS-preflight request"): no other origin may come.
    private func preflight(_ envelope: Envelope) -> Response {
        var response = Response(.ok)
        response.add(preflightFields)
        response.add(.requestID) { envelope.requestID.write(to: &$0) }
        note(envelope, RequestTrace(), response.status)
        return response
    }

    private func note(_ envelope: Envelope, _ trace: RequestTrace, _ status: Status) {
        guard meter != nil || requestLog != nil else { return }
        let nanoseconds = ambient.ticks() - envelope.start
        meter?.end(route: trace.route, status, nanoseconds: nanoseconds)
        requestLog?.note(
            envelope.request, envelope.requestID, trace, path: trace.route.map { routes[$0].path }, status,
            nanoseconds: nanoseconds)
    }

    /// `{user}` in `/api/v2/users/{user}`.
    private static let userSegment = 3

    // MARK: Limits

    /// Counts the request against the API's limit, and a sign-in, a page's too, against its own as well
    /// (auth.md §12).
    /// - Throws: `.rateLimited`, `.bypassRefused`.
    private func count(_ arrival: Arrival) throws(APIError) -> RateLimiter.Standing? {
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
        if case .match(let matched, _) = arrival.found { index = matched }
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
