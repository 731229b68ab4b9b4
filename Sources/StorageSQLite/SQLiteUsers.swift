public import Storage

extension SQLiteStorage {
    public func user(id: UUID) async throws(StorageError) -> UserRecord {
        try Self.user(id, on: reader)
    }

    public func findUser(username: String) async throws(StorageError) -> UserRecord? {
        try reader.first(.userByUsername, [.text(username)]) { (row) throws(StorageError) in try row.user() }
    }

    public func users(_ query: UserQuery) async throws(StorageError) -> UserPage {
        let reader = reader
        // Before the read: what is committed meanwhile must not be missed.
        let moment = reader.moment
        if let moment, let page = pages.find(query, at: moment) { return page }
        let page = try readPage(query, at: moment)
        if let moment, page.users.count <= Self.keptPageLength { pages.keep(page, under: query, at: moment) }
        return page
    }

    private func readPage(_ query: UserQuery, at moment: SQLiteMoment?) throws(StorageError) -> UserPage {
        let list = SQLiteUserList(query)
        // One read transaction: count and page are of one moment.
        try reader.command("BEGIN")
        defer { try? reader.command("COMMIT") }
        if let moment, let count = counts.find(query.whole, at: moment) {
            let page = try readPage(list, query.place(among: count), of: count)
            // Otherwise somebody has committed, and the count is of before.
            if reader.moment == moment { return page }
        }
        var count: Int?
        var page: UserPage?
        if query.offset == 0 {
            let limit = query.limit ?? .max
            page = try readPage(list, PagePlace(skipped: 0, length: limit, isFromTheEnd: false), of: 0)
            if let found = page?.users.count, found < limit { count = found }
        }
        if count == nil { count = try reader.composed(list.count, list.values) { Int($0.integer(0)) }.first }
        guard let count else { throw .broken("a count without a row") }
        if let moment { counts.keep(count, under: query.whole, at: moment) }
        if let page { return UserPage(users: page.users, count: count) }
        return try readPage(list, query.place(among: count), of: count)
    }

    private func readPage(
        _ list: SQLiteUserList, _ place: PagePlace, of count: Int
    ) throws(StorageError) -> UserPage {
        // An empty page reports 0, even behind the end (users.md §4.1).
        guard place.length > 0 else { return UserPage(users: [], count: 0) }
        let users = try reader.composed(list.page(place), list.values(place)) { (row) throws(StorageError) in
            try row.user()
        }
        return UserPage(users: place.isFromTheEnd ? users.reversed() : users, count: count)
    }

    public func hasUsers() async throws(StorageError) -> Bool {
        try reader.first(.hasUsers) { $0.bool(0) } ?? false
    }

    public func create(_ user: NewUser) async throws(StorageError) -> UserRecord {
        try await writer.write { (connection) throws(StorageError) in try Self.insert(user, on: connection) }
    }

    public func createFirst(_ user: NewUser) async throws(StorageError) -> UserRecord {
        // There is one writer, and it holds the file's lock: nobody can come between the count and the insert.
        try await writer.write { (connection) throws(StorageError) in
            guard try connection.first(.hasUsers, [], { $0.bool(0) }) == false else { throw .conflict(.firstUser) }
            return try Self.insert(user, on: connection)
        }
    }

    static func insert(_ user: NewUser, on connection: SQLiteConnection) throws(StorageError) -> UserRecord {
        do throws(StorageError) {
            try connection.run(
                .insertUser,
                [
                    .id(user.id), .text(user.username), .text(user.name), .text(user.email),
                    .text(CaseFolding.lower(user.email)), .blob(user.hashedPassword), .time(user.createdAt),
                    .list(user.roles), .text(user.loginType.rawValue), .text(user.status.rawValue),
                    .bool(user.isServiceAccount),
                ])
        } catch {
            // When both are taken the name is reported, as Postgres does (database.md §2.1).
            let nameIsTaken = try connection.first(.isTaken, [.text(user.username), .text("")]) { $0.bool(0) } ?? false
            throw error == .conflict(.email) && nameIsTaken ? .conflict(.username) : error
        }
        for organization in user.organizationIDs {
            try connection.run(.insertMembership, [.id(user.id), .id(organization), .time(user.createdAt)])
        }
        try connection.run(
            .insertSSHKey,
            [.id(user.id), .time(user.createdAt), .text(user.sshKey.privateKey), .text(user.sshKey.publicKey)])
        return UserRecord(inserted: user)
    }

    public func deleteUser(id: UUID) async throws(StorageError) {
        try await writer.write { (connection) throws(StorageError) in
            let state = try connection.first(.liveOwnerState, [.id(id)]) { ($0.bool(0), $0.bool(1)) }
            guard let (isOwner, hasOthers) = state else { throw .notFound }
            if isOwner, !hasOthers { throw .refused(.lastOwner) }
            try connection.run(.deleteUser, [.id(id)])
        }
    }

    public func setStatus(
        _ status: UserStatus, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> UserRecord {
        try await writer.write { (connection) throws(StorageError) in
            let changed = try connection.run(.setStatus, [.id(id), .text(status.rawValue), .time(now)])
            guard changed > 0 else { throw .notFound }
            return try Self.user(id, on: connection)
        }
    }

    public func setProfile(
        username: String, name: String, ofUser id: UUID, at now: Timestamp
    ) async throws(StorageError) -> UserRecord {
        try await writer.write { (connection) throws(StorageError) in
            let changed = try connection.run(.setProfile, [.id(id), .text(username), .text(name), .time(now)])
            guard changed > 0 else { throw .notFound }
            return try Self.user(id, on: connection)
        }
    }

    public func activateIfDormant(userID: UUID, at now: Timestamp) async throws(StorageError) -> UserStatus {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(.activateDormant, [.id(userID), .time(now)])
            return try Self.user(userID, on: connection).status
        }
    }

    /// The row as it is now, inside a change.
    static func user(_ id: UUID, on connection: SQLiteConnection) throws(StorageError) -> UserRecord {
        let user = try connection.first(.userByID, [.id(id)]) { (row) throws(StorageError) in try row.user() }
        guard let user else { throw .notFound }
        return user
    }

    /// Workspaces are Coder's, and Coder keeps none in SQLite.
    public func ownsWorkspaces(userID: UUID) async throws(StorageError) -> Bool { false }
}
