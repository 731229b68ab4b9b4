import Foundation
import Glibc
import JSON
import Synchronization
import TestSupport

/// A provider of the folder `Providers`, run by the Python that `Providers/install` made. It ends when we do: its
/// standard input is a socket of ours.
final class PythonProvider: Sendable {
    let process: Binary
    let issuer: String
    /// Our end of its standard input; nil once it is closed.
    private let input: Mutex<Int32?>

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Providers")
        .path

    static func path(_ script: String) -> String { "\(folder)/\(script)" }

    /// The venv's. `Scripts/test` says where it is.
    static func python() throws -> String {
        guard let folder = getenv("USERSD_TEST_PROVIDERS").map({ String(cString: $0) }), !folder.isEmpty else {
            throw SupportFault(
                "USERSD_TEST_PROVIDERS is not set: Providers/install FOLDER makes the folder that it names")
        }
        return "\(folder)/bin/python"
    }

    /// Starts one, and ends it when `body` is done, however that ends.
    /// - Parameter line: what it reads first.
    static func with<Value>(
        _ script: String, _ arguments: [String] = [], line: String? = nil,
        _ body: (PythonProvider) async throws -> Value
    ) async throws -> Value {
        let provider = try await PythonProvider(script, arguments, line: line)
        let result: Result<Value, any Error>
        do { result = .success(try await body(provider)) } catch { result = .failure(error) }
        try await provider.stop()
        return try result.get()
    }

    private init(_ script: String, _ arguments: [String], line: String?) async throws {
        var ends: [Int32] = [-1, -1]
        // Another process that a test starts must not keep it open.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SupportFault("no pair of sockets") }
        defer { close(ends[0]) }
        let process = try Binary(
            ["-u", Self.path(script)] + arguments, ["PYTHONDONTWRITEBYTECODE": "1"], program: try Self.python(),
            input: ends[0])
        self.process = process
        input = Mutex(ends[1])
        if let line {
            let bytes = Array("\(line)\n".utf8)
            guard write(ends[1], bytes, bytes.count) == bytes.count else { throw SupportFault("\(script) is gone") }
        }
        issuer = try await eventually("\(script) is ready; it says: \(process.log)") {
            if let status = process.status { throw SupportFault("\(script) ended with \(status): \(process.log)") }
            let output = process.output
            guard let end = output.firstIndex(of: "\n") else { return nil }
            return try JSONReader.only(Array(output[..<end].utf8))["issuer"]?.text
        }
    }

    deinit { _ = closeInput() }

    private func closeInput() -> Bool {
        input.withLock { input in
            guard let descriptor = input else { return false }
            close(descriptor)
            input = nil
            return true
        }
    }

    /// Closes its standard input and waits for its end. A second time does nothing.
    func stop() async throws {
        guard closeInput() else { return }
        let status = try await process.exit()
        guard status == 0 else { throw SupportFault("the provider ended with \(status): \(process.log)") }
    }

    var port: UInt16 { issuer.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// One request to the provider itself.
    func send(_ method: String, _ target: String, json: String) throws -> Reply {
        let socket = try ClientSocket(port: port)
        try socket.write(
            """
            \(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\
            Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)
            """)
        return try Reply(socket.readToEnd())
    }
}
