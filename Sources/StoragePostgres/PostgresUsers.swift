public import Storage

extension PostgresStorage {
    /// Serializes what must not happen twice: the first user, and the end of the last owner.
    static let ownerLock = "SELECT pg_advisory_xact_lock(8243117936735)"

    public func user(id: UUID) async throws(StorageError) -> UserRecord {
        guard let row = try await pipeline.first(.userByID, [.id(id)]) else { throw .notFound }
        return try row.user()
    }

    public func findUser(username: String) async throws(StorageError) -> UserRecord? {
        try await pipeline.first(.userByUsername, [.text(username)])?.user()
    }

    public func users(_ query: UserQuery) async throws(StorageError) -> UserPage {
        if pages.peek(query) != nil, curiosity.mayAsk() {
            let moment = try await pipeline.moment()
            if let moment, let page = pages.find(query, at: moment) {
                curiosity.paidOff()
                return page
            }
            curiosity.wasInVain(moment)
        }
        let (page, moment) = try await readPage(query)
        if let moment {
            counts.keep(page.count, under: query.whole, at: moment)
            if page.users.count <= Self.keptPageLength { pages.keep(page, under: query, at: moment) }
        }
        return page
    }

    /// - Returns: the moment of a page that is not empty.
    private func readPage(_ query: UserQuery) async throws(StorageError) -> (UserPage, moment: String?) {
        let list = PostgresUserList(query)
        if let count = counts.peek(query.whole) {
            let place = query.place(among: count)
            let rows = try await pipeline.composed(list.page(place), list.values)
            if let moment = rows.first?.optionalText(0), counts.find(query.whole, at: moment) == count {
                let users = try rows.rows { (row) throws(StorageError) in try row.user(at: 1) }
                return (UserPage(users: place.isFromTheEnd ? users.reversed() : users, count: count), moment)
            }
        }
        let rows = try await pipeline.composed(list.pageAndCount, list.values)
        let users = try rows.rows { (row) throws(StorageError) in try row.user(at: 2) }
        // An empty page reports 0, even behind the end (users.md §4.1).
        guard let first = rows.first else { return (UserPage(users: [], count: 0), nil) }
        return (UserPage(users: users, count: Int(first.integer(1))), first.optionalText(0))
    }

    public func hasUsers() async throws(StorageError) -> Bool {
        try await pipeline.first(.hasUsers)?.bool(0) ?? false
    }

    public func create(_ user: NewUser) async throws(StorageError) -> UserRecord {
        try await pipeline.atomic(Self.inserts(user))
        return UserRecord(inserted: user)
    }

    public func createFirst(_ user: NewUser) async throws(StorageError) -> UserRecord {
        try await pool.transaction { (connection) throws(StorageError) in
            try await connection.command(Self.ownerLock)
            guard try await connection.first(.hasUsers)?.bool(0) == false else { throw .conflict(.firstUser) }
            try await connection.atomic(Self.inserts(user))
        }
        return UserRecord(inserted: user)
    }

    static func inserts(_ user: NewUser) -> [(StatementName, [PostgresValue])] {
        let time = PostgresValue.time(user.createdAt)
        let insert: [PostgresValue] = [
            .id(user.id), .text(user.username), .text(user.name), .text(user.email), .binary(user.hashedPassword),
            time, .list(user.roles), .text(user.loginType.rawValue), .text(user.status.rawValue),
            .bool(user.isServiceAccount),
        ]
        let memberships = user.organizationIDs.map { (StatementName.insertMembership, [.id(user.id), .id($0), time]) }
        return [(.insertUser, insert)] + memberships + [
            (
                .insertSSHKey,
                [.id(user.id), time, .text(user.sshKey.privateKey), .text(user.sshKey.publicKey)]
            )
        ]
    }

    public func deleteUser(id: UUID) async throws(StorageError) {
        try await pool.transaction { (connection) throws(StorageError) in
            try await connection.command(Self.ownerLock)
            guard let state = try await connection.first(.liveOwnerState, [.id(id)]) else { throw .notFound }
            if state.bool(0), !state.bool(1) { throw .refused(.lastOwner) }
            _ = try await connection.run(.deleteUser, [.id(id)])
        }
    }

    public func setStatus(
        _ status: UserStatus, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> UserRecord {
        try await change(.setStatus, [.id(id), .text(status.rawValue), .time(now)], ofUser: id)
    }

    public func setProfile(
        username: String, name: String, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> UserRecord {
        try await change(.setProfile, [.id(id), .text(username), .text(name), .time(now)], ofUser: id)
    }

    /// One change of a live user, and the row as it is then, in one round trip.
    private func change(
        _ name: StatementName, _ values: [PostgresValue], ofUser id: UUID
    ) async throws(StorageError) -> UserRecord {
        let results = try await pipeline.atomic([(name, values), (.userByID, [.id(id)])])
        guard results[0].changed > 0, let row = results[1].first else { throw .notFound }
        return try row.user()
    }

    public func activateIfDormant(userID: UUID, at now: Timestamp) async throws(StorageError) -> UserStatus {
        let results = try await pipeline.atomic([
            (.activateDormant, [.id(userID), .time(now)]), (.userByID, [.id(userID)]),
        ])
        guard let row = results[1].first else { throw .notFound }
        return try row.user().status
    }

    public func ownsWorkspaces(userID: UUID) async throws(StorageError) -> Bool {
        guard isCoders else { return false }
        let text = "SELECT EXISTS (SELECT 1 FROM workspaces WHERE owner_id = $1::uuid AND deleted = false)"
        return try await pipeline.composed(text, [.id(userID)]).first?.bool(0) ?? false
    }
}
