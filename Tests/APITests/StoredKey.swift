import Storage
import TestSupport

/// An API key that is put into the database behind the server's back, as auth.md §9.2 and database.md §5.1 store it.
struct StoredKey {
    /// The vector of database.md §5.1.
    static let secret = "ABCDEFGHIJKLMNOPQRSTUV"
    private static let secretHash = "c91a5a74060ddc9f922a23b2120270f02ec13cc9c64cef4ab3910cae5aa1cec3"

    var id = "0123456789"
    var userID: String
    var loginType = "password"
    /// Microseconds since 1970; the default is "never".
    var lastUsed: Int64 = 0
    /// Microseconds since 1970.
    var expiresAt: Int64
    var lifetimeSeconds: Int64 = 86_400
    var scopes = ["coder:all"]
    var allowList = ["*:*"]
    var name = ""

    var token: String { "\(id)-\(Self.secret)" }

    func insert(into database: TestDatabase) throws {
        let columns = """
            INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
            lifetime_seconds, ip_address, token_name, scopes, allow_list) VALUES
            """
        try database.sql(
            sqlite: """
                \(columns) ('\(id)', x'\(Self.secretHash)', '\(userID)', \(lastUsed), \(expiresAt), 0, 0,
                '\(loginType)', \(lifetimeSeconds), '0.0.0.0', '\(name)', '\(Self.json(scopes))',
                '\(Self.json(allowList))')
                """,
            postgres: """
                \(columns) ('\(id)', '\\x\(Self.secretHash)', '\(userID)', \(Self.time(lastUsed)),
                \(Self.time(expiresAt)), \(Self.time(0)), \(Self.time(0)), '\(loginType)',
                \(lifetimeSeconds), '0.0.0.0', '\(name)', '{\(scopes.joined(separator: ","))}',
                '{\(allowList.joined(separator: ","))}')
                """)
    }

    private static func json(_ texts: [String]) -> String { "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]" }

    private static func time(_ microseconds: Int64) -> String {
        "timestamptz '1970-01-01 00:00:00Z' + interval '\(microseconds) microseconds'"
    }
}

extension TestServer {
    /// The clock as the database has it, moved by `seconds`.
    func microseconds(_ seconds: Int64 = 0) -> Int64 { clock.now.adding(seconds: seconds).microseconds }
}

extension TestDatabase {
    /// A column of times of one row, in microseconds since 1970.
    func time(_ column: String, of table: String, id: String) throws -> Int64? {
        let rows = try sql(
            sqlite: "SELECT \(column) FROM \(table) WHERE id = '\(id)'",
            postgres: """
                SELECT (extract(epoch from \(column)) * 1000000)::bigint::text FROM \(table) WHERE id::text = '\(id)'
                """)
        return rows.first?.first.flatMap { $0 }.flatMap { Int64($0) }
    }

    func status(of userID: String) throws -> String? {
        try sql("SELECT status FROM users WHERE id = '\(userID)'").first?.first.flatMap { $0 }
    }

    func setStatus(_ status: String, of userID: String) throws {
        try sql("UPDATE users SET status = '\(status)' WHERE id = '\(userID)'")
    }

    /// Replaces the stored password hash.
    func setPasswordHash(_ hash: String, of userID: String) throws {
        try sql(
            sqlite: "UPDATE users SET hashed_password = CAST('\(hash)' AS BLOB) WHERE id = '\(userID)'",
            postgres: "UPDATE users SET hashed_password = convert_to('\(hash)', 'UTF8') WHERE id = '\(userID)'")
    }

    /// Makes every write of that kind to the table fail with `cause`.
    func failOn(_ event: String, of table: String, cause: String) throws {
        try sql(
            sqlite: """
                CREATE TRIGGER always_fails BEFORE \(event) ON \(table) BEGIN SELECT RAISE(ABORT, '\(cause)'); END
                """,
            postgres: """
                CREATE FUNCTION always_fails() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '\(cause)' USING ERRCODE = 'XX000'; END $$;
                CREATE TRIGGER always_fails BEFORE \(event) ON \(table) FOR EACH ROW EXECUTE FUNCTION always_fails()
                """)
    }
}
