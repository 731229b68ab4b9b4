import Testing
import TestSupport

extension EndToEndTests {
    /// The command line and the environment: what is wrong is named, and no secret is printed.
    @Suite(.serialized) struct OptionTests {
        struct Wrong: Sendable, CustomStringConvertible {
            let arguments: [String]
            let variables: [String: String]
            /// All of these stand in the message: the option, the value, what it takes.
            let names: [String]

            init(_ arguments: [String], _ variables: [String: String] = [:], names: [String]) {
                self.arguments = arguments
                self.variables = variables
                self.names = names
            }

            var description: String { "\(arguments) \(variables)" }
        }

        // swift-format-ignore
        static let wrong: [Wrong] = [
            Wrong(["--http-max-connections", "0"], names: ["--http-max-connections", "\"0\"", "1 to 1000000"]),
            Wrong(["--http-max-connections=-1"], names: ["--http-max-connections", "\"-1\"", "1 to 1000000"]),
            Wrong(["--http-max-connections", "1e3"], names: ["--http-max-connections", "\"1e3\"", "1 to 1000000"]),
            Wrong(["--http-max-connections", "99999999999999999999"], names: ["99999999999999999999", "1 to 1000000"]),
            Wrong(["--http-max-head-bytes", "1023"], names: ["--http-max-head-bytes", "1023", "1024 to 1048576"]),
            Wrong(["--loops", "257"], names: ["--loops", "257", "0 to 256"]),
            Wrong(["--session-duration", "999ms"], names: ["--session-duration", "999ms", "1s", "719h59m59s"]),
            Wrong(["--session-duration", "8761h"], names: ["--session-duration", "8761h", "1s", "719h59m59s"]),
            Wrong(["--session-duration", "24"], names: ["--session-duration", "\"24\"", "duration"]),
            Wrong(["--session-duration", ""], names: ["--session-duration", "\"\"", "duration"]),
            Wrong(["--log-level", "loud"], names: ["--log-level", "loud", "notice", "trace"]),
            Wrong(["--disable-password-auth=maybe"], names: ["--disable-password-auth", "maybe", "true or false"]),
            Wrong(["--sqlite-synchronous", "off"], names: ["--sqlite-synchronous", "off", "full", "normal"]),
            Wrong(["--http-address", "127.0.0.1:65536"], names: ["--http-address", "127.0.0.1:65536", "65535"]),
            Wrong(["--http-address", "256.0.0.1:80"], names: ["--http-address", "256.0.0.1:80"]),
            Wrong(["--http-address", "127.0.0.1"], names: ["--http-address", "127.0.0.1", "port"]),
            Wrong(["--access-url", "ftp://usersd.test"], names: ["--access-url", "ftp://usersd.test", "http"]),
            Wrong(["--proxy-trusted-origins", "10.0.0.0/33"], names: ["--proxy-trusted-origins", "10.0.0.0/33"]),
            Wrong(["--prometheus-enable", "--prometheus-address", "here"], names: ["--prometheus-address", "here", "port"]),
            Wrong(["--log-format", "xml"], names: ["--log-format", "xml", "text", "json"]),
            Wrong(
                ["--strict-transport-security", "1", "--strict-transport-security-options", "preload,always"],
                names: ["--strict-transport-security-options", "always", "includeSubDomains"]),
            Wrong(
                ["--strict-transport-security-options", "preload"],
                names: ["--strict-transport-security-options", "needs --strict-transport-security"]),
            Wrong([], ["USERSD_LOOPS": "257"], names: ["USERSD_LOOPS", "257", "0 to 256"]),
            Wrong([], ["CODER_HOST_PREFIX_COOKIE": "so"], names: ["CODER_HOST_PREFIX_COOKIE", "so", "true or false"]),
            Wrong(["--frobnicate"], names: ["--frobnicate", "unknown"]),
            Wrong(["--frobnicate=1"], names: ["--frobnicate", "unknown"]),
            Wrong(["--Loops", "1"], names: ["--Loops", "unknown"]),
            Wrong(["--loops"], names: ["--loops", "needs a value", "0 to 256"]),
            Wrong(["loops"], names: ["loops"]),
        ]

        @Test("what is wrong with an option is named, and the status is 2", arguments: wrong)
        func wrongOption(_ row: Wrong) async throws {
            let process = try await Binary.run(
                ["serve", "--sqlite-path", ":memory:", "--http-address", "127.0.0.1:0"] + row.arguments, row.variables)
            #expect(process.status == 2)
            #expect(process.lines.count == 1)
            for name in row.names { #expect(process.log.contains(name), "\(process.log)") }
            #expect(process.output == "")
        }

        @Test("an unknown command ends with 2")
        func unknownCommand() async throws {
            let process = try await Binary.run(["frobnicate"])
            #expect(process.status == 2)
            #expect(process.log.contains("frobnicate"))
        }

        @Test("config prints each setting: a flag goes before a variable, a variable before the default")
        func precedence() async throws {
            let process = try await Binary.run(
                ["config", "--api-rate-limit", "9", "--disable-password-auth"],
                ["CODER_API_RATE_LIMIT": "7", "USERSD_LOOPS": "3", "USERSD_LOG_LEVEL": ""])
            #expect(process.status == 0)
            let lines = process.output.split(separator: "\n").map(String.init)
            for line in [
                "CODER_API_RATE_LIMIT=9", "USERSD_LOOPS=3", "USERSD_LOG_LEVEL=notice",
                "CODER_DISABLE_PASSWORD_AUTH=true",
                "CODER_HTTP_ADDRESS=127.0.0.1:3000", "CODER_PG_CONNECTION_URL=",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
        }

        @Test("config prints no secret, wherever it came from")
        func configWithSecret() async throws {
            let url = "postgresql://somebody:geheim@db.usersd.test/users?password=geheim"
            for process in [
                try await Binary.run(["config", "--postgres-url", url]),
                try await Binary.run(
                    ["config"],
                    [
                        "CODER_PG_CONNECTION_URL": url, "CODER_EMAIL_AUTH_PASSWORD": "geheim",
                        "CODER_NOTIFICATIONS_WEBHOOK_ENDPOINT": "https://hooks.usersd.test/geheim",
                    ]),
            ] {
                #expect(process.status == 0)
                #expect(process.output.contains("CODER_PG_CONNECTION_URL="))
                #expect(!process.output.contains("CODER_PG_CONNECTION_URL=\n"))
                #expect(!(process.output + process.log).contains("geheim"))
            }
        }

        @Test(
            "help, version and options answer with 0",
            arguments: [["--help"], ["help"], ["serve", "--help"], ["version"], ["options"]])
        func information(arguments: [String]) async throws {
            let process = try await Binary.run(arguments)
            #expect(process.status == 0)
            #expect(process.log == "")
            #expect(process.output.contains(arguments == ["version"] ? "v2.34.0" : "--http-address"))
        }

        @Test("no secret stands in the log, however much is logged", arguments: Backend.allCases)
        func logWithoutSecrets(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let place =
                    backend == .sqlite
                    ? database.arguments : ["--postgres-url", "\(database.location)&password=geheim"]
                let server = try await RunningServer.start(place + ["--log-level", "trace"])
                let token = try server.owner()
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                #expect(
                    try server.send(
                        "GET", "/api/v2/users/me?token=\(token)", token: "0123456789-ABCDEFGHIJKLMNOPQRSTUV"
                    ).status == 401)
                #expect(try server.send("GET", "/api/v2/users/me", token: String(token.dropLast()) + "!").status == 401)
                let wrong = #"{"email":"owner@usersd.test","password":"TheWrongPassword!"}"#
                #expect(try server.send("POST", "/api/v2/users/login", body: wrong).status == 401)
                #expect(try server.send("POST", "/api/v2/users/login", body: String(wrong.dropLast())).status == 400)
                #expect(try server.create("anna", token: token).status == 201)
                #expect(try server.create("anna", token: token).status == 409)
                #expect(try server.send("POST", "/api/v2/users/logout", token: token).status == 200)
                #expect(try await server.stop() == 0)
                let log = server.process.log + server.process.output
                #expect(log.contains("listening on"))
                let secret = try #require(token.split(separator: "-").last)
                for text in [
                    RunningServer.password, "TheWrongPassword", token, String(secret), String(secret.dropLast()),
                    "ABCDEFGHIJKLMNOPQRSTUV", "geheim", "$pbkdf2", "PRIVATE KEY",
                ] {
                    #expect(!log.contains(text), "\(text)")
                }
            }
        }
    }
}
