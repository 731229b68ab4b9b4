/// The statements of this binary, by the name that stands in the `.sql` files of both backends. The raw value is
/// the place among the prepared statements.
public enum StatementName: Int, CaseIterable, Sendable {
    // users.sql
    case userByID, userByUsername, hasUsers, insertUser, insertMembership, insertSSHKey
    case deleteUser, liveOwnerState, activateDormant, isTaken, setStatus, setProfile
    // roles.sql
    case setRoles, customSiteRoles
    // keys.sql
    case session, insertKey, openSession, recordKeyUse, recordUserSeen, deleteKey, deleteApplicationKeys
    case keyByID, keyByName, tokens, expireKey, purgeKeys, deleteKeysOfUser
    // identity.sql
    case credentials, credentialsByID, claims, setPassword, setPasscode, resetPassword
    case userByEmail, userByLink, link, refreshLink, upsertLink, signInUser
    // sshkeys.sql
    case sshKey, setSSHKey
    // organizations.sql
    case defaultOrganization, organizationByID, organizationByName, allOrganizations, organizationsOfUser
    case membershipTimes, removeMember, setMemberRoles
    // audit.sql
    case insertAudit
    // settings.sql
    case settings, setSetting
    // prices.sql
    case seedPrices, prices
    // site.sql
    case insertDeploymentID, deploymentID, insertConvertLoginKey, convertLoginKey, convertLoginKeyBySequence, ping

    public var name: String { "\(self)" }
}

/// Cuts a `.sql` file at its `-- name:` lines. A name that starts with `part.` is no statement: its text stands
/// wherever another says `{{its name}}`.
public enum SQLText {
    public enum Fault: Error, Sendable, Equatable {
        case unnamed(String)
        case duplicate(String)
        case missing(String)
        case unknown(String)
    }

    /// The statements of a file in order. Text in front of the first name must be comments only.
    public static func split(_ text: String) throws(Fault) -> [(name: String, sql: String)] {
        var statements: [(name: String, sql: String)] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("-- name: ") {
                let name = line.dropFirst("-- name: ".count)
                guard !statements.contains(where: { $0.name == name }) else { throw .duplicate(String(name)) }
                statements.append((String(name), ""))
            } else if !statements.isEmpty {
                statements[statements.count - 1].sql += line + "\n"
            } else if !line.isEmpty, !line.hasPrefix("--") {
                throw .unnamed(String(line))
            }
        }
        return statements
    }

    /// The text of every statement of `StatementName`, in its order, and the parts by name.
    /// - Throws: when a file names a statement twice, one is missing, or one is of no use.
    public static func catalogue(
        _ files: [[UInt8]]
    ) throws(Fault) -> (statements: [String], parts: [String: String]) {
        var texts: [String: String] = [:]
        var parts: [String: String] = [:]
        for file in files {
            for (name, sql) in try split(String(decoding: file, as: UTF8.self)) {
                if name.hasPrefix("part.") {
                    guard parts.updateValue(sql, forKey: name) == nil else { throw .duplicate(name) }
                    continue
                }
                guard StatementName.allCases.contains(where: { $0.name == name }) else { throw .unknown(name) }
                guard texts.updateValue(sql, forKey: name) == nil else { throw .duplicate(name) }
            }
        }
        var statements: [String] = []
        for name in StatementName.allCases {
            guard let sql = texts[name.name] else { throw .missing(name.name) }
            statements.append(try filled(sql, from: parts))
        }
        return (statements, parts)
    }

    /// The texts of `migration.1`, `migration.2`, … in order.
    /// - Throws: when a number is missing or comes out of turn.
    public static func migrations(_ file: [UInt8]) throws(Fault) -> [String] {
        var texts: [String] = []
        var parts: [String: String] = [:]
        for (name, sql) in try split(String(decoding: file, as: UTF8.self)) {
            if name.hasPrefix("part.") {
                parts[name] = sql
            } else {
                guard name == "migration.\(texts.count + 1)" else { throw .unknown(name) }
                texts.append(sql)
            }
        }
        var migrations: [String] = []
        for text in texts { migrations.append(try filled(text, from: parts)) }
        return migrations
    }

    /// One part of a file, for the list query. Empty when there is none, which no query survives.
    public static func part(_ name: String, of file: [UInt8]) -> String {
        let statements = try? split(String(decoding: file, as: UTF8.self))
        return statements?.first { $0.name == "part.\(name)" }?.sql ?? ""
    }

    private static func filled(_ sql: String, from parts: [String: String]) throws(Fault) -> String {
        var pieces = sql.split(separator: "{{", omittingEmptySubsequences: false).map(String.init)
        for index in pieces.indices.dropFirst() {
            let halves = pieces[index].split(separator: "}}", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let part = parts[String(halves[0])] else { throw .missing(pieces[index]) }
            pieces[index] = part + halves[1]
        }
        return pieces.joined()
    }
}
