import Foundation
import Glibc
import JSON
import TestSupport
import Testing

extension EndToEndTests {
    /// What others on the machine can see of the process.
    @Suite(.serialized) struct SecretTests {
        private static func file(_ name: String, of server: RunningServer) throws -> String {
            try file(name, of: server.process.pid)
        }

        /// Read to its end: the kernel tells no size of such a file, and Foundation's short cuts stop at a page.
        private static func file(_ name: String, of pid: pid_t) throws -> String {
            let path = "/proc/\(pid)/\(name)"
            guard let handle = FileHandle(forReadingAtPath: path), let bytes = try handle.readToEnd() else {
                throw SupportFault("cannot read \(path)")
            }
            return String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
        }

        @Test("secrets leave the list of processes and the environment when they are read")
        func titles() async throws {
            try await TestDatabase.with(.sqlite) { database in
                let hook = "http://127.0.0.1:9/hook-secret"
                let server = try await RunningServer.start(
                    database.arguments + [
                        "--notifications-webhook-endpoint", hook, "--email-auth-password=mail-secret",
                    ],
                    [
                        "CODER_OAUTH2_GITHUB_CLIENT_ID": "usersd", "CODER_OAUTH2_GITHUB_CLIENT_SECRET": "github-secret",
                        "CODER_OAUTH2_GITHUB_ALLOW_EVERYONE": "true", "CODER_OIDC_SIGN_IN_TEXT": "kept",
                    ])
                let (line, variables) = (try Self.file("cmdline", of: server), try Self.file("environ", of: server))
                for secret in ["hook-secret", "mail-secret", "github-secret"] {
                    #expect(!line.contains(secret) && !variables.contains(secret), "\(line) \(variables)")
                }
                #expect(line.contains("--notifications-webhook-endpoint xxx"))
                #expect(line.contains("--email-auth-password=xxxxxxxxxxx ") && line.contains(database.location))
                #expect(variables.contains("CODER_OIDC_SIGN_IN_TEXT=kept"))
                let limits = try Self.file("limits", of: server).split(separator: "\n")
                let core = limits.first { $0.hasPrefix("Max core file size") }?.split(separator: " ")
                #expect(core?[4...5] == ["0", "0"])
                #expect(try await server.stop() == 0)
            }
        }

        @Test("a token is in no memory of the process when its request is over", arguments: Backend.allCases)
        func memory(on backend: Backend) async throws {
            try await TestDatabase.with(backend) { database in
                let server = try await RunningServer.start(database.arguments)
                let token = try server.owner()
                let made = try server.send("POST", "/api/v2/users/me/keys/tokens", token: token, body: "{}")
                guard let key = made.json?["key"]?.text else { throw SupportFault("no token: \(made)") }
                // Another process gave the token out, so that its making has left nothing.
                #expect(try await server.stop() == 0)
                let second = try await RunningServer.start(database.arguments)
                for _ in 0..<20 {
                    #expect(try second.send("GET", "/api/v2/users/me", token: key).status == 200)
                    #expect(try second.send("PUT", "/api/v2/users/me/appearance", token: key, body: "{}").status == 400)
                    #expect(
                        try second.send(
                            "GET", "/api/v2/users/me", cookies: "coder_session_token=\(key)"
                        ).status == 200)
                }
                // Its secret half alone, too: that is what is hashed.
                let secret = try #require(key.split(separator: "-").last.map(String.init))
                #expect(try Self.occurrences(of: key, in: second.process.pid) == 0)
                #expect(try Self.occurrences(of: secret, in: second.process.pid) == 0)
                #expect(try Self.occurrences(of: "owner@usersd.test", in: second.process.pid) > 0)
                #expect(try await second.stop() == 0)
            }
        }

        @Test("a server on SQLite without mail and providers loads neither libpq nor libcurl")
        func libraries() async throws {
            for (backend, expected) in [(Backend.sqlite, false), (.postgres, true)] {
                try await TestDatabase.with(backend) { database in
                    let server = try await RunningServer.start(database.arguments)
                    #expect(try server.send("GET", "/healthz").status == 200)
                    let maps = try Self.file("maps", of: server)
                    #expect(maps.contains("/libpq.so") == expected)
                    #expect(!maps.contains("/libcurl.so"))
                    #expect(maps.contains("/libsqlite3.so"))
                    #expect(try await server.stop() == 0)
                }
            }
        }

        /// In every page that the process may write.
        private static func occurrences(of text: String, in pid: pid_t) throws -> Int {
            let memory = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
            guard memory >= 0 else { throw SupportFault("cannot read the memory of \(pid)") }
            defer { close(memory) }
            var count = 0
            for line in try file("maps", of: pid).split(separator: "\n") {
                let parts = line.split(separator: " ")
                let range = parts[0].split(separator: "-").compactMap { Int($0, radix: 16) }
                guard parts[1].hasPrefix("rw"), range.count == 2 else { continue }
                var bytes = Data(count: range[1] - range[0])
                let read = bytes.withUnsafeMutableBytes { pread(memory, $0.baseAddress, $0.count, off_t(range[0])) }
                guard read > 0 else { continue }
                bytes.withUnsafeBytes { buffer in
                    var start = buffer.baseAddress!
                    let end = start + read - text.utf8.count
                    while start < end, let found = memchr(start, Int32(text.utf8.first!), end - start) {
                        if memcmp(found, text, text.utf8.count) == 0 { count += 1 }
                        start = UnsafeRawPointer(found) + 1
                    }
                }
            }
            return count
        }

        private static func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }

        @Test("SQLite's files are for their owner only, whatever the umask", arguments: ["000", "027", "277", "777"])
        func modes(umask: String) async throws {
            try await withFolder { folder in
                let path = "\(folder)/users.sqlite"
                let shell = try Binary(
                    ["-c", #"umask "$1"; exec "$0" serve --http-address 127.0.0.1:0 --sqlite-path "$2""#, Binary.path]
                        + [umask, path], program: "/bin/sh")
                _ = try await eventually("it listens: \(shell.log)") { shell.log.contains("listening on") ? true : nil }
                for name in ["", "-wal", "-shm"] {
                    #expect(try Self.mode(path + name) == 0o600, "\(name)")
                }
                shell.signal(SIGTERM)
                #expect(try await shell.exit() == 0)
                let copy = try Binary(
                    ["-c", #"umask "$1"; exec "$0" backup "$2.copy" --sqlite-path "$2""#, Binary.path, umask, path],
                    program: "/bin/sh")
                #expect(try await copy.exit() == 0, "\(copy.log)")
                #expect(try Self.mode("\(path).copy") == 0o600)
            }
        }
    }
}
