internal import Storage

/// How long tokens may live and what they may do (keys-and-shell.md §0.3–§0.6). Pure.
struct TokenRules: Sendable {
    let configuration: Configuration

    /// Nanoseconds. The roles of the token's owner decide, not the caller's.
    func maximumLifetime(of owner: UserRecord) -> Int64 {
        (owner.roles.contains(Role.owner.name)
            ? configuration.maximumAdminTokenLifetime : configuration.maximumTokenLifetime)
            * 1_000_000_000
    }

    /// Seconds. The maximum does not bind the default.
    /// - Throws: `.refused` for what is not positive or too long; `.invalid` below a second (decisions.md #20).
    func lifetime(_ nanoseconds: Int64, owner: UserRecord) throws(APIError) -> Int64 {
        if nanoseconds == 0 { return configuration.defaultTokenLifetime }
        let message = "Failed to validate create API key request."
        guard nanoseconds > 0 else {
            throw .refused(message, detail: "lifetime must be positive number greater than 0")
        }
        let maximum = maximumLifetime(of: owner)
        guard nanoseconds <= maximum else {
            throw .refused(message, detail: "lifetime must be less than \(Self.goDuration(maximum))")
        }
        guard nanoseconds >= 1_000_000_000 else {
            throw .invalid(message, [Validation("lifetime", "Must be at least one second (1000000000 nanoseconds).")])
        }
        return nanoseconds / 1_000_000_000
    }

    /// Whole seconds as Go prints a duration: `168h0m0s`.
    static func goDuration(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m\(seconds % 60)s" }
        return "\(seconds / 3600)h\(seconds / 60 % 60)m\(seconds % 60)s"
    }

    /// The stored names, in the order they were asked for.
    func scopes(_ names: [String]) throws(APIError) -> [String] {
        if names.isEmpty { return [KeyScope.all] }
        var scopes: [String] = []
        for name in names {
            guard let scope = KeyScope.canonical(name) else {
                throw .refused(
                    "Failed to create API key.", detail: "invalid or unsupported API key scope: \"\(name)\"")
            }
            scopes.append(scope)
        }
        return scopes
    }

    func allowList(_ entries: [AllowEntry]) throws(APIError) -> [AllowEntry] {
        guard entries.count <= AllowEntry.limit else {
            throw .refused(
                "Failed to create API key.",
                detail: "allow_list has \(entries.count) entries; max allowed is \(AllowEntry.limit)")
        }
        return AllowEntry.normalized(entries)
    }

    /// How often a name is drawn before there are too many: with half of all names taken, one in four thousand million
    /// callers is told.
    static let nameDraws = 32

    /// A name for a token that was given none: `<adjective>_<surname><two digits>`.
    static func randomName(_ ambient: Ambient) -> String {
        let bytes = ambient.randomBytes(4)
        let number = Int(bytes[2]) << 8 | Int(bytes[3])
        let digits = number % 100
        return adjectives[Int(bytes[0]) % adjectives.count] + "_" + surnames[Int(bytes[1]) % surnames.count]
            + "\(digits / 10)\(digits % 10)"
    }

    private static let adjectives = [
        "agile", "amber", "bold", "brave", "bright", "brisk", "calm", "clever", "crisp", "curious", "eager", "early",
        "fair", "fleet", "gentle", "glad", "grand", "happy", "honest", "jolly", "keen", "kind", "lively", "lucid",
        "merry", "mild", "modest", "neat", "nimble", "patient", "plain", "polite", "proud", "quick", "quiet", "ready",
        "serene", "sharp", "silent", "sincere", "smart", "solid", "steady", "sunny", "swift", "tidy", "vivid", "warm",
        "wise", "witty",
    ]

    private static let surnames = [
        "ampere", "babbage", "bardeen", "bell", "bohr", "boole", "cantor", "church", "curie", "darwin", "dirac",
        "einstein", "euler", "faraday", "fermat", "fermi", "feynman", "franklin", "galois", "gauss", "goldberg",
        "hamilton", "hertz", "hopper", "hypatia", "johnson", "joule", "kepler", "lamarr", "leibniz", "liskov",
        "lovelace", "maxwell", "meitner", "mendel", "napier", "newton", "noether", "pascal", "planck", "ramanujan",
        "ritchie", "shannon", "tesla", "turing", "volta", "wiles", "wing", "wu", "yonath",
    ]
}
