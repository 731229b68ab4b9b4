import Glibc
import HTTPEngine

/// A plain blocking socket. A server that never answers ends a read after five seconds, with an error.
final class Client {
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    struct Reply: Equatable {
        var status: Int
        var fields: [String]
        var body: String

        /// The first value under a name in lower case.
        func field(_ name: String) -> String? {
            fields.first { $0.lowercased().hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    private(set) var descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter receiveBuffer: bytes that the kernel keeps for us; a small number makes a slow reader.
    init(_ address: SocketAddress, receiveBuffer: Int32? = nil, from source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try check("socket", descriptor)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
        if let source { try check("bind", Self.with(source, 0) { bind(descriptor, $0, $1) }) }
        try check("connect", Self.with(address.host, address.port) { connect(descriptor, $0, $1) })
    }

    deinit { close() }

    private static func with(
        _ host: String, _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    private func check(_ call: String, _ result: Int32) throws {
        if result < 0 { throw Failure(call: call, code: errno) }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw Failure(call: "send", code: errno) }
            sent += count
        }
    }

    /// Whether bytes came; false at the end of the stream.
    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress!, $0.count, 0) }
        if count < 0 { throw Failure(call: "recv", code: errno) }
        buffer += chunk[..<count]
        return count > 0
    }

    /// The next reply; nil when the server closed instead.
    func reply(bodiless: Bool = false) throws -> Reply? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let lines = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var reply = Reply(
                    status: Int(lines[0].dropFirst(9).prefix(3)) ?? 0, fields: lines.dropFirst().map(String.init),
                    body: "")
                let length = bodiless ? 0 : reply.field("content-length").flatMap { Int($0) } ?? 0
                while buffer.count < range.upperBound + length {
                    guard try fill() else { throw Failure(call: "body", code: 0) }
                }
                reply.body = String(decoding: buffer[range.upperBound..<(range.upperBound + length)], as: UTF8.self)
                buffer.removeFirst(range.upperBound + length)
                return reply
            }
            guard try fill() else {
                if buffer.isEmpty { return nil }
                throw Failure(call: "head", code: 0)
            }
        }
    }

    /// Everything up to the end of the stream, as text. Throws when the connection is reset.
    func rest() throws -> String {
        while try fill() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// One request that keeps the connection, and its reply.
    func get(_ target: String) throws -> Reply? {
        try send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        return try reply()
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Leaves with a reset instead of a farewell.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}
