import Foundation
import Glibc
import TestSupport

/// A Postgres of a test's own, in `folder`, to be stopped and killed.
struct Cluster: Sendable {
    let folder: String
    let url: String

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Scripts/postgres").path

    /// Lines of postgresql.conf for a server that nobody kills.
    static let quick = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"

    /// - Parameter settings: lines of postgresql.conf.
    static func with<Value>(
        settings: String = quick, _ body: (Cluster) async throws -> Value
    ) async throws -> Value {
        let folder = try temporaryFolder()
        let start = try Binary(["start", folder], ["USERSD_POSTGRES_SETTINGS": settings], program: script)
        guard try await start.exit() == 0 else { throw SupportFault("no Postgres: \(start.log)") }
        let url = start.output.split(separator: "\n").last.map(String.init) ?? ""
        let result: Result<Value, any Error>
        do { result = .success(try await body(Cluster(folder: folder, url: url))) } catch {
            result = .failure(error)
        }
        _ = try await Binary(["stop", folder], program: script).exit()
        return try result.get()
    }

    /// The server, by the number that it wrote down.
    func pid() throws -> pid_t {
        let text = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        guard let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }), pid > 1 else {
            throw SupportFault("no pid of Postgres")
        }
        return pid
    }

    /// - Parameter number: SIGINT ends sessions first; SIGQUIT is the immediate shutdown, which the next start recovers
    ///   from.
    func stop(_ number: Int32 = SIGINT) async throws {
        let pid = try pid()
        kill(pid, number)
        _ = try await eventually("Postgres ends") { kill(pid, 0) == 0 ? nil : true }
    }

    /// With the command that the server itself wrote down, as the user whom the data belongs to.
    func start() async throws {
        let options = try String(contentsOfFile: "\(folder)/data/postmaster.opts", encoding: .utf8)
        guard let program = options.split(separator: " ").first.map(String.init) else {
            throw SupportFault("no command of Postgres")
        }
        let data = try FileManager.default.attributesOfItem(atPath: "\(folder)/data")
        guard let owner = data[.ownerAccountID], let group = data[.groupOwnerAccountID] else {
            throw SupportFault("no owner of Postgres's data")
        }
        var command = [program, "-D", "\(folder)/data"]
        if getuid() == 0 {
            command =
                ["setpriv", "--reuid=\(owner)", "--regid=\(group)", "--clear-groups"] + command
        }
        // The shell ends at once; the server stays, to be stopped by its pid.
        let shell = try Binary(
            ["-c", #""$@" >/dev/null 2>&1 </dev/null &"#, "sh"] + command, program: "/bin/sh")
        guard try await shell.exit() == 0 else { throw SupportFault("cannot start Postgres: \(shell.log)") }
    }

    /// SIGKILL for one of the server's processes: all of them end, and it recovers as after a crash.
    func killChild(_ choice: Int) throws {
        let pid = try pid()
        let text = try String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        let children = text.split(separator: " ").compactMap { pid_t($0) }
        guard !children.isEmpty else { throw SupportFault("Postgres has no processes") }
        kill(children[choice % children.count], SIGKILL)
    }
}
