/// Every option. Where Coder has one, its flag and variable are ours too (design.md §7).
enum Options {
    // swift-format-ignore
    static let all: [Option] = [
        Option("http-address", "CODER_HTTP_ADDRESS", .text, "127.0.0.1:3000", "Where to listen: address:port."),
        Option("access-url", "CODER_ACCESS_URL", .text, "", "Where people reach the server; by default http:// and the address it listens on."),
        Option("postgres-url", "CODER_PG_CONNECTION_URL", .secret, "", "A Postgres database instead of SQLite: a libpq URI."),
        Option("sqlite-path", "USERSD_SQLITE_PATH", .text, "", "The SQLite file, or :memory:; by default usersd/usersd.sqlite in your data folder."),
        Option("sqlite-synchronous", "USERSD_SQLITE_SYNCHRONOUS", .choice(["full", "normal"]), "full", "full: an answered change survives a power cut. normal: a crash of the process only."),
        Option("disable-password-auth", "CODER_DISABLE_PASSWORD_AUTH", .boolean, "false", "Refuse sign-in with a password, owners included."),
        Option("session-duration", "CODER_SESSION_DURATION", .duration(1_000...31_536_000_000), "24h", "How long a session lives after its last use."),
        Option("disable-session-expiry-refresh", "CODER_DISABLE_SESSION_EXPIRY_REFRESH", .boolean, "false", "Sessions end after their duration, used or not."),
        Option("secure-auth-cookie", "CODER_SECURE_AUTH_COOKIE", .choice(["true", "false", ""]), "", "Secure on the cookies; by default when the access URL is https."),
        Option("samesite-auth-cookie", "CODER_SAMESITE_AUTH_COOKIE", .choice(["lax", "none"]), "lax", "SameSite on the cookies."),
        Option("host-prefix-cookie", "CODER_HOST_PREFIX_COOKIE", .boolean, "false", "Name the session cookie __Host-coder_session_token."),
        Option("terms-of-service-url", "CODER_TERMS_OF_SERVICE_URL", .text, "", "Shown on sign-in pages."),
        Option("api-rate-limit", "CODER_API_RATE_LIMIT", .integer(-1...1_000_000), "512", "Requests a minute of one caller on one route; 0 means 512, -1 none."),
        Option("dangerous-disable-rate-limits", "CODER_DANGEROUS_DISABLE_RATE_LIMITS", .boolean, "false", "No limits at all, on sign-in neither."),
        Option("proxy-trusted-headers", "CODER_PROXY_TRUSTED_HEADERS", .list, "", "Headers in which a trusted proxy names the client, such as X-Forwarded-For."),
        Option("proxy-trusted-origins", "CODER_PROXY_TRUSTED_ORIGINS", .list, "", "Addresses of trusted proxies, such as 10.0.0.0/8."),
        Option("loops", "USERSD_LOOPS", .integer(0...256), "0", "Event loops; 0: one for each core."),
        Option("http-max-head-bytes", "USERSD_HTTP_MAX_HEAD_BYTES", .integer(1_024...1_048_576), "16384", "Bytes of a request line and its fields."),
        Option("http-max-body-bytes", "USERSD_HTTP_MAX_BODY_BYTES", .integer(1_024...67_108_864), "1048576", "Bytes of a request body."),
        Option("http-max-connections", "USERSD_HTTP_MAX_CONNECTIONS", .integer(1...1_000_000), "10000", "Open connections in all."),
        Option("http-max-connections-per-address", "USERSD_HTTP_MAX_CONNECTIONS_PER_ADDRESS", .integer(1...1_000_000), "2048", "Open connections from one address (an IPv6 /64)."),
        Option("http-idle-timeout", "USERSD_HTTP_IDLE_TIMEOUT", .duration(1_000...3_600_000), "75s", "Longest wait for a next request."),
        Option("http-head-timeout", "USERSD_HTTP_HEAD_TIMEOUT", .duration(1_000...120_000), "10s", "Longest wait for a complete request head."),
        Option("http-body-timeout", "USERSD_HTTP_BODY_TIMEOUT", .duration(1_000...600_000), "30s", "Longest wait for a complete request body."),
        Option("http-write-timeout", "USERSD_HTTP_WRITE_TIMEOUT", .duration(1_000...600_000), "30s", "Longest time in which a client takes no byte of an answer."),
        Option("http-drain-timeout", "USERSD_HTTP_DRAIN_TIMEOUT", .duration(0...600_000), "10s", "How long requests in flight may take when the server stops."),
        Option("log-level", "USERSD_LOG_LEVEL", .choice(["trace", "debug", "info", "notice", "warning", "error"]), "notice", "The least that is logged."),
    ]
}
