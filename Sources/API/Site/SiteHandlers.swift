internal import HTTP
internal import JSON
internal import Storage

/// What a client asks of the server itself (keys-and-shell.md §8.13).
struct SiteHandlers: Sendable {
    let configuration: Configuration

    /// `GET /api/v2/`
    @Sendable func greet(_ call: Call) async throws(APIError) -> Message { Message("👋") }

    /// `GET /healthz`: the process answers. It does not ask the database.
    @Sendable func health(_ call: Call) async throws(APIError) -> Reply {
        var response = Response(.ok, body: [79, 75])
        response.add(.contentType, "text/plain; charset=utf-8")
        return Reply(response)
    }

    /// `GET /api/v2/buildinfo`
    @Sendable func buildInfo(_ call: Call) async throws(APIError) -> BuildInfo {
        BuildInfo(configuration: configuration)
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
