internal import HTTP
internal import Storage

/// Session keys and API tokens (keys-and-shell.md §1–§6).
struct KeyHandlers: Sendable {
    let store: any KeyStore
    let configuration: Configuration
    let audit: AuditLog
    let ambient: Ambient
    let faults: Faults

    private var rules: TokenRules { TokenRules(configuration: configuration) }

    // MARK: Create

    /// `POST …/keys`: a session key for the user, as a client without browser wants it. No cookie is set.
    @Sendable func createSession(_ call: Call) async throws(APIError) -> NewKeyWire {
        try await session(for: try mayCreate(call), call)
    }

    /// A session for the caller, which a person takes to a command line.
    func sessionForCaller(_ call: Call) async throws(APIError) -> NewKeyWire {
        try await session(for: try call.caller.user, call)
    }

    private func session(for owner: UserRecord, _ call: Call) async throws(APIError) -> NewKeyWire {
        guard try call.caller.isUnrestricted else { throw .forbidden }
        let secret = KeySecret(random: ambient)
        var key = KeyRules.session(
            secret, owner.id, from: call.client.description, lifetime: configuration.defaultTokenLifetime, at: call.now)
        key.loginType = .password
        _ = try await insert(key, call)
        return NewKeyWire(token: secret.token)
    }

    /// `POST …/keys/tokens`
    @Sendable func createToken(_ call: Call) async throws(APIError) -> NewKeyWire {
        let request = try CreateTokenRequest(try call.body())
        let owner = try mayCreate(call)
        let scopes = try rules.scopes(request.scopes)
        let allowList = try rules.allowList(request.allowList)
        let lifetime = try rules.lifetime(request.lifetime, owner: owner)
        // A key never makes a wider one than itself.
        guard try call.caller.covers(scopes: scopes, allowList: allowList) else { throw .forbidden }
        let secret = KeySecret(random: ambient)
        let expiry =
            request.lifetime == 0
            ? call.now.adding(seconds: lifetime)
            : Timestamp(microseconds: call.now.microseconds + (request.lifetime + 500) / 1000)
        var key = KeyRecord(
            id: secret.id, hashedSecret: secret.hash, userID: owner.id, lastUsed: .epoch, expiresAt: expiry,
            createdAt: call.now, updatedAt: call.now, loginType: .token, lifetime: lifetime,
            ipAddress: "0.0.0.0", tokenName: request.name, scopes: scopes, allowList: allowList.map(\.text))
        // Whoever leaves the name to us is not told that ours is taken.
        for _ in 0..<(request.name.isEmpty ? TokenRules.nameDraws : 1) {
            if request.name.isEmpty { key.tokenName = TokenRules.randomName(ambient) }
            if try await insert(key, call) { return NewKeyWire(token: secret.token) }
        }
        throw .conflict("A token with name \"\(key.tokenName)\" already exists.", [.inUse("name")])
    }

    /// - Returns: the user the key is for.
    private func mayCreate(_ call: Call) throws(APIError) -> UserRecord {
        let owner = try call.target
        guard !owner.isSystem else { throw .forbidden }
        guard try call.caller.can(.create, Object(kind: .apiKey, owner: owner.id)) else { throw .forbidden }
        return owner
    }

    /// - Returns: false when the name is taken.
    private func insert(_ key: KeyRecord, _ call: Call) async throws(APIError) -> Bool {
        var diff = AuditDiff()
        diff.compare(nil, key)
        let entry = audit.entry(
            call, .create, .key(of: key.userID, name: key.tokenName), by: try call.caller.id, .created, diff)
        do throws(StorageError) {
            try await store.insert(key, noting: entry)
            return true
        } catch {
            if case .conflict(.tokenName) = error { return false }
            throw faults.error(error)
        }
    }

    // MARK: Read

    /// `GET …/keys/tokens`
    @Sendable func tokens(_ call: Call) async throws(APIError) -> WireArray<KeyWire> {
        let (caller, query) = (try call.caller, call.query)
        func isSet(_ name: String) -> Bool {
            ["1", "t", "T", "TRUE", "true", "True"].contains(query.first(name) ?? "")
        }
        // Whoever may read only its own is spared everybody's.
        let readsAll = caller.can(.read, Object(kind: .apiKey))
        let owner = isSet("include_all") ? readsAll ? nil : caller.id : try call.target.id
        do throws(StorageError) {
            let tokens = try await store.tokens(ofUser: owner, validAt: isSet("include_expired") ? nil : call.now)
            let readable = tokens.filter { caller.can(.read, Self.object($0.key)) }
            let namesAreKnown = readable.allSatisfy { caller.can(.read, .user($0.key.userID)) }
            return WireArray(readable.map { KeyWire($0.key, username: namesAreKnown ? $0.username : "") })
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET …/keys/tokens/{keyname}`
    @Sendable func named(_ call: Call) async throws(APIError) -> KeyWire {
        let name = call.parameter(1)
        guard !name.utf8.contains(0) else { throw .notFound }
        let owner = try call.target.id
        do throws(StorageError) {
            guard let key = try await store.findKey(name: name, ofUser: owner) else { throw .notFound }
            return try readable(key, call)
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET …/keys/{keyid}`: found by its id alone, whoever the path's user is.
    @Sendable func get(_ call: Call) async throws(APIError) -> KeyWire {
        do throws(StorageError) {
            return try readable(try await find(call), call)
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET …/keys/tokens/tokenconfig`
    @Sendable func tokenConfig(_ call: Call) throws(APIError) -> TokenConfigWire {
        TokenConfigWire(maximumLifetime: rules.maximumLifetime(of: try call.target))
    }

    /// `GET /auth/scopes`
    @Sendable func scopes(_ call: Call) throws(APIError) -> ScopesWire { ScopesWire() }

    // MARK: End

    /// `DELETE …/keys/{keyid}`
    @Sendable func delete(_ call: Call) async throws(APIError) -> Reply {
        let key: KeyRecord
        do throws(StorageError) { key = try await find(call) } catch { throw faults.error(error) }
        let caller = try call.caller
        // A refusal to whoever may not even read the key leaves no trace.
        guard caller.can(.read, Self.object(key)) || caller.can(.delete, Self.object(key)) else { throw .notFound }
        let subject = AuditLog.Subject.key(of: key.userID, name: key.tokenName)
        return try await audit.write(call, .delete, subject, .noContent) { (diff, _) throws(APIError) in
            guard caller.can(.delete, Self.object(key)) else { throw .notFound }
            do throws(StorageError) { try await store.deleteKey(id: key.id) } catch { throw faults.error(error) }
            diff.compare(key, nil)
            return Reply(Response(.noContent))
        }
    }

    /// `PUT …/keys/{keyid}/expire`: nothing for a key that has expired.
    @Sendable func expire(_ call: Call) async throws(APIError) -> Reply {
        do throws(StorageError) {
            let key = try await find(call)
            guard let caller = call.session, caller.can(.read, Self.object(key)) else { throw .notFound }
            if key.expiresAt > call.now {
                guard caller.can(.update, Self.object(key)) else { throw .notFound }
                try await store.expireKey(id: key.id, at: call.now)
                var (ended, diff) = (key, AuditDiff())
                ended.expiresAt = call.now
                diff.compare(key, ended)
                audit.note(
                    call, .write, .key(of: key.userID, name: key.tokenName), by: caller.id, .noContent, diff)
            }
            return Reply(Response(.noContent))
        } catch {
            throw faults.error(error)
        }
    }

    private func find(_ call: Call) async throws(StorageError) -> KeyRecord {
        let id = call.parameter(1)
        guard !id.utf8.contains(0) else { throw .notFound }
        return try await store.key(id: id)
    }

    private func readable(_ key: KeyRecord, _ call: Call) throws(StorageError) -> KeyWire {
        guard call.session?.can(.read, Self.object(key)) == true else { throw .notFound }
        return KeyWire(key)
    }

    /// A key has no UUID, so an allow list covers keys only as a kind.
    private static func object(_ key: KeyRecord) -> Object { Object(kind: .apiKey, owner: key.userID) }
}
