import JSON
import Testing
import TestSupport

extension Writer {
    /// Compares what is there after a crash with what was promised, and goes on from what is there.
    /// - Parameter run: for a failure's text: what makes this run again.
    mutating func settle(on server: RunningServer, _ token: String, _ ground: Ground, _ run: String) throws {
        let gone = Set(try ground.sql("SELECT id FROM users WHERE deleted").compactMap { $0[0] })
        #expect(deleted.isSubset(of: gone), "\(run): deleted users are back: \(deleted.subtracting(gone))")
        for (id, promised) in accounts {
            let doubt = doubt?.id == id ? doubt : nil
            let passwords = [promised.password, doubt?.after?.password].compactMap { $0 }
            let found =
                gone.contains(id) ? nil : try Account.read(id, passwords: passwords, from: server, token)?.account
            let isAsDoubted = doubt.map { doubt in
                if let after = doubt.after { found?.isOutcome(after, of: promised) == true } else { found == nil }
            }
            #expect(
                found?.isOutcome(promised, of: nil) == true || isAsDoubted == true,
                "\(run): promised \(promised), in doubt \(doubt.map { "\($0)" } ?? "nothing"), found \(found?.description ?? "nobody")"
            )
            accounts[id] = found
            if found == nil { deleted.insert(id) }
            if let found { try useToken(of: id, found, server, token, run) }
        }
        if let doubt, doubt.id == nil, let after = doubt.after {
            let passwords = after.password.map { [$0] } ?? []
            let found = try Account.read(after.username, passwords: passwords, from: server, token)
            if let (id, account) = found {
                #expect(account.isOutcome(after, of: nil), "\(run): wanted \(after), found \(account)")
                accounts[id] = account
            }
        }
        try settlePrice(ground, run)
        doubt = nil
    }

    private mutating func settlePrice(_ ground: Ground, _ run: String) throws {
        let found = try ground.sql(
            "SELECT model, input_price FROM ai_model_prices WHERE model LIKE 'kill-\(number)-%' ORDER BY model")
        func rows(of price: Int) -> [[String?]] {
            price == 0 ? [] : ["a", "b"].map { ["kill-\(number)-\($0)", "\(price)"] }
        }
        if let wanted = doubt?.price, found == rows(of: wanted) { price = wanted }
        #expect(found == rows(of: price), "\(run): promised \(price), in doubt \(doubt?.price ?? 0)")
    }

    /// A token that was answered opens the account, whose times move with it.
    private mutating func useToken(
        of id: String, _ account: Account, _ server: RunningServer, _ token: String, _ run: String
    ) throws {
        let secret = account.tokens.sorted().compactMap { secrets[$0] }.first
        guard account.status == "active", let secret else { return }
        let me = try server.ask("/api/v2/users/me", secret)
        #expect(me.status == 200 && me.json?["id"]?.text == id, "\(run): a token of \(account) gives \(me)")
        if let user = try server.ask("/api/v2/users/\(id)", token).json { accounts[id]?.take(user) }
    }
}
