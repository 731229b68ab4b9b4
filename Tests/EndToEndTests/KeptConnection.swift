import Foundation
import TestSupport

/// A connection that is kept: a request, its whole answer, the next request.
final class KeptConnection {
    private let socket: ClientSocket
    private var buffer: [UInt8] = []

    init(_ server: RunningServer) throws { socket = try ClientSocket(port: server.port) }

    func send(_ method: String, _ target: String, token: String, body: String? = nil) throws -> Reply {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: usersd.test\r\nCoder-Session-Token: \(token)\r\n"
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        try socket.write("\(head)\r\n\(body ?? "")")
        return try reply()
    }

    private func reply() throws -> Reply {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let head = try Reply(String(decoding: buffer[..<range.upperBound], as: UTF8.self))
                let length = range.upperBound + (head.header("Content-Length").flatMap { Int($0) } ?? 0)
                while buffer.count < length { try fill() }
                defer { buffer.removeFirst(length) }
                return try Reply(String(decoding: buffer[..<length], as: UTF8.self))
            }
            try fill()
        }
    }

    private func fill() throws {
        guard let more = try socket.chunk() else { throw SupportFault("the server closed the connection") }
        buffer += more
    }
}

/// Runs work that waits on a thread of its own: Swift's pool has no thread to spare for it.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// The same for many at once.
func onThreads<Value: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (Int) throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for index in 0..<count { group.addTask { try await onThread { try work(index) } } }
        var values: [Value] = []
        for try await value in group { values.append(value) }
        return values
    }
}
