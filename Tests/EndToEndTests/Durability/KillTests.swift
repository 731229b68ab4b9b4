import Foundation
import Glibc
import Testing
import TestSupport

extension EndToEndTests {
    /// The program, or Postgres, is killed again and again while everything that can be written is written: users,
    /// status, roles, tokens, passwords, profiles, settings, memberships, key pairs, prices. What was answered is
    /// there afterwards, and nothing is there in part.
    ///
    /// A few kills by default; `USERSD_TEST_KILLS=200` for a long run, `USERSD_TEST_SEED` for the same one again.
    @Suite(.serialized) struct KillTests {
        private static let writerCount = 4

        @Test("kill -9 of usersd at random moments of a mixed load", arguments: Backend.allCases)
        func program(on backend: Backend) async throws {
            try await Ground.with(backend) { ground in
                let begin = ContinuousClock.now
                var random = Seed(Seed.ofRun)
                var writers = (0..<Self.writerCount).map { Writer(number: $0, seed: Seed.ofRun) }
                var server = try await RunningServer.start(ground.arguments)
                let token = try server.owner()
                let kills = Seed.kills(orElse: 4)
                for round in 1...kills {
                    let run = "USERSD_TEST_SEED=\(Seed.ofRun) USERSD_TEST_KILLS=\(kills), kill \(round)"
                    let (count, pause) = Self.moment(&random)
                    let victim = server.process
                    writers = try await Self.write(writers, server, token, run, mayFail: false, after: count) {
                        usleep(pause)
                        victim.signal(SIGKILL)
                    }
                    #expect(try await victim.exit() == -SIGKILL, "\(run): \(victim.log)")
                    // Now and then the start that recovers is killed, too.
                    if round % 4 == 0 {
                        let early = try Binary(["serve", "--http-address", "127.0.0.1:0"] + ground.arguments)
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &random)))
                        early.signal(SIGKILL)
                        #expect(try await early.exit() == -SIGKILL, "\(run): \(early.log)")
                    }
                    server = try await RunningServer.start(ground.arguments)
                    try await Self.settle(&writers, server, token, ground, run)
                }
                #expect(try await server.stop() == 0)
                Self.tell("usersd on \(backend)", kills, writers, since: begin)
            }
        }

        /// After how many answers, and how many microseconds later, so that no step of a change is spared.
        private static func moment(_ random: inout Seed) -> (count: Int, pause: UInt32) {
            (Int.random(in: 1...50, using: &random), UInt32.random(in: 0...20_000, using: &random))
        }

        /// Runs the writers until `kill` has come about and each of them has noticed.
        private static func write(
            _ writers: [Writer], _ server: RunningServer, _ token: String, _ run: String, mayFail: Bool,
            after count: Int, kill: () async throws -> Void
        ) async throws -> [Writer] {
            let end = Ending()
            return try await withThrowingTaskGroup(of: Writer.self) { group in
                for writer in writers {
                    group.addTask {
                        try await onThread {
                            var writer = writer
                            do {
                                try writer.run(on: server, token, mayFail: mayFail, until: end)
                            } catch {
                                throw SupportFault("\(run): \(error)")
                            }
                            return writer
                        }
                    }
                }
                _ = try await eventually("\(run): \(count) changes are answered; it says \(server.process.log)") {
                    end.promises >= count ? true : nil
                }
                try await kill()
                end.come()
                var written: [Writer] = []
                for try await writer in group { written.append(writer) }
                return written.sorted { $0.number < $1.number }
            }
        }

        private static func settle(
            _ writers: inout [Writer], _ server: RunningServer, _ token: String, _ ground: Ground, _ run: String
        ) async throws {
            for index in writers.indices {
                let writer = writers[index]
                writers[index] = try await onThread {
                    var writer = writer
                    do {
                        try writer.settle(on: server, token, ground, run)
                    } catch {
                        throw SupportFault("\(run): \(error); it says \(server.process.log)")
                    }
                    return writer
                }
            }
            try ground.expectWhole(run)
        }

        /// Figures of a long run.
        private static func tell(
            _ what: String, _ kills: Int, _ writers: [Writer], since begin: ContinuousClock.Instant
        ) {
            let promises = writers.reduce(0) { $0 + $1.promises }
            #expect(promises > kills, "hardly anything was written")
            guard getenv("USERSD_TEST_KILLS") != nil else { return }
            print(
                "\(what): \(kills) kills, \(promises) answered changes, \((ContinuousClock.now - begin).components.seconds) s"
            )
        }

        @Test("kill -9 of a Postgres process, and an immediate shutdown, at random moments of the same load")
        func postgres() async throws {
            // Every answered commit is in the kernel's hands, so that it survives the end of the processes.
            let settings = "fsync = off\nsynchronous_commit = on\nfull_page_writes = off"
            try await Cluster.with(settings: settings) { cluster in
                let begin = ContinuousClock.now
                let ground = Ground(backend: .postgres, location: cluster.url)
                var random = Seed(Seed.ofRun)
                var writers = (0..<Self.writerCount).map { Writer(number: $0, seed: Seed.ofRun) }
                let server = try await RunningServer.start(ground.arguments)
                let token = try server.owner()
                let kills = Seed.kills(orElse: 2)
                for round in 1...kills {
                    let run = "USERSD_TEST_SEED=\(Seed.ofRun) USERSD_TEST_KILLS=\(kills), crash \(round)"
                    let (count, pause) = Self.moment(&random)
                    let choice = Int.random(in: 0..<1_000, using: &random)
                    writers = try await Self.write(writers, server, token, run, mayFail: true, after: count) {
                        usleep(pause)
                        if round % 2 == 0 {
                            try await cluster.stop(SIGQUIT)
                            try await cluster.start()
                        } else {
                            try cluster.killChild(choice)
                        }
                    }
                    _ = try await eventually("\(run): the database is back") {
                        (try? ground.sql("SELECT 1")).map { _ in true }
                    }
                    try await Self.settle(&writers, server, token, ground, run)
                }
                #expect(server.process.status == nil, "\(server.process.log)")
                #expect(try await server.stop() == 0)
                Self.tell("Postgres itself", kills, writers, since: begin)
            }
        }
    }
}
