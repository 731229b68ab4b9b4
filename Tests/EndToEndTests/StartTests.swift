import Foundation
import Glibc
import JSON
import Testing
import TestSupport

/// The whole program. One test at a time: each starts processes of its own.
@Suite(.serialized) struct EndToEndTests {}

extension EndToEndTests {
    /// Starting and stopping (model-prices.md §3.1, §3.2, §7 cases 17, 57, 58, 62).
    @Suite(.serialized) struct StartTests {
        @Test("a fresh file: it listens, answers, and holds the 71 prices before the first answer (62)")
        func fresh() async throws {
            try await withFolder { folder in
                let path = "\(folder)/fresh.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                let answer = try server.send("GET", "/api/v2/users/first")
                let prices = try SQLiteFile.prices(path)
                #expect(answer.status == 404)
                #expect(answer.header("X-Coder-Build-Version") == "v2.34.0")
                #expect(try server.send("GET", "/healthz").status == 200)
                #expect(try server.send("GET", "/healthz").body == "OK")
                #expect(prices.count == 71)
                #expect(prices.filter { $0[0] == "anthropic" }.count == 23)
                #expect(prices.filter { $0[0] == "openai" }.count == 48)
                #expect(prices.allSatisfy { $0[2] == $0[3] })
                #expect(try await server.stop() == 0)
            }
        }

        @Test("the file and its companions are nobody else's to read")
        func mode() async throws {
            try await withFolder { folder in
                let old = umask(0)
                defer { umask(old) }
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/mode.sqlite"])
                _ = try server.owner()
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(names.contains("mode.sqlite"))
                for name in names {
                    #expect(try Self.mode("\(folder)/\(name)") == 0o600, "\(name)")
                }
                #expect(try await server.stop() == 0)
            }
        }

        private static func mode(_ path: String) throws -> Int? {
            (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
        }

        @Test("without a path the file is in the data folder, in a folder that only its owner enters")
        func standardPath() async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start([], ["XDG_DATA_HOME": "\(folder)/data"])
                #expect(try server.send("GET", "/healthz").status == 200)
                #expect(try await server.stop() == 0)
                #expect(try SQLiteFile.prices("\(folder)/data/usersd/usersd.sqlite").count == 71)
                #expect(try Self.mode("\(folder)/data/usersd") == 0o700)
            }
        }

        @Test("a restart keeps people, sessions and ids, and moves updated_at of the price book only (58)")
        func restart() async throws {
            try await withFolder { folder in
                let path = "\(folder)/kept.sqlite"
                var server = try await RunningServer.start(["--sqlite-path", path])
                let token = try server.owner()
                let info = try server.send("GET", "/api/v2/buildinfo").json?["deployment_id"]?.text
                #expect(info != nil)
                #expect(try await server.stop() == 0)
                try SQLiteFile.sql(path, "INSERT INTO ai_model_prices VALUES ('a', 'by hand', 1, NULL, 0, NULL, 7, 8)")
                try SQLiteFile.sql(path, "UPDATE ai_model_prices SET input_price = 1 WHERE provider = 'openai'")
                let before = try SQLiteFile.prices(path)

                server = try await RunningServer.start(["--sqlite-path", path])
                let me = try server.send("GET", "/api/v2/users/me", token: token)
                #expect(me.status == 200)
                #expect(me.json?["username"]?.text == "owner")
                #expect(try server.send("GET", "/api/v2/users/first").status == 200)
                #expect(try server.send("GET", "/api/v2/buildinfo").json?["deployment_id"]?.text == info)
                #expect(try await server.stop() == 0)

                let after = try SQLiteFile.prices(path)
                #expect(after.map { [$0[0], $0[1], $0[2]] } == before.map { [$0[0], $0[1], $0[2]] })
                for (old, new) in zip(before, after) {
                    let (old, new) = (
                        try #require(old[3].flatMap { Int($0) }), try #require(new[3].flatMap { Int($0) })
                    )
                    if old == 8 { #expect(new == 8) } else { #expect(new > old) }
                }
                #expect(
                    try SQLiteFile.sql(path, "SELECT count(*) FROM ai_model_prices WHERE input_price = 1") == [["1"]])
            }
        }

        @Test(
            "a price book that cannot be applied is logged, with its cause, and stops nothing (57)",
            arguments: Backend.allCases)
        func seedingFails(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                try database.sql("DELETE FROM ai_model_prices")
                if backend == .sqlite {
                    try database.sql(
                        """
                        CREATE TRIGGER refuse BEFORE INSERT ON ai_model_prices BEGIN
                            SELECT RAISE(ABORT, 'prices are read-only today');
                        END
                        """)
                } else {
                    try database.sql(
                        """
                        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'prices are read-only today'; END $$
                        """)
                    try database.sql(
                        """
                        CREATE TRIGGER refuse BEFORE INSERT ON ai_model_prices FOR EACH ROW EXECUTE FUNCTION refuse()
                        """)
                }
                let server = try await RunningServer.start(database.arguments)
                #expect(try server.send("GET", "/api/v2/users/first").status == 404)
                #expect(try await server.stop() == 0)
                let lines = server.process.lines.filter { $0.contains("failed to seed AI Bridge prices") }
                #expect(lines.count == 1)
                #expect(lines.first?.contains("cost tracking may use stale prices") == true)
                #expect(lines.first?.contains("prices are read-only today") == true)
                #expect(lines.first?.contains("error") == true)
                #expect(try database.sql("SELECT count(*) FROM ai_model_prices") == [["0"]])
            }
        }

        @Test(
            "SIGTERM and SIGINT end it with 0, and a request in flight is finished first", arguments: [SIGTERM, SIGINT])
        func signals(number: Int32) async throws {
            try await withFolder { folder in
                let path = "\(folder)/signal.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                let body = #"{"email":"owner@usersd.test","username":"owner","password":"\#(RunningServer.password)"}"#
                let socket = try ClientSocket(port: server.port)
                try socket.write(
                    """
                    POST /api/v2/users/first HTTP/1.1\r\nHost: usersd.test\r\nContent-Length: \(body.utf8.count)\r
                    Expect: 100-continue\r\n\r\n
                    """)
                // The server has the head and waits for the body.
                let interim = try socket.read(until: "\r\n\r\n")
                #expect(interim.hasPrefix("HTTP/1.1 100"))
                server.process.signal(number)
                _ = try await eventually("it says that it stops") {
                    server.process.log.contains("stopping") ? true : nil
                }
                try socket.write(body)
                let answer = try Reply(socket.readToEnd())
                #expect(answer.status == 201, "\(answer)")
                #expect(try await server.process.exit() == 0)
                #expect(try SQLiteFile.sql(path, "SELECT username FROM users WHERE is_system = 0") == [["owner"]])
            }
        }

        @Test("an idle connection does not hold it up", arguments: [SIGTERM, SIGINT])
        func idle(number: Int32) async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(
                    ["--sqlite-path", "\(folder)/idle.sqlite", "--http-drain-timeout", "10m"])
                let socket = try ClientSocket(port: server.port)
                try socket.write("GET /healthz HTTP/1.1\r\nHost: usersd.test\r\n\r\n")
                _ = try socket.read(until: "OK")
                server.process.signal(number)
                #expect(try await server.process.exit() == 0)
                #expect(try socket.readToEnd() == "")
            }
        }

        @Test("the first port stays: a second start on it says so, names it, and ends with 1")
        func portInUse() async throws {
            try await withFolder { folder in
                let server = try await RunningServer.start(["--sqlite-path", "\(folder)/one.sqlite"])
                let second = try await Binary.run(
                    ["serve", "--http-address", "127.0.0.1:\(server.port)", "--sqlite-path", "\(folder)/two.sqlite"])
                #expect(second.status == 1)
                let last = try #require(second.lines.last)
                #expect(last.contains("127.0.0.1:\(server.port)"))
                #expect(last.contains("in use"))
                #expect(second.lines.filter { $0.hasPrefix("usersd: ") }.count == 1)
                #expect(try server.send("GET", "/healthz").status == 200)
                #expect(try await server.stop() == 0)
            }
        }
    }
}

extension TestDatabase {
    /// How to start the program on this database.
    var arguments: [String] {
        backend == .sqlite ? ["--sqlite-path", location] : ["--postgres-url", location]
    }
}
