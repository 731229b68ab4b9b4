internal import HTTP
internal import JSON
internal import Storage
internal import Synchronization

/// The device authorization grant (RFC 8628) in GitHub's dialect.
extension FakeGitHub {
    struct Device {
        var scope: String
        var expiry: Timestamp
        /// Seconds between polls; each `slow_down` adds five.
        var interval: Int64 = 5
        var polls = 0
    }

    /// `POST /login/device/code`.
    func deviceCode(_ asked: Asked) -> Members {
        let settings = settings
        guard asked.form.first("client_id") == settings.clientID else {
            return Self.refusal("incorrect_client_credentials", "The client_id is unknown.")
        }
        guard settings.isDeviceFlowEnabled else {
            return Self.refusal("device_flow_disabled", "Device Flow must be explicitly enabled for this App")
        }
        let code = Opaque.text("device")
        let device = Device(
            scope: asked.form.first("scope") ?? "", expiry: settings.now().adding(seconds: settings.deviceSeconds))
        state.withLock { $0.devices[code] = device }
        return [
            ("device_code", .string(code)), ("user_code", "WDJB-MJHT"),
            ("verification_uri", .string(url + "/login/device")),
            ("expires_in", .number(String(settings.deviceSeconds))), ("interval", .number(String(device.interval))),
        ]
    }

    /// One poll takes one step.
    func poll(_ form: QueryItems, _ settings: FakeGitHubSettings) -> Members {
        let code = form.first("device_code") ?? ""
        let polled: Device? = state.withLock { state in
            defer { state.devices[code]?.polls += 1 }
            return state.devices[code]
        }
        guard let device = polled, let last = settings.deviceSteps.last else {
            return Self.refusal("incorrect_device_code", "The device_code provided is not valid.")
        }
        let step = settings.deviceSteps.indices.contains(device.polls) ? settings.deviceSteps[device.polls] : last
        switch device.expiry <= settings.now() ? .expired : step {
        case .pending: return Self.refusal("authorization_pending", "The authorization request is still pending.")
        case .slowDown:
            let interval = device.interval + 5
            state.withLock { $0.devices[code]?.interval = interval }
            return Self.refusal("slow_down", "Too many requests have been made in the same timeframe.")
                + [("interval", .number(String(interval)))]
        case .expired: return Self.refusal("expired_token", "The device_code has expired.")
        case .denied: return Self.refusal("access_denied", "The authorization request was denied.")
        case .granted:
            state.withLock { $0.devices[code] = nil }
            return grantToken(scope: device.scope, settings)
        }
    }
}
