import Foundation
import Synchronization
import Testing
import TestSupport

/// A database that a test's server is killed on. Nobody else has it open meanwhile, so that the next start is the one
/// that recovers it.
struct Ground: Sendable {
    let backend: Backend
    /// A file's path, or a libpq URL.
    let location: String

    static func with<Value: Sendable>(
        _ backend: Backend, _ body: @Sendable (Ground) async throws -> Value
    ) async throws -> Value {
        switch backend {
        case .sqlite:
            try await withFolder { try await body(Ground(backend: backend, location: "\($0)/killed.sqlite")) }
        case .postgres:
            try await TestDatabase.with(backend) {
                try await body(Ground(backend: backend, location: $0.location))
            }
        }
    }

    var arguments: [String] { backend == .sqlite ? ["--sqlite-path", location] : ["--postgres-url", location] }

    /// Runs SQL behind the server's back; values as text, nil for NULL.
    @discardableResult
    func sql(_ text: String) throws -> [[String?]] {
        switch backend {
        case .sqlite: try SQLiteFile.sql(location, text)
        case .postgres: try PostgresServer.run(text, location, own: true)
        }
    }

    /// Nothing is half done, whatever was promised.
    func expectWhole(_ run: String) throws {
        for (half, text) in Self.halves {
            let found = try sql("SELECT count(*) FROM \(text)")
            #expect(found == [["0"]], "\(run): \(half)")
        }
        guard backend == .sqlite else { return }
        #expect(try sql("PRAGMA integrity_check") == [["ok"]], "\(run)")
        #expect(try sql("PRAGMA foreign_key_check") == [], "\(run)")
    }

    private static let halves = [
        ("a user without a key pair", "users WHERE NOT is_system AND id NOT IN (SELECT user_id FROM gitsshkeys)"),
        ("a key pair without its user", "gitsshkeys WHERE user_id NOT IN (SELECT id FROM users)"),
        ("a membership without its user", "organization_members WHERE user_id NOT IN (SELECT id FROM users)"),
        ("settings without their user", "user_configs WHERE user_id NOT IN (SELECT id FROM users)"),
        ("a key of nobody", "api_keys WHERE user_id NOT IN (SELECT id FROM users WHERE NOT deleted)"),
        ("a link of nobody", "user_links WHERE user_id NOT IN (SELECT id FROM users WHERE NOT deleted)"),
        (
            "a link's account without its key pair or membership",
            """
            user_links WHERE user_id NOT IN (SELECT user_id FROM gitsshkeys)
            OR user_id NOT IN (SELECT user_id FROM organization_members)
            """
        ),
        (
            "an account of a provider without its link",
            "users WHERE NOT deleted AND login_type = 'oidc' AND id NOT IN (SELECT user_id FROM user_links)"
        ),
        (
            "a deletion that is not written down once",
            "users u WHERE (SELECT count(*) FROM user_deleted d WHERE d.user_id = u.id) <> (CASE WHEN deleted THEN 1 ELSE 0 END)"
        ),
        (
            "a status whose history ends otherwise",
            """
            users u WHERE u.status <> (SELECT c.new_status FROM user_status_changes c WHERE c.user_id = u.id
                ORDER BY c.changed_at DESC LIMIT 1)
            """
        ),
        (
            "an audit entry of what did not happen",
            """
            audit_logs a WHERE a.resource_type = 'user' AND
                (a.action = 'create' AND a.status_code = 201 AND a.resource_id NOT IN (SELECT id FROM users)
                OR a.action = 'delete' AND a.status_code = 200
                AND a.resource_id IN (SELECT id FROM users WHERE NOT deleted))
            """
        ),
    ]
}

/// Tells writers that it is over, and counts what they were promised until then.
final class Ending: Sendable {
    private let state = Mutex((hasCome: false, promises: 0))

    var hasCome: Bool { state.withLock { $0.hasCome } }

    var promises: Int { state.withLock { $0.promises } }

    func come() { state.withLock { $0.hasCome = true } }

    func promise() { state.withLock { $0.promises += 1 } }
}
