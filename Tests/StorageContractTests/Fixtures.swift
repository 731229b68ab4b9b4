import Loops
import Storage
import StoragePostgres
import StorageSQLite
import TestSupport

extension Timestamp {
    /// 2026-11-24T20:00:00.654321Z
    static let sample = Timestamp(microseconds: 1_795_550_400_654_321)
}

extension UUID {
    static func fresh() -> UUID { UUID(random: (.random(in: 0 ... .max), .random(in: 0 ... .max))) }
}

extension NewUser {
    /// An active user with a password, and `<name>@usersd.test` unless told otherwise.
    static func sample(
        _ username: String, email: String? = nil, name: String = "", roles: [String] = [],
        status: UserStatus = .active, loginType: LoginType = .password, organizations: [UUID] = [],
        createdAt: Timestamp = .sample
    ) -> NewUser {
        NewUser(
            id: .fresh(), username: username, name: name, email: email ?? "\(username)@usersd.test",
            hashedPassword: Array("$pbkdf2-sha256$65535$c2FsdA$aGFzaA".utf8), status: status, loginType: loginType,
            isServiceAccount: false, roles: roles, organizationIDs: organizations,
            sshKey: SSHKeyPair(publicKey: "ssh-ed25519 AAAA\(username)\n", privateKey: "-----BEGIN \(username)-----\n"),
            createdAt: createdAt)
    }

    /// A service account: no e-mail, no password.
    static func service(_ username: String) -> NewUser {
        var user = NewUser.sample(username, email: "", loginType: .none)
        user.isServiceAccount = true
        user.hashedPassword = []
        return user
    }
}

extension KeyRecord {
    static func sample(
        _ id: String, of user: UUID, loginType: LoginType = .password, tokenName: String = "",
        scopes: [String] = ["coder:all"], allowList: [String] = ["*:*"], ipAddress: String = "192.0.2.7"
    ) -> KeyRecord {
        KeyRecord(
            id: id, hashedSecret: (0..<32).map { UInt8($0) }, userID: user, lastUsed: .epoch,
            expiresAt: Timestamp.sample.adding(seconds: 86_400), createdAt: .sample, updatedAt: .sample,
            loginType: loginType, lifetime: 86_400, ipAddress: ipAddress, tokenName: tokenName, scopes: scopes,
            allowList: allowList)
    }
}

extension AuditRecord {
    static func sample(of user: UUID, id: UUID = .fresh()) -> AuditRecord {
        AuditRecord(
            id: id, time: .sample, userID: user, ip: "192.0.2.7", userAgent: nil, resource: .apiKey, resourceID: user,
            target: "", action: .create, diff: Array("{}".utf8), status: 201, additionalFields: Array("{}".utf8),
            requestID: .fresh())
    }
}

extension KeyStore {
    /// A key, with some entry of the audit log.
    func insert(_ key: KeyRecord) async throws(StorageError) {
        try await insert(key, noting: .sample(of: key.userID))
    }
}

/// What `body` throws; nil when it succeeds.
func failure<Value>(_ body: () async throws -> Value) async -> StorageError? {
    do {
        _ = try await body()
        return nil
    } catch let error as StorageError {
        return error
    } catch {
        return .broken("no StorageError: \(error)")
    }
}

/// How often each outcome came up.
struct Tally: Equatable {
    var successes = 0
    var failures: [String: Int] = [:]

    mutating func add(_ error: StorageError?) {
        if let error { failures["\(error)", default: 0] += 1 } else { successes += 1 }
    }
}

/// The database of a test, opened a second time as another process would: connections and a loop of its own.
final class SecondStore: Sendable {
    let loop: EventLoop
    let store: any Storage

    private init(_ loop: EventLoop, _ store: any Storage) {
        self.loop = loop
        self.store = store
    }

    static func with<Value: Sendable>(
        _ database: TestDatabase, _ body: @Sendable (SecondStore) async throws -> Value
    ) async throws -> Value {
        let loop = try EventLoop(index: 1)
        loop.start()
        defer { loop.stop() }
        switch database.backend {
        case .sqlite:
            let file = try SQLiteDatabase(path: database.location)
            defer { file.close() }
            let store = try await Task(executorPreference: loop) { try file.storage(on: loop) }.value
            return try await body(SecondStore(loop, store))
        case .postgres:
            let server = try PostgresDatabase(url: database.location)
            let store = try await Task(executorPreference: loop) { try await server.storage(on: loop) }.value
            let result: Result<Value, any Error>
            do { result = .success(try await body(SecondStore(loop, store))) } catch { result = .failure(error) }
            await Task(executorPreference: loop) { store.close() }.value
            return try result.get()
        }
    }

    func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (any Storage) async throws -> Value
    ) async throws -> Value {
        let store = store
        return try await Task(executorPreference: loop) { try await body(store) }.value
    }
}
