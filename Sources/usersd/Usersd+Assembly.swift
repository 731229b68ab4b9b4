internal import API
internal import HTTP
internal import HTTPEngine
internal import Logging
internal import Loops
internal import Outbound
internal import Storage

/// The parts of a server, put together.
extension Usersd {
    /// Storage and a dispatcher for each loop, and what the database must hold before the first request: the
    /// deployment's id and the price book.
    /// - Returns: the server, and the one that tells its metrics.
    static func start(
        _ config: Config, _ configuration: Configuration, _ database: Database, _ backgrounds: [Background],
        _ mailroom: Mailroom?, _ providers: Providers, _ loops: [EventLoop], _ log: Logger
    ) throws -> (Engine, metrics: Engine) {
        var stores: [any Storage] = []
        for loop in loops { stores.append(try wait(on: loop) { try await database.storage(on: loop) }) }
        let first = stores[0]
        var configuration = configuration
        let seed: Seeding.Outcome
        if database.seedsPrices {
            seed = try wait(on: loops[0]) { await Seeding.seed(first, at: World.now(), log) }
        } else {
            log.notice("the price book is left to Coder, whose database this is")
            seed = .foreign
        }
        let version = configuration.version
        configuration.deploymentID = try wait(on: loops[0]) { try await first.deploymentID(orElse: World.randomID()) }
        let shared = shared(
            config, threadCount: loops.count,
            NoticeMail(mailroom: mailroom, accessURL: configuration.accessURL, log: log), seed.state, providers)
        KeyPurge(
            store: first, loop: loops[0], retention: Int64(config.milliseconds("api-keys-retention") / 1000), log: log
        ).start()
        let meters = config.boolean("prometheus-enable") ? loops.map(RequestMeter.init) : []
        let dispatchers = try loops.indices.map { index in
            try Dispatcher(
                store: stores[index], configuration: configuration, shared: shared, ambient: World.ambient(),
                background: backgrounds[index], meter: meters.isEmpty ? nil : meters[index], log: log)
        }
        let engine = Engine(
            limits: config.limits, loops: loops, handlers: dispatchers.map { Engine.Handler($0.respond) },
            refused: { status, peer in
                log.info("refused", metadata: ["status": "\(status.rawValue)", "client": "\(peer)"])
            })
        let page = MetricsPage(
            zip(loops, zip(meters, stores)).map { MetricsPage.Source(loop: $0, meter: $1.0, store: $1.1) }, shared,
            routes: dispatchers[0].routeNames
        ) { await Metrics.all(engine, seed, mailroom, version: version) }
        return (
            engine, Engine(limits: Metrics.limits, loops: [loops[0]], handlers: [Engine.Handler(waiting: page.respond)])
        )
    }

    /// Reads the discovery document, when a provider is configured that has one.
    static func providers(_ github: GitHubSettings?, _ oidc: OIDCSettings?) async throws -> Providers {
        guard github != nil || oidc != nil else { return Providers() }
        let client = CurlClient()
        var providers = Providers(github: github.map { GitHubProvider(settings: $0, client: client) })
        if let oidc { providers.oidc = try await OIDCProvider.discover(oidc, client: client) }
        return providers
    }

    static func shared(
        _ config: Config, threadCount: Int, _ delivery: NoticeMail, _ prices: PriceBookState,
        _ providers: Providers
    ) -> SharedState {
        let pool = Offload(threadCount: threadCount, queueLimit: 256)
        let ambient = World.ambient()
        return SharedState(
            passwords: PasswordHasher(pool: pool, ambient: ambient),
            sshKeys: SSHKeyMaker(algorithm: config.sshKeyAlgorithm, pool: pool, ambient: ambient), delivery: delivery,
            coveredPrices: Seeding.covered, prices: prices, providers: providers)
    }
}
