public import Storage

extension PostgresStorage {
    public func findUser(email: String) async throws(StorageError) -> UserRecord? {
        try await pipeline.first(.userByEmail, [.text(email)])?.user()
    }

    public func findUser(linkedID: String, loginType: LoginType) async throws(StorageError) -> UserRecord? {
        try await pipeline.first(.userByLink, [.text(linkedID), .text(loginType.rawValue)])?.user()
    }

    public func link(ofUser id: UUID, loginType: LoginType) async throws(StorageError) -> LinkRecord? {
        try await pipeline.first(.link, [.id(id), .text(loginType.rawValue)])?.link()
    }

    public func refreshLink(_ link: LinkRecord, replacing refreshToken: String) async throws(StorageError) -> Bool {
        try await pipeline.atomic([
            (
                .refreshLink,
                [
                    .id(link.userID), .text(link.loginType.rawValue), .text(refreshToken), .text(link.accessToken),
                    .text(link.refreshToken), .time(link.expiry),
                ]
            )
        ])[0].changed > 0
    }

    public func signIn(_ signIn: ProviderSignIn) async throws(StorageError) -> UserRecord {
        try await pool.transaction { (connection) throws(StorageError) in
            let id: UUID
            switch signIn.account {
            case .existing(let known):
                id = known
                try await Self.check(signIn, id, on: connection)
            case .new(let user, let onlyFirst):
                id = user.id
                try await Self.insert(user, onlyFirst: onlyFirst, on: connection)
            }
            try await Self.write(signIn, id, on: connection)
            guard let row = try await connection.first(.userByID, [.id(id)]) else { throw .notFound }
            return try row.user()
        }
    }

    /// Locks the user, so that nobody suspends or deletes it meanwhile.
    private static func check(
        _ signIn: ProviderSignIn, _ id: UUID, on connection: PostgresPipeline
    ) async throws(StorageError) {
        let lock = "SELECT FROM users WHERE id = $1::uuid AND deleted = false FOR UPDATE"
        guard try await connection.composed(lock, [.id(id)]).count > 0,
            let user = try await connection.first(.userByID, [.id(id)])?.user()
        else { throw .notFound }
        guard user.loginType == signIn.expectedLoginType else { throw .refused(.loginType) }
        guard user.status != .suspended else { throw .refused(.suspended) }
    }

    private static func insert(
        _ user: NewUser, onlyFirst: Bool, on connection: PostgresPipeline
    ) async throws(StorageError) {
        try await connection.command(Self.ownerLock)
        let isFirst = try await connection.first(.hasUsers)?.bool(0) == false
        guard isFirst || !onlyFirst else { throw .refused(.signUpsOff) }
        var user = user
        if isFirst { user.roles = ["owner"] }
        try await connection.atomic(Self.inserts(user))
    }

    private static func write(
        _ signIn: ProviderSignIn, _ id: UUID, on connection: PostgresPipeline
    ) async throws(StorageError) {
        let link = signIn.link
        let update: [PostgresValue] = [
            .id(id), .text(signIn.email), .text(signIn.name), .text(signIn.avatarURL),
            signIn.githubUserID.map(PostgresValue.integer) ?? .null, .time(signIn.now), .text(link.loginType.rawValue),
        ]
        guard try await connection.run(.signInUser, update).changed > 0 else { throw .notFound }
        let upsert: [PostgresValue] = [
            .id(id), .text(link.loginType.rawValue), .text(link.linkedID), .text(link.accessToken),
            .text(link.refreshToken), .time(link.expiry), .text(String(decoding: link.claims, as: UTF8.self)),
        ]
        do throws(StorageError) {
            guard try await connection.run(.upsertLink, upsert).changed > 0 else { throw .refused(.linkedElsewhere) }
        } catch {
            throw error == .conflict(.linkedElsewhere) ? .refused(.linkedElsewhere) : error
        }
        if let ended = signIn.conversion?.endedKeyID { _ = try await connection.run(.deleteKey, [.text(ended)]) }
        guard var session = signIn.session else { return }
        session.userID = id
        guard try await connection.run(.insertKey, Self.values(session)).changed > 0 else { throw .notFound }
    }
}
