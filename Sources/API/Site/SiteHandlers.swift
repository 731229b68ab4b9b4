internal import HTTP
internal import JSON
internal import Storage

/// What a client asks of the server itself (keys-and-shell.md §8.13).
struct SiteHandlers: Sendable {
    private let store: any SiteStore
    private let prices: PriceBookState
    private let faults: Faults
    /// The same for as long as the server runs.
    private let buildInfo: Reply

    init(store: any SiteStore, configuration: Configuration, prices: PriceBookState, faults: Faults) {
        self.store = store
        self.prices = prices
        self.faults = faults
        buildInfo = Reply(.ok, BuildInfo(configuration: configuration))
    }

    /// `GET /api/v2/`
    @Sendable func greet(_ call: Call) throws(APIError) -> Message { Message("👋") }

    /// `GET /healthz`: the process answers. It does not ask the database.
    @Sendable func health(_ call: Call) throws(APIError) -> Reply {
        var response = Response(.ok, body: [79, 75])
        response.add(.contentType, "text/plain; charset=utf-8")
        return Reply(response)
    }

    /// `GET /readyz`: requests can be served, because the database answers. How the seed went is told, and does not
    /// decide: stale prices serve as well.
    @Sendable func ready(_ call: Call) async throws(APIError) -> Reply {
        do throws(StorageError) { try await store.ping() } catch {
            faults.note("not ready", error)
            var reply = Reply(.serviceUnavailable, Readiness(storage: "unavailable", prices: prices))
            reply.response.add(.retryAfter, "1")
            return reply
        }
        return Reply(.ok, Readiness(storage: "ok", prices: prices))
    }

    /// `GET /api/v2/buildinfo`
    @Sendable func buildInfo(_ call: Call) throws(APIError) -> Reply { buildInfo }
}

/// How the seed of the price book went at the start.
public enum PriceBookState: String, Sendable {
    case seeded, failed
    /// The database is Coder's, which keeps its own.
    case foreign
}

/// `GET /readyz`
struct Readiness: WireValue {
    let storage: StaticString
    let prices: PriceBookState

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("storage")
            object.string("\(storage)")
            object.key("prices")
            object.string(prices.rawValue)
        }
    }
}

struct BuildInfo: WireValue {
    let configuration: Configuration

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("external_url")
            object.string("https://github.com/coder/coder/releases/tag/\(configuration.version)")
            object.key("version")
            object.string(configuration.version)
            object.key("dashboard_url")
            object.string(configuration.accessURL)
            object.key("telemetry")
            object.bool(false)
            object.key("workspace_proxy")
            object.bool(false)
            object.key("agent_api_version")
            object.string("1.0")
            object.key("provisioner_api_version")
            object.string("1.0")
            object.key("upgrade_message")
            object.string("")
            object.key("deployment_id")
            object.string(configuration.deploymentID.description)
        }
    }
}
