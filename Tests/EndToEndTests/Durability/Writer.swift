import JSON
import TestSupport

/// Somebody who changes users of its own, one request after the other, and keeps what it was promised. When an answer
/// fails to come, that one change is in doubt: it may have happened, but whole.
struct Writer: Sendable {
    /// A change without an answer.
    struct Doubt: Sendable {
        /// nil: of a new user.
        var id: String?
        /// nil: it was to be deleted.
        var after: Account?
        /// nil: no price was to be changed.
        var price: Int?
    }

    let number: Int
    private(set) var random: Seed
    var accounts: [String: Account] = [:]
    var deleted: Set<String> = []
    /// Tokens by their name, to be tried.
    var secrets: [String: String] = [:]
    var price = 0
    var doubt: Doubt?
    /// Changes that were answered.
    private(set) var promises = 0
    private var serial = 0

    init(number: Int, seed: UInt64) {
        self.number = number
        random = Seed(seed &+ UInt64(number) &* 7_919)
    }

    /// Changes one thing after the other, until an answer fails to come.
    /// - Parameters:
    ///   - mayFail: whether 503 is such a failure, because the database is the one that dies.
    ///   - end: says that nothing more is to be done.
    /// - Throws: on any other answer that is no success.
    mutating func run(on server: RunningServer, _ token: String, mayFail: Bool, until end: Ending) throws {
        while !end.hasCome {
            let change = next()
            doubt = change.doubt
            guard let answer = try? server.send(change.method, change.path, token: token, body: change.body) else {
                return
            }
            if mayFail, answer.status == 503 { return }
            guard answer.status == change.status else { throw SupportFault("\(change.path) gave \(answer)") }
            keep(change, answer)
            end.promise()
        }
    }

    private mutating func keep(_ change: Change, _ answer: Reply) {
        let id = change.doubt.id ?? answer.json?["id"]?.text ?? ""
        if let price = change.doubt.price {
            self.price = price
        } else if var account = change.doubt.after {
            if let user = answer.json, user["username"] != nil { account.take(user) }
            if let key = answer.json?["public_key"]?.text { account.publicKey = key }
            if let secret = answer.json?["key"]?.text, let name = change.tokenName { secrets[name] = secret }
            accounts[id] = account
        } else {
            accounts[id] = nil
            deleted.insert(id)
        }
        doubt = nil
        promises += 1
    }

    // MARK: Changes

    private struct Change {
        let method: String
        let path: String
        var body: String?
        let status: Int
        let doubt: Doubt
        var tokenName: String?
    }

    private static let fonts = ["geist-mono", "ibm-plex-mono", "fira-code", "source-code-pro", "jetbrains-mono"]

    private mutating func next() -> Change {
        serial += 1
        let tag = "w\(number)-\(serial)"
        guard accounts.count >= 3, let id = accounts.keys.sorted().randomElement(using: &random),
            var account = accounts[id]
        else { return creation(tag) }
        let user = "/api/v2/users/\(id)"
        func change(_ method: String, _ path: String, _ status: Int, _ body: String? = nil) -> Change {
            Change(method: method, path: path, body: body, status: status, doubt: Doubt(id: id, after: account))
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<3: return accounts.count < 8 ? creation(tag) : deletion(id)
        case 3..<5: return deletion(id)
        case 5..<8:
            account.status = account.status == "active" ? "suspended" : "active"
            account.updatedAt = Account.unknown
            return change("PUT", "\(user)/status/\(account.status == "active" ? "activate" : "suspend")", 200)
        case 8..<10:
            account.roles = Set(
                ["auditor", "template-admin", "user-admin"].filter { _ in Bool.random(using: &random) })
            let list = account.roles.map { "\"\($0)\"" }.joined(separator: ",")
            return change("PUT", "\(user)/roles", 200, "{\"roles\":[\(list)]}")
        case 10..<13:
            guard account.tokens.count > 1, let name = account.tokens.sorted().randomElement(using: &random),
                let secret = secrets[name]
            else {
                account.tokens.insert(tag)
                var change = change("POST", "\(user)/keys/tokens", 201, "{\"token_name\":\"\(tag)\"}")
                change.tokenName = tag
                return change
            }
            account.tokens.remove(name)
            return change("DELETE", "\(user)/keys/\(secret.prefix(10))", 204)
        case 13..<15:
            (account.username, account.name, account.updatedAt) = (tag, "Name of \(tag)", Account.unknown)
            return change("PUT", "\(user)/profile", 200, #"{"username":"\#(tag)","name":"Name of \#(tag)"}"#)
        case 15:
            (account.theme, account.font) = ("theme-\(serial)", Self.fonts[serial % Self.fonts.count])
            return change(
                "PUT", "\(user)/appearance", 200,
                #"{"theme_preference":"\#(account.theme)","terminal_font":"\#(account.font)"}"#)
        case 16:
            account.isMember.toggle()
            let path = "/api/v2/organizations/coder/members/\(id)"
            return account.isMember ? change("POST", path, 200) : change("DELETE", path, 204)
        case 17:
            account.publicKey = Account.unknown
            return change("PUT", "\(user)/gitsshkey", 200)
        case 18 where account.password != nil:
            // Every key of the user ends with the old password.
            (account.password, account.tokens) = ("Password of \(tag)!", [])
            return change("PUT", "\(user)/password", 204, #"{"password":"Password of \#(tag)!"}"#)
        default:
            let rows = ["a", "b"].map {
                #"{"provider":"vercel","model":"kill-\#(number)-\#($0)","input_price":\#(serial),"output_price":\#(serial),"#
                    + #""cache_read_price":null,"cache_write_price":null}"#
            }
            return Change(
                method: "PUT", path: "/api/experimental/ai/model-prices", body: "{\"prices\":[\(rows[0]),\(rows[1])]}",
                status: 204, doubt: Doubt(price: serial))
        }
    }

    private mutating func creation(_ tag: String) -> Change {
        var account = Account(username: tag)
        // One at a time has a password: to hash one costs more than all the rest.
        let isAlone = !accounts.values.contains { $0.password != nil }
        if isAlone, Int.random(in: 0..<4, using: &random) == 0 { account.password = "Password of \(tag)!" }
        let login = account.password.map { #""password":"\#($0)""# } ?? #""login_type":"none""#
        return Change(
            method: "POST", path: "/api/v2/users",
            body: """
                {"username":"\(tag)","email":"\(tag)@usersd.test","user_status":"active",\(login),\
                "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                """,
            status: 201, doubt: Doubt(after: account))
    }

    private func deletion(_ id: String) -> Change {
        Change(method: "DELETE", path: "/api/v2/users/\(id)", status: 200, doubt: Doubt(id: id))
    }
}
