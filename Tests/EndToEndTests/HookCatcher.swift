import Foundation
import Glibc
import JSON
import Synchronization
import TestSupport

/// An HTTP server that keeps what is posted to it and answers with the statuses it was given, the last one for ever.
/// What tells of accounts is taken with 200 and kept apart: nearly every test makes some.
final class HookCatcher: Sendable {
    private let listener: Listener
    private let requests = Mutex<[Request]>([])
    private let notices = Mutex<[Request]>([])

    struct Request: Sendable {
        let head: String
        let body: String
        var json: JSONValue? { try? JSONReader.only(Array(body.utf8)) }
        var holdsPasscode: Bool { json?["payload"]?["labels"]?["one_time_passcode"] != nil }
    }

    var port: UInt16 { listener.port }
    var all: [Request] { requests.withLock { $0 } }
    var accountNotices: [Request] { notices.withLock { $0 } }

    /// - Parameter head: further header lines of each answer.
    init(statuses: [Int] = [200], head: String = "") throws {
        let listener = try Listener()
        self.listener = listener
        Thread.detachNewThread { [weak self] in
            var count = 0
            while let connection = listener.take() {
                if let request = Self.read(connection) {
                    var status = 200
                    if request.holdsPasscode {
                        status = statuses[min(count, statuses.count - 1)]
                        count += 1
                        self?.requests.withLock { $0.append(request) }
                    } else {
                        self?.notices.withLock { $0.append(request) }
                    }
                    let answer = Array(
                        "HTTP/1.1 \(status) X\r\n\(head)Content-Length: 0\r\nConnection: close\r\n\r\n".utf8)
                    _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
                }
                Glibc.close(connection)
            }
        }
    }

    deinit { listener.close() }

    func request(_ index: Int = 0) async throws -> Request {
        try await eventually("request number \(index) arrives") { all.count > index ? all[index] : nil }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let length =
                    head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).filter(\.isNumber)) } ?? 0
                let body = String(text[end.upperBound...])
                if body.utf8.count >= length { return Request(head: head, body: body) }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }
}
