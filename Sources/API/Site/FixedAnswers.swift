internal import HTTP
internal import JSON
internal import Storage

/// What clients ask around the users and usersd has only one answer to (clients.md §4): it has no dashboard to
/// brand, no licence, no experiments, no regions and no workspaces to reach by SSH. Stated here and nowhere else.
struct FixedAnswers: Sendable {
    let configuration: Configuration

    @Sendable func appearance(_ call: Call) throws(APIError) -> Reply {
        json(
            #"{"application_name":"","logo_url":"","docs_url":"","service_banner":{"enabled":false},"#
                + #""announcement_banners":[]}"#)
    }

    @Sendable func entitlements(_ call: Call) throws(APIError) -> Reply {
        json(
            #"{"features":{},"warnings":[],"errors":[],"has_license":false,"trial":false,"require_telemetry":false,"#
                + #""refreshed_at":"\#(RFC3339.text(call.now))"}"#)
    }

    @Sendable func experiments(_ call: Call) throws(APIError) -> Reply { json("[]") }

    @Sendable func availableExperiments(_ call: Call) throws(APIError) -> Reply { json(#"{"safe":[]}"#) }

    @Sendable func regions(_ call: Call) throws(APIError) -> Reply { json(#"{"regions":[]}"#) }

    @Sendable func deploymentSSH(_ call: Call) throws(APIError) -> Reply {
        json(#"{"hostname_prefix":"coder.","ssh_config_options":{}}"#)
    }

    @Sendable func updateCheck(_ call: Call) throws(APIError) -> UpdateCheck {
        UpdateCheck(version: configuration.version)
    }

    /// Clients try this address to learn whether we are an OAuth 2 server: not 2xx means no.
    @Sendable func authorizationServer(_ call: Call) throws(APIError) -> Reply { throw .noRoute }

    private func json(_ text: String) -> Reply {
        var response = Response(.ok, body: Array((text + "\n").utf8))
        response.add(.contentType, Reply.jsonType)
        return Reply(response)
    }
}

struct UpdateCheck: WireValue {
    let version: String

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("current")
            object.bool(true)
            object.key("version")
            object.string(version)
            object.key("url")
            object.string("")
        }
    }
}
