import Foundation
import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// Files that a disk, a copy or another program has damaged. Which bytes: `USERSD_TEST_SEED`; how many files:
    /// `USERSD_TEST_KILLS`.
    @Suite(.serialized) struct DamageTests {
        /// The file of a server that was stopped, with some users in it.
        private static func stopped(in folder: String) async throws -> (path: String, token: String) {
            let path = "\(folder)/mine.sqlite"
            let server = try await RunningServer.start(["--sqlite-path", path])
            let token = try server.owner()
            for index in 0..<40 { #expect(try server.create("u\(index)", token: token).status == 201) }
            #expect(try await server.stop() == 0)
            return (path, token)
        }

        private static func bytes(_ path: String) throws -> [UInt8] {
            try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        }

        private static func write(_ bytes: [UInt8], _ path: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }

        private static func noise(_ count: Int, _ random: inout Seed) -> [UInt8] {
            (0..<count).map { _ in .random(in: 0...255, using: &random) }
        }

        @Test("after a stop the file alone is everything")
        func stopLeavesOneFile() async throws {
            try await withFolder { folder in
                let (path, token) = try await Self.stopped(in: folder)
                #expect((try? Self.bytes("\(path)-wal")) ?? [] == [])
                try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/copy.sqlite")
                let copy = try await RunningServer.start(["--sqlite-path", "\(folder)/copy.sqlite"])
                #expect(try copy.send("GET", "/api/v2/users/u39", token: token).status == 200)
                #expect(try await copy.stop() == 0)
            }
        }

        @Test("a start on a damaged file: one line with its path, status 1, and the file stays as it was, to the byte")
        func start() async throws {
            try await withFolder { folder in
                let (path, _) = try await Self.stopped(in: folder)
                let good = try Self.bytes(path)
                var random = Seed(Seed.ofRun)
                let page = 4_096
                var damaged: [(String, [UInt8])] = [
                    ("half a page is missing", Array(good.dropLast(2_000))),
                    ("a page is missing", Array(good.dropLast(page))),
                    ("half is missing", Array(good.prefix(good.count / 2 / page * page))),
                    ("one page is left", Array(good.prefix(page))), ("50 bytes are left", Array(good.prefix(50))),
                    ("noise", Self.noise(good.count, &random)),
                    ("noise behind the first page", good.prefix(page) + Self.noise(good.count - page, &random)),
                    ("zeros behind the first page", good.prefix(page) + Array(repeating: 0, count: good.count - page)),
                    ("a letter in the first word", [88] + good.dropFirst()),
                    ("text", Array(String(repeating: "no database ", count: 4_000).utf8)),
                ]
                for number in 2..<(2 + Seed.kills(orElse: 8)) {
                    let place = number % (good.count / page) * page
                    guard place > 0 else { continue }
                    damaged.append(
                        (
                            "noise in page \(number)",
                            good.prefix(place) + Self.noise(page, &random) + good.dropFirst(place + page)
                        ))
                }
                for (what, bytes) in damaged {
                    try Self.write(bytes, path)
                    let process = try await Binary.run(
                        ["serve", "--http-address", "127.0.0.1:\(try ClosedPort.any())", "--sqlite-path", path])
                    let run = "USERSD_TEST_SEED=\(Seed.ofRun), \(what): \(process.log)"
                    #expect(process.status == 1, "\(run)")
                    #expect(process.lines.count == 1 && process.log.contains(path), "\(run)")
                    #expect(["damaged", "malformed", "not a database"].contains { process.log.contains($0) }, "\(run)")
                    #expect(try Self.bytes(path) == bytes, "\(run)")
                }
            }
        }

        @Test("an empty file is a new one; beside a journal it is a loss, and is refused with everything kept")
        func empty() async throws {
            try await withFolder { folder in
                let path = "\(folder)/mine.sqlite"
                try Self.write([], path)
                let server = try await RunningServer.start(["--sqlite-path", path])
                _ = try server.owner()
                server.process.signal(SIGKILL)
                #expect(try await server.process.exit() == -SIGKILL)
                let journal = try Self.bytes("\(path)-wal")
                #expect(!journal.isEmpty)
                try Self.write([], path)
                let process = try await Binary.run(
                    ["serve", "--http-address", "127.0.0.1:0", "--sqlite-path", path])
                #expect(process.status == 1 && process.log.contains("\(path)-wal"), "\(process.log)")
                #expect(try Self.bytes(path) == [] && Self.bytes("\(path)-wal") == journal)
            }
        }

        @Test("a journal of noise, or one cut short, is passed over from where it makes no sense")
        func journal() async throws {
            try await withFolder { folder in
                let (path, token) = try await Self.stopped(in: folder)
                var random = Seed(Seed.ofRun)
                try Self.write(Self.noise(40_000, &random), "\(path)-wal")
                var server = try await RunningServer.start(["--sqlite-path", path])
                #expect(try server.send("GET", "/api/v2/users/u39", token: token).status == 200)
                for index in 0..<20 { #expect(try server.create("late\(index)", token: token).status == 201) }
                server.process.signal(SIGKILL)
                #expect(try await server.process.exit() == -SIGKILL)
                let (file, journal) = (try Self.bytes(path), try Self.bytes("\(path)-wal"))
                for _ in 0..<Seed.kills(orElse: 3) {
                    let length = Int.random(in: 0...journal.count, using: &random)
                    try Self.write(file, path)
                    try Self.write(Array(journal.prefix(length)), "\(path)-wal")
                    unlink("\(path)-shm")
                    server = try await RunningServer.start(["--sqlite-path", path])
                    #expect(try server.send("GET", "/api/v2/users/u39", token: token).status == 200)
                    #expect(try await server.stop() == 0)
                    try Ground(backend: .sqlite, location: path).expectWhole(
                        "USERSD_TEST_SEED=\(Seed.ofRun), \(length) of \(journal.count) bytes of the journal")
                }
            }
        }

        @Test(
            "bytes change under a running server: it answers, if only with 500 and the cause in the log, and stays up")
        func underway() async throws {
            try await withFolder { folder in
                let (path, token) = try await Self.stopped(in: folder)
                let good = try Self.bytes(path)
                var random = Seed(Seed.ofRun)
                for round in 0..<Seed.kills(orElse: 4) {
                    let run = "USERSD_TEST_SEED=\(Seed.ofRun), file \(round)"
                    unlink("\(path)-wal")
                    unlink("\(path)-shm")
                    try Self.write(good, path)
                    let server = try await RunningServer.start(["--sqlite-path", path])
                    let file = try #require(FileHandle(forUpdatingAtPath: path))
                    for _ in 0..<400 {
                        let page = Int.random(in: 1..<(good.count / 4_096), using: &random)
                        try file.seek(toOffset: UInt64(page * 4_096 + .random(in: 0..<4_096, using: &random)))
                        try file.write(contentsOf: Self.noise(round % 2 == 0 ? 1 : 40, &random))
                    }
                    try file.close()
                    for path in [
                        "users/me", "users", "users?q=u1", "users/u7", "users/u9/roles", "users/u9/gitsshkey",
                        "users/u3/keys/tokens", "organizations/coder/members", "users/u30/appearance",
                    ] {
                        let answer = try server.send("GET", "/api/v2/\(path)", token: token)
                        #expect(
                            [200, 400, 401, 403, 404, 500].contains(answer.status), "\(run): \(path) gives \(answer)")
                    }
                    for index in 0..<6 {
                        let answer = try server.create("late\(index)", token: token)
                        #expect([201, 401, 403, 404, 409, 500].contains(answer.status), "\(run): \(answer)")
                        _ = try server.send("DELETE", "/api/v2/users/u\(index)", token: token)
                        _ = try server.send("PUT", "/api/v2/users/u\(index)/status/suspend", token: token)
                    }
                    #expect(try server.send("GET", "/healthz").status == 200, "\(run)")
                    #expect(server.process.status == nil, "\(run): \(server.process.log)")
                    #expect(try await server.stop() == 0, "\(run): \(server.process.log)")
                }
            }
        }
    }
}
