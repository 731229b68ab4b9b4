internal import API
internal import HTTP
internal import HTTPEngine
internal import Logging
internal import Outbound
internal import Storage
internal import StorageSQLite

/// The values of all options: flags over environment over defaults.
struct Config: Sendable {
    /// What is wrong with a command line or an environment; the process ends with status 2.
    struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let values: [String: String]

    /// - Throws: `Fault` for an unknown flag, a flag without value, or a value out of its range.
    static func load(_ arguments: [String], _ environment: [String: String]) throws(Fault) -> Config {
        var values: [String: String] = [:]
        for option in Options.all {
            guard let value = environment[option.environment], !value.isEmpty else { continue }
            values[option.name] = try checked(value, option, source: option.environment)
        }
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else { throw Fault("unexpected argument \"\(argument)\"") }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = Options.all.first(where: { $0.name == parts[0] }) else {
                throw Fault("unknown option --\(parts[0]); `usersd serve --help` lists them")
            }
            let value: String
            if parts.count == 2 {
                value = String(parts[1])
            } else if case .boolean = option.kind {
                value = "true"
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw Fault("--\(option.name) needs a value: \(option.expectation)")
            }
            values[option.name] = try checked(value, option, source: "--\(option.name)")
        }
        return Config(values: values)
    }

    private static func checked(_ value: String, _ option: Option, source: String) throws(Fault) -> String {
        guard option.accepts(value) else {
            throw Fault("\(source): \"\(value)\" is not \(option.expectation)")
        }
        if case .choice = option.kind { return value.lowercased() }
        return value
    }

    // MARK: Values

    func text(_ name: String) -> String { values[name] ?? Options.all.first { $0.name == name }?.standard ?? "" }

    func boolean(_ name: String) -> Bool { Option.boolean(text(name)) ?? false }

    func integer(_ name: String) -> Int { Int(text(name)) ?? 0 }

    func milliseconds(_ name: String) -> UInt64 { UInt64(GoDuration.milliseconds(text(name)) ?? 0) }

    func list(_ name: String) -> [String] {
        text(name).split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    // MARK: Parts

    func address() throws(Fault) -> SocketAddress {
        guard let address = SocketAddress(text("http-address")) else {
            throw Fault("--http-address: \"\(text("http-address"))\" is not an IP address and a port up to 65535")
        }
        return address
    }

    var limits: Limits {
        var limits = Limits()
        limits.headBytes = integer("http-max-head-bytes")
        limits.bodyBytes = integer("http-max-body-bytes")
        limits.connections = integer("http-max-connections")
        limits.connectionsPerAddress = integer("http-max-connections-per-address")
        limits.idleMilliseconds = milliseconds("http-idle-timeout")
        limits.headMilliseconds = milliseconds("http-head-timeout")
        limits.bodyMilliseconds = milliseconds("http-body-timeout")
        limits.writeMilliseconds = milliseconds("http-write-timeout")
        limits.drainMilliseconds = milliseconds("http-drain-timeout")
        return limits
    }

    /// Where metrics are told; nil: nowhere.
    func metricsAddress() throws(Fault) -> SocketAddress? {
        guard boolean("prometheus-enable") else { return nil }
        guard let address = SocketAddress(text("prometheus-address")) else {
            throw Fault(
                "--prometheus-address: \"\(text("prometheus-address"))\" is not an IP address and a port up to 65535")
        }
        return address
    }

    var sqlite: SQLiteDatabase.Options {
        var options = SQLiteDatabase.Options()
        options.synchronous = text("sqlite-synchronous") == "normal" ? .normal : .full
        return options
    }

    func api(listening address: SocketAddress) throws(Fault) -> Configuration {
        var configuration = Configuration()
        let url = text("access-url")
        configuration.accessURL = url.isEmpty ? "http://\(address)" : url.hasSuffix("/") ? String(url.dropLast()) : url
        guard url.isEmpty || url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw Fault("--access-url: \"\(url)\" is not an http or https URL")
        }
        configuration.isPasswordAuthDisabled = boolean("disable-password-auth")
        configuration.sessionDuration = Int64(milliseconds("session-duration") / 1000)
        configuration.isSessionRefreshDisabled = boolean("disable-session-expiry-refresh")
        let secure = text("secure-auth-cookie")
        configuration.usesSecureCookies =
            secure.isEmpty ? configuration.accessURL.hasPrefix("https://") : secure == "true"
        configuration.sameSite = text("samesite-auth-cookie") == "none" ? .none : .lax
        configuration.usesHostPrefixCookie = boolean("host-prefix-cookie")
        configuration.defaultTokenLifetime = Int64(milliseconds("default-token-lifetime") / 1000)
        configuration.maximumTokenLifetime = Int64(milliseconds("max-token-lifetime") / 1000)
        configuration.maximumAdminTokenLifetime = Int64(milliseconds("max-admin-token-lifetime") / 1000)
        configuration.termsOfServiceURL = text("terms-of-service-url")
        configuration.strictTransport = try strictTransport()
        configuration.rateLimit = integer("api-rate-limit")
        configuration.isRateLimitDisabled = boolean("dangerous-disable-rate-limits")
        configuration.proxyHeaders = list("proxy-trusted-headers")
        for text in list("proxy-trusted-origins") {
            guard let range = AddressRange(parsing: text) else {
                throw Fault("--proxy-trusted-origins: \"\(text)\" is not an address or a network such as 10.0.0.0/8")
            }
            configuration.proxyOrigins.append(range)
        }
        return configuration
    }

    private func strictTransport() throws(Fault) -> String {
        let options = list("strict-transport-security-options")
        if let unknown = options.first(where: { !["includesubdomains", "preload"].contains($0.lowercased()) }) {
            throw Fault("--strict-transport-security-options: \"\(unknown)\" is neither includeSubDomains nor preload")
        }
        let seconds = integer("strict-transport-security")
        guard seconds > 0 else {
            guard options.isEmpty else {
                throw Fault("--strict-transport-security-options needs --strict-transport-security")
            }
            return ""
        }
        return (["max-age=\(seconds)"] + options).joined(separator: "; ")
    }

    var sshKeyAlgorithm: SSHKeyAlgorithm { SSHKeyAlgorithm(rawValue: text("ssh-keygen-algorithm")) ?? .ed25519 }

    /// nil when neither mail nor a webhook is configured.
    func mailroom(_ log: Logger) -> Mailroom? {
        let (host, url) = (text("email-smarthost"), text("notifications-webhook-endpoint"))
        guard !host.isEmpty || !url.isEmpty else { return nil }
        let mail = MailServer(
            smartHost: host, from: text("email-from"), hello: text("email-hello"),
            username: text("email-auth-username"), password: mailPassword, forcesTLS: boolean("email-force-tls"),
            usesStartTLS: boolean("email-tls-starttls"), certificateFile: text("email-tls-ca-cert-file"))
        return Mailroom(
            mail: host.isEmpty ? nil : mail, webhook: url.isEmpty ? nil : Webhook(url: url),
            report: { log.error("\($0)") })
    }

    private var mailPassword: String {
        let path = text("email-auth-password-file")
        guard !path.isEmpty, let bytes = File.read(path, limit: 4096) else { return text("email-auth-password") }
        return String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }

    // MARK: Printing

    /// Every option with its value and where to set it. Secrets are named, not shown.
    var listing: String {
        Options.all.map { option in
            var value = text(option.name)
            if option.isSecret, !value.isEmpty { value = "(set)" }
            return "\(option.environment)=\(value)\n"
        }.joined()
    }

    static var help: String {
        Options.all.map { option in
            let standard = option.standard.isEmpty ? "" : " Default: \(option.standard)."
            return
                "  --\(option.name), \(option.environment)\n      \(option.summary)\(standard)\n      Takes \(option.expectation).\n"
        }.joined()
    }

    /// The README's table.
    static var table: String {
        Options.all.map { option in
            "| `--\(option.name)` | `\(option.environment)` | \(option.standard.isEmpty ? "" : "`\(option.standard)`") "
                + "| \(option.expectation) | \(option.summary) |\n"
        }.joined()
    }
}
