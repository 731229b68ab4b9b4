internal import API
internal import CLinux
internal import Glibc
internal import HTTPEngine
internal import Logging
internal import Loops
internal import Outbound
internal import Storage
internal import StorageSQLite

@main
struct Usersd {
    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        let variables = environment()
        Secrets.hide()
        let command = arguments.first.map { $0.hasPrefix("-") ? "serve" : arguments.removeFirst() } ?? "serve"
        if arguments.contains("--help") || command == "help" {
            print("\(usage)\n\nOptions of serve and config:\n\n\(Config.help)", terminator: "")
            return
        }
        do throws(Config.Fault) {
            if command == "prices" { return try prices(&arguments, variables) }
            if command == "backup" { return try backup(&arguments, variables) }
            let config = try Config.load(Array(arguments), variables)
            switch command {
            case "serve": try serve(config)
            case "config": print(config.listing, terminator: "")
            case "options": print(Config.table, terminator: "")
            case "routes": print(try routeTable(), terminator: "")
            case "version": print(Configuration().version)
            default: throw Config.Fault("unknown command \"\(command)\"\n\(usage)")
            }
        } catch {
            end(2, error.description)
        }
    }

    private static let usage = """
        usage: usersd [serve] [--option value ...]   serve the API
               usersd config [--option value ...]    print the settings that serve would use
               usersd prices list|get|set|seed       the price table
               usersd backup FILE [--option value]   copy the SQLite database, which may be in use
               usersd options | routes               print the README's tables
               usersd version
        """

    private static func prices(
        _ arguments: inout ArraySlice<String>, _ variables: [String: String]
    ) throws(Config.Fault) {
        let (request, json) = try PricesCommand.parse(&arguments)
        let config = try Config.load(Array(arguments), variables)
        do {
            let database = try Database.open(config)
            let loop = try startLoops(1)[0]
            let text = try wait(on: loop) {
                try await PricesCommand.run(request, json: json, try await database.storage(on: loop))
            }
            print(text, terminator: "")
            database.close()
        } catch StorageError.notFound {
            end(1, "no such price")
        } catch StorageError.broken(let cause) {
            end(1, cause)
        } catch {
            end(1, "\(error)")
        }
        exit(0)
    }

    private static func backup(
        _ arguments: inout ArraySlice<String>, _ variables: [String: String]
    ) throws(Config.Fault) {
        guard let file = arguments.first, !file.hasPrefix("--") else {
            throw Config.Fault("usage: usersd backup FILE [--sqlite-path PATH]")
        }
        let config = try Config.load(Array(arguments.dropFirst()), variables)
        guard config.text("postgres-url").isEmpty else {
            throw Config.Fault("backup is for SQLite; for Postgres there is pg_dump --schema=usersd")
        }
        do throws(StorageError) {
            let path = try Database.sqlitePath(config)
            try SQLiteBackup.make(of: path, at: file)
            print("\(path) is copied to \(file), and checked")
        } catch {
            if case .broken(let cause) = error { end(1, cause) }
            end(1, "\(error)")
        }
    }

    /// Any step may refuse, and nothing has been accepted yet.
    private static func serve(_ config: Config) throws(Config.Fault) {
        Signals.block()
        let format = LogFormat(rawValue: config.text("log-format")) ?? .text
        LoggingSystem.bootstrap { _ in LineLogHandler(format: format, sink: .standardError) }
        var log = Logger(label: "usersd")
        log.logLevel = Logger.Level(rawValue: config.text("log-level")) ?? .notice
        let wanted = try config.address()
        let metricsAddress = try config.metricsAddress()
        let (github, oidc) = (try config.github(), try config.oidc())
        raiseDescriptorLimit()
        _ = try config.api(listening: wanted)  // a wrong option ends with 2, before anything is opened
        do {
            // First, because the access URL may name the port that the kernel chooses.
            let reservation = try wanted.reserve()
            let address = reservation.address
            let configuration = try config.api(listening: address)
            let database = try Database.open(config)
            log.notice("opened \(database.description)")
            let loops = try startLoops(config.integer("loops"))
            let mailroom = config.mailroom(log)
            if mailroom != nil || github != nil || oidc != nil, let fault = Curl.fault {
                end(1, "mail, webhooks and sign-in providers need libcurl: \(fault)")
            }
            let providers = try wait(on: loops[0]) { try await Self.providers(github, oidc) }
            let backgrounds = loops.map { Background($0) }
            let (engine, metrics) = try start(
                config, configuration, database, backgrounds, mailroom, providers, loops, log)
            if let metricsAddress {
                let bound = try wait(on: loops[0]) { try await metrics.listen(on: metricsAddress) }
                log.notice("metrics are at http://\(bound)/metrics")
            }
            try wait(on: loops[0]) { try await engine.listen(on: reservation) }
            log.notice("listening on http://\(address)")
            Footprint.shrink()
            Signals.waitForFirst()
            log.notice("stopping")
            if !(try wait(on: loops[0]) { await engine.drain() }) {
                log.warning("some requests did not finish in time")
            }
            try wait(on: loops[0]) { for background in backgrounds { await background.settle() } }
            mailroom?.stop(within: mailSeconds)
            database.close()
        } catch let error as SystemError where error.isAddressInUse {
            let addresses = metricsAddress.map { "\(wanted) or \($0)" } ?? "\(wanted)"
            let options = metricsAddress == nil ? "--http-address" : "--http-address or --prometheus-address"
            end(1, "\(addresses) is in use by another process: choose another with \(options)")
        } catch StorageError.broken(let cause) {
            end(1, "cannot open the database: \(cause)")
        } catch {
            end(1, "cannot start: \(error)")
        }
        LogSink.standardError.close()
        exit(0)
    }

    /// How long letters that wait when the server stops may take, seconds.
    private static let mailSeconds = 5

    /// Holds the main thread, which has nothing else to do, until `body` has run on the loop.
    static func wait<Value: Sendable>(
        on loop: EventLoop, _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let answer = BlockingQueue<Result<Value, any Error>>(limit: 1)
        Task(executorPreference: loop) {
            do { _ = answer.add(.success(try await body())) } catch { _ = answer.add(.failure(error)) }
        }
        return try answer.take(atMost: 1)[0].get()
    }

    /// The table of routes, which an empty database in memory is enough for.
    private static func routeTable() throws(Config.Fault) -> String {
        do {
            let database = Database.sqlite(try SQLiteDatabase(path: ":memory:"), path: ":memory:")
            let loop = try startLoops(1)[0]
            let store = try wait(on: loop) { try await database.storage(on: loop) }
            let log = Logger(label: "usersd")
            let delivery = NoticeMail(mailroom: nil, accessURL: "", log: log)
            return try Dispatcher(
                store: store, configuration: Configuration(),
                shared: shared(try Config.load([], [:]), threadCount: 1, delivery, .foreign, Providers()),
                ambient: World.ambient(),
                background: Background(loop), log: log
            ).routeTable
        } catch {
            throw Config.Fault("cannot make the table of routes: \(error)")
        }
    }

    static func startLoops(_ count: Int) throws(SystemError) -> [EventLoop] {
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var loops: [EventLoop] = []
        for index in 0..<(count == 0 ? max(1, cores) : count) { loops.append(try EventLoop(index: index)) }
        for loop in loops { loop.start() }
        return loops
    }

    /// Connections are descriptors; the usual soft limit of 1024 is for programs that use select().
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for option in Options.all {
            if let value = getenv(option.environment) { variables[option.environment] = String(cString: value) }
        }
        return variables
    }

    private static func end(_ status: Int32, _ message: String) -> Never {
        LogSink.standardError.add(Array("usersd: \(message)\n".utf8))
        LogSink.standardError.close()
        exit(status)
    }
}
