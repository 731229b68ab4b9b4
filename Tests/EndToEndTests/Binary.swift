import Foundation
import Glibc
import Synchronization
import TestSupport

/// The built program `usersd`, started as an operator starts it.
final class Binary: Sendable {
    let pid: pid_t
    private let folder: String
    private let ended = Mutex<Int32?>(nil)

    /// Beside the test bundle, wherever that is.
    static let path: String = {
        var folders = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map {
            ($0 as NSString).deletingLastPathComponent
        }
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            folders.append((own as NSString).deletingLastPathComponent)
        }
        return folders.map { "\($0)/usersd" }.first { access($0, X_OK) == 0 } ?? "usersd"
    }()

    /// The environment is `variables` and nothing else.
    /// - Parameters:
    ///   - input: a descriptor to read from; nil: standard input is empty.
    ///   - errors: a descriptor for standard error; nil: `log` has it.
    init(
        _ arguments: [String], _ variables: [String: String] = [:], program: String = Binary.path, input: Int32? = nil,
        errors: Int32? = nil
    ) throws {
        folder = try temporaryFolder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "\(folder)/stdout", flags, 0o600)
        if let errors {
            posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "\(folder)/stderr", flags, 0o600)
        }
        // The threads of the test runner block every signal, and a mask is inherited.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder]
        environment.merge(variables) { $1 }
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        let settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, words, settings)
        self.pid = pid
        guard code == 0 else { throw SupportFault("cannot start \(program): \(String(cString: strerror(code)))") }
    }

    /// Only this process; it is ours.
    deinit {
        if ended.withLock({ $0 }) == nil {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var output: String { (try? String(contentsOfFile: "\(folder)/stdout", encoding: .utf8)) ?? "" }
    var log: String { (try? String(contentsOfFile: "\(folder)/stderr", encoding: .utf8)) ?? "" }
    /// What stands on standard error, by line.
    var lines: [String] { log.split(separator: "\n").map(String.init) }

    func signal(_ number: Int32) { kill(pid, number) }

    /// The exit status, or the negative number of the signal that ended the process; nil while it runs.
    var status: Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            ended = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
            return ended
        }
    }

    func exit() async throws -> Int32 {
        try await eventually("process \(pid) ends, which says: \(log)") { status }
    }

    /// Runs it to its end.
    static func run(_ arguments: [String], _ variables: [String: String] = [:]) async throws -> Binary {
        let process = try Binary(arguments, variables)
        _ = try await process.exit()
        return process
    }
}

/// Asks again and again until there is an answer; a minute is for ever.
func eventually<Value>(_ what: @autoclosure () -> String, _ question: () async throws -> Value?) async throws -> Value {
    for _ in 0..<6_000 {
        if let answer = try await question() { return answer }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw SupportFault("for a minute we waited in vain until \(what())")
}

/// A folder that goes away with everything in it.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
