import Glibc
import JSON
import TestSupport

/// One user as answers promised it, or as it is found after a crash.
struct Account: Equatable, Sendable, CustomStringConvertible {
    /// Stands for what the server chooses, in an account that nobody has seen yet.
    static let unknown = "?"

    var username: String
    var name = ""
    var status = "active"
    var roles: Set<String> = []
    var isMember = true
    /// Appearance: two values that are written together.
    var theme = ""
    var font = ""
    /// Names of API tokens.
    var tokens: Set<String> = []
    /// nil: signs in nowhere.
    var password: String?
    var publicKey = Account.unknown
    var updatedAt = Account.unknown

    var description: String {
        """
        \(username) "\(name)" \(status) \(roles.sorted()) \(isMember ? "member" : "no member") \(theme)/\(font) \
        \(tokens.sorted()) \(password ?? "-") \(publicKey.suffix(12)) \(updatedAt)
        """
    }

    /// What the server's answer about the user says.
    mutating func take(_ user: JSONValue) {
        username = user["username"]?.text ?? ""
        name = user["name"]?.text ?? ""
        status = user["status"]?.text ?? ""
        roles = Set(user["roles"]?.elements.compactMap { $0["name"]?.text } ?? [])
        isMember = user["organization_ids"]?.elements.isEmpty == false
        updatedAt = user["updated_at"]?.text ?? ""
    }

    /// Whether this is what `wanted` became of `before`: the same, with anything that the server chose and that is new.
    func isOutcome(_ wanted: Account, of before: Account?) -> Bool {
        var wanted = wanted
        if wanted.updatedAt == Self.unknown, updatedAt != before?.updatedAt { wanted.updatedAt = updatedAt }
        if wanted.publicKey == Self.unknown, publicKey != before?.publicKey { wanted.publicKey = publicKey }
        return self == wanted
    }

    /// What the server says of the user with that id or name; nil: there is none.
    /// - Parameter passwords: what the password may be; the first that works is taken.
    static func read(
        _ user: String, passwords: [String], from server: RunningServer, _ token: String
    ) throws -> (id: String, account: Account)? {
        let path = "/api/v2/users/\(user)"
        let found = try server.ask(path, token)
        if found.status == 404 { return nil }
        guard found.status == 200, let json = found.json, let id = json["id"]?.text else {
            throw SupportFault("no answer about \(user): \(found)")
        }
        var account = Account(username: "")
        account.take(json)
        let appearance = try server.ask("\(path)/appearance", token).json
        account.theme = appearance?["theme_preference"]?.text ?? ""
        account.font = appearance?["terminal_font"]?.text ?? ""
        let tokens = try server.ask("\(path)/keys/tokens", token).json
        account.tokens = Set(tokens?.elements.compactMap { $0["token_name"]?.text } ?? [])
        account.publicKey = try server.ask("\(path)/gitsshkey", token).json?["public_key"]?.text ?? ""
        if let email = json["email"]?.text {
            account.password = try passwords.first { try opens($0, email, server) }
        }
        return (id, account)
    }

    /// Whether a password is the right one; a suspended user is told so only then.
    private static func opens(_ password: String, _ email: String, _ server: RunningServer) throws -> Bool {
        let body = #"{"email":"\#(email)","password":"\#(password)"}"#
        let answer = try server.ask("POST", "/api/v2/users/login", nil, body)
        return answer.status == 201 || answer.body.contains("suspended")
    }
}

extension RunningServer {
    /// What it answers once its database is back, on each loop and each kind of connection.
    func ask(_ path: String, _ token: String) throws -> Reply { try ask("GET", path, token, nil) }

    func ask(_ method: String, _ path: String, _ token: String?, _ body: String?) throws -> Reply {
        for _ in 0..<1_000 {
            let answer = try send(method, path, token: token, body: body)
            if answer.status != 503 { return answer }
            usleep(20_000)
        }
        throw SupportFault("\(path) is answered with 503 for ever; it says: \(process.log)")
    }
}
