internal import Glibc
internal import Storage
@testable internal import StoragePostgres
internal import Synchronization

/// The throw-away server that `Scripts/test` starts. Each test has a database of its own, copied from one that was
/// migrated once.
public enum PostgresServer {
    private static let state = Mutex((templateIsReady: false, serial: 0))

    static func create() throws -> (name: String, url: String) {
        guard let variable = getenv("USERSD_TEST_POSTGRES_URL") else {
            throw SupportFault(
                "USERSD_TEST_POSTGRES_URL is not set: run the tests with Scripts/test, which starts a Postgres")
        }
        let server = String(cString: variable)
        return try state.withLock { state in
            let template = "usersd_template_\(getpid())"
            if !state.templateIsReady {
                _ = try run("CREATE DATABASE \(template)", server, own: false)
                _ = try PostgresDatabase(url: url(server, template))
                state.templateIsReady = true
            }
            state.serial += 1
            let name = "usersd_test_\(getpid())_\(state.serial)"
            _ = try run("CREATE DATABASE \(name) TEMPLATE \(template)", server, own: false)
            return (name, url(server, name))
        }
    }

    static func drop(_ name: String) {
        guard let variable = getenv("USERSD_TEST_POSTGRES_URL") else { return }
        _ = try? run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", String(cString: variable), own: false)
    }

    /// - Parameter own: look at usersd's schema first.
    public static func run(_ text: String, _ url: String, own: Bool) throws -> [[String?]] {
        let setup = try PostgresSetup(url: url)
        if own { _ = try setup.texts("SET search_path = usersd, public; SET TIME ZONE 'UTC'") }
        return try setup.texts(text)
    }

    private static func url(_ server: String, _ database: String) -> String {
        server.replacing("/postgres?", with: "/\(database)?")
    }
}

/// SQL on a server of which the caller knows the URL only.
public enum PostgresSQL {
    /// - Returns: the rows; values as text, nil for NULL.
    @discardableResult
    public static func run(_ text: String, _ url: String) throws -> [[String?]] {
        try PostgresServer.run(text, url, own: false)
    }
}
