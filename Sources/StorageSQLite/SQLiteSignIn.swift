public import Storage

extension SQLiteStorage {
    public func findUser(email: String) async throws(StorageError) -> UserRecord? {
        try reader.first(.userByEmail, [.text(email)]) { (row) throws(StorageError) in try row.user() }
    }

    public func findUser(linkedID: String, loginType: LoginType) async throws(StorageError) -> UserRecord? {
        try reader.first(.userByLink, [.text(linkedID), .text(loginType.rawValue)]) { (row) throws(StorageError) in
            try row.user()
        }
    }

    public func link(ofUser id: UUID, loginType: LoginType) async throws(StorageError) -> LinkRecord? {
        try reader.first(.link, [.id(id), .text(loginType.rawValue)]) { (row) throws(StorageError) in try row.link() }
    }

    public func refreshLink(_ link: LinkRecord, replacing refreshToken: String) async throws(StorageError) -> Bool {
        try await writer.write { (connection) throws(StorageError) in
            try connection.run(
                .refreshLink,
                [
                    .id(link.userID), .text(link.loginType.rawValue), .text(refreshToken), .text(link.accessToken),
                    .text(link.refreshToken), .time(link.expiry),
                ]) > 0
        }
    }

    public func signIn(_ signIn: ProviderSignIn) async throws(StorageError) -> UserRecord {
        try await writer.write { (connection) throws(StorageError) in
            let id: UUID
            switch signIn.account {
            case .existing(let known):
                id = known
                let user = try Self.user(id, on: connection)
                guard !user.isDeleted else { throw .notFound }
                guard user.loginType == signIn.expectedLoginType else { throw .refused(.loginType) }
                guard user.status != .suspended else { throw .refused(.suspended) }
            case .new(var user, let onlyFirst):
                id = user.id
                let isFirst = try connection.first(.hasUsers, [], { $0.bool(0) }) == false
                guard isFirst || !onlyFirst else { throw .refused(.signUpsOff) }
                if isFirst { user.roles = ["owner"] }
                _ = try Self.insert(user, on: connection)
            }
            try Self.write(signIn, id, on: connection)
            return try Self.user(id, on: connection)
        }
    }

    private static func write(
        _ signIn: ProviderSignIn, _ id: UUID, on connection: SQLiteConnection
    ) throws(StorageError) {
        let link = signIn.link
        try connection.run(
            .signInUser,
            [
                .id(id), .text(signIn.email), .text(CaseFolding.lower(signIn.email)), .text(signIn.name),
                .text(signIn.avatarURL), signIn.githubUserID.map(SQLiteValue.integer) ?? .null, .time(signIn.now),
                .text(link.loginType.rawValue),
            ])
        do throws(StorageError) {
            let changed = try connection.run(
                .upsertLink,
                [
                    .id(id), .text(link.loginType.rawValue), .text(link.linkedID), .text(link.accessToken),
                    .text(link.refreshToken), .time(link.expiry), .text(String(decoding: link.claims, as: UTF8.self)),
                ])
            guard changed > 0 else { throw .refused(.linkedElsewhere) }
        } catch {
            throw error == .conflict(.linkedElsewhere) ? .refused(.linkedElsewhere) : error
        }
        if let ended = signIn.conversion?.endedKeyID { try connection.run(.deleteKey, [.text(ended)]) }
        guard var session = signIn.session else { return }
        session.userID = id
        try connection.run(.insertKey, values(session))
    }
}
