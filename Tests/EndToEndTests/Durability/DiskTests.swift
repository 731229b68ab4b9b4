import Foundation
import Glibc
import JSON
import Testing
import TestSupport

extension EndToEndTests {
    /// The disk refuses while the program runs, or another process has the file: nothing is promised that is not
    /// stored, what can be answered is, and the program goes on by itself.
    @Suite(.serialized) struct DiskTests {
        /// The largest file that the process may write, bytes; nil: any. It needs no right to mount a small disk: the
        /// kernel refuses a write beyond it as it refuses one on a full disk, with another number.
        private static func limitFiles(of process: Binary, to size: Int?) throws {
            let limit = try Binary(
                ["--pid", "\(process.pid)", "--fsize=\(size.map { "\($0)" } ?? "unlimited"):"],
                program: "/usr/bin/prlimit")
            while limit.status == nil { usleep(1_000) }
            guard limit.status == 0 else { throw SupportFault("cannot limit the file size: \(limit.log)") }
        }

        private static func size(_ path: String) -> Int {
            (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }

        @Test("a full disk: 500 with the cause in the log, reads go on; with space again writes do, without a restart")
        func full() async throws {
            try await withFolder { folder in
                let path = "\(folder)/full.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                let token = try server.owner()
                var promised = ["owner"]
                for round in 0..<2 {
                    try Self.limitFiles(of: server.process, to: Self.size("\(path)-wal") + 50_000)
                    var refusals = 0
                    for index in 0..<200 where refusals < 8 {
                        let name = "u\(round)-\(index)"
                        let answer = try server.create(name, token: token)
                        if answer.status == 201 {
                            promised.append(name)
                            continue
                        }
                        refusals += 1
                        #expect(answer.status == 500, "\(answer)")
                        // What the caller was given leads to the cause.
                        let fault = try #require(answer.json?["detail"]?.text?.split(separator: " ").last)
                        let line = try await eventually("the log has fault \(fault)") {
                            server.process.lines.first { $0.contains(fault.dropLast()) }
                        }
                        #expect(line.contains("disk"), "\(answer): \(line)")
                    }
                    #expect(refusals == 8)
                    #expect(try server.send("GET", "/healthz").status == 200)
                    #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                    #expect(try server.send("GET", "/api/v2/users", token: token).status == 200)
                    let login = #"{"email":"owner@usersd.test","password":"\#(RunningServer.password)"}"#
                    // A small change may still fit.
                    let session = try server.send("POST", "/api/v2/users/login", body: login)
                    #expect([201, 500].contains(session.status), "\(session)")

                    try Self.limitFiles(of: server.process, to: nil)
                    #expect(try server.create("after\(round)", token: token).status == 201)
                    promised.append("after\(round)")
                    if let kept = session.json?["session_token"]?.text {
                        #expect(try server.send("GET", "/api/v2/users/me", token: kept).status == 200)
                    }
                    _ = try server.signIn()
                }
                #expect(try await server.stop() == 0)
                let names = try SQLiteFile.sql(path, "SELECT username FROM users WHERE is_system = 0").compactMap {
                    $0[0]
                }
                #expect(names.sorted() == promised.sorted())
                try Ground(backend: .sqlite, location: path).expectWhole("full disk")
            }
        }

        @Test("no space at the start: the seed says so, or the start ends; with space it starts")
        func fullAtStart() async throws {
            try await withFolder { folder in
                let path = "\(folder)/full.sqlite"
                for size in [0, 3_000, 60_000] {
                    let process = try Binary(
                        ["-c", #"ulimit -f "$1"; shift; exec "$@""#, "sh", "\(size / 1_024)", Binary.path, "serve"]
                            + ["--http-address", "127.0.0.1:0", "--sqlite-path", path], program: "/bin/bash")
                    #expect(try await process.exit() == 1, "\(size): \(process.log)")
                }
                let server = try await RunningServer.start(["--sqlite-path", path])
                _ = try server.owner()
                #expect(try await server.stop() == 0)
            }
        }

        @Test("another process holds the lock for longer than we wait: 503, reads go on, and it recovers by itself")
        func locked() async throws {
            try await withFolder { folder in
                let path = "\(folder)/locked.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                let token = try server.owner()
                let lock = try Lock(path)
                async let late = onThread { try server.create("late", token: token) }
                async let locked = Binary.run(["serve", "--http-address", "127.0.0.1:0", "--sqlite-path", path])
                #expect(try server.send("GET", "/healthz").status == 200)
                #expect(try server.send("GET", "/readyz").status == 200)
                #expect(try server.send("GET", "/api/v2/users/first").status == 200)
                // With a session, after a wait: the use of its key would be written.
                #expect(try server.send("GET", "/api/v2/users/me", token: token).status == 200)
                let answer = try await late
                #expect(answer.status == 503 && answer.header("Retry-After") != nil, "\(answer)")
                #expect(server.process.log.contains("the database cannot answer"), "\(server.process.log)")
                // Nor does a start wait for ever, and it says what it waited for.
                let second = try await locked
                #expect(second.status == 1 && second.log.contains(path) && second.log.contains("lock"), "\(second.log)")

                try lock.release()
                #expect(try server.send("GET", "/api/v2/users/late", token: token).status == 404)
                #expect(try server.create("late", token: token).status == 201)
                #expect(try await server.stop() == 0)
            }
        }

        @Test("a file and a folder that may not be written: refused with the path and the cause, and left as they are")
        func readOnly() async throws {
            try await withFolder { folder in
                let path = "\(folder)/mine.sqlite"
                let server = try await RunningServer.start(["--sqlite-path", path])
                #expect(try await server.stop() == 0)
                // Companions that are there would do: they need no right to make files.
                for companion in ["-wal", "-shm"] { unlink(path + companion) }
                let before = try Data(contentsOf: URL(fileURLWithPath: path))
                for (file, directory, target) in [
                    (0o400, 0o700, path), (0o600, 0o500, path), (0o600, 0o500, "\(folder)/new"),
                ] {
                    chmod(path, mode_t(file))
                    chmod(folder, mode_t(directory))
                    defer { chmod(folder, 0o700) }
                    // Root is asked for no permission, unless it gives that up.
                    let command = [Binary.path, "serve", "--http-address", "127.0.0.1:0", "--sqlite-path", target]
                    let isRoot = getuid() == 0
                    let process = try Binary(
                        isRoot
                            ? ["--bounding-set=-dac_override,-dac_read_search"] + command : Array(command.dropFirst()),
                        program: isRoot ? "/usr/bin/setpriv" : Binary.path)
                    #expect(try await process.exit() == 1)
                    #expect(process.lines.count == 1 && process.log.contains(target), "\(process.log)")
                    #expect(
                        ["Permission denied", "unable to open", "readonly"].contains { process.log.contains($0) },
                        "\(process.log)")
                }
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
                #expect(access("\(folder)/new", F_OK) != 0)
            }
        }
    }
}
