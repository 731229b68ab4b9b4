import Foundation
import Glibc
import Synchronization
import TestSupport

/// The way between usersd and a Postgres: TCP in front, Postgres's Unix socket behind, and every fault between that
/// a real network has.
final class FaultyNetwork: Sendable {
    struct Faults: Sendable {
        /// Bytes in this direction are taken and do not arrive, until this ends.
        var holdsRequests = false
        var holdsReplies = false
        /// Whoever connects is turned away.
        var isCut = false
        /// Each connection is cut in the middle of a reply, when so many bytes have passed.
        var replyBytes: Int?
    }

    let port: UInt16
    private let listener: Int32
    private let server: String
    private let faults = Mutex(Faults())
    private let lines = Mutex<[Line]>([])

    /// Two sockets, which are closed when both directions have ended.
    private final class Line: Sendable {
        let client: Int32
        let server: Int32
        private let left = Mutex(2)
        private let passed = Mutex(0)
        private let silent = Mutex(false)

        init(_ client: Int32, _ server: Int32) {
            self.client = client
            self.server = server
        }

        var isOpen: Bool { left.withLock { $0 == 2 } }

        /// Nothing passes any more, and nobody is told.
        var isSilent: Bool {
            get { silent.withLock { $0 } }
            set { silent.withLock { $0 = newValue } }
        }

        func cut() {
            left.withLock { left in
                guard left > 0 else { return }
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(server, Int32(SHUT_RDWR))
            }
        }

        func directionEnded() {
            cut()
            left.withLock { left in
                left -= 1
                guard left == 0 else { return }
                close(client)
                close(server)
            }
        }

        /// How many of `count` bytes may pass, when `limit` may in all.
        func allowance(_ count: Int, of limit: Int) -> Int {
            passed.withLock { passed in
                let allowed = max(0, min(count, limit - passed))
                passed += allowed
                return allowed
            }
        }
    }

    /// - Parameter folder: where Postgres's socket is.
    private init(_ folder: String) throws {
        server = "\(folder)/.s.PGSQL.5432"
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { [listener] in
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 64) == 0 ? getsockname(listener, $0, &size) : -1
            }
        }
        guard code == 0 else { throw SupportFault("no port for the network: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// In front of the Postgres of `folder`, for as long as `body` runs.
    static func with<Value>(_ folder: String, _ body: (FaultyNetwork) async throws -> Value) async throws -> Value {
        let network = try FaultyNetwork(folder)
        Thread.detachNewThread { network.takeConnections() }
        defer {
            shutdown(network.listener, Int32(SHUT_RDWR))
            network.set { $0 = Faults(isCut: true) }
            network.cut()
        }
        return try await body(network)
    }

    /// In front of the throw-away server on which `database` is.
    static func with<Value>(
        _ database: TestDatabase, _ body: (FaultyNetwork) async throws -> Value
    ) async throws -> Value {
        guard let folder = try database.sql("SELECT current_setting('unix_socket_directories')")[0][0] else {
            throw SupportFault("no folder of Postgres")
        }
        return try await with(folder, body)
    }

    func url(_ database: String) -> String { "postgresql://usersd@127.0.0.1:\(port)/\(database)" }

    func url(_ database: TestDatabase) throws -> String {
        url(try database.sql("SELECT current_database()")[0][0] ?? "")
    }

    func set(_ change: (inout Faults) -> Void) { faults.withLock { change(&$0) } }

    /// Every connection ends, in the middle of whatever it is doing.
    func cut() { for line in lines.withLock({ $0 }) { line.cut() } }

    /// The connections that exist are forgotten: they stay open and are silent for ever. New ones are served.
    func forget() { for line in lines.withLock({ $0 }) { line.isSilent = true } }

    private func takeConnections() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 { break }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            guard !faults.withLock({ $0.isCut }), let server = try? unixSocket(server) else {
                close(client)
                continue
            }
            let line = Line(client, server)
            lines.withLock { lines in
                lines.removeAll { !$0.isOpen }
                lines.append(line)
            }
            Thread.detachNewThread { self.pass(line, isReply: false) }
            Thread.detachNewThread { self.pass(line, isReply: true) }
        }
        close(listener)
    }

    private func pass(_ line: Line, isReply: Bool) {
        let (from, to) = isReply ? (line.server, line.client) : (line.client, line.server)
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            var count = recv(from, &buffer, buffer.count, 0)
            if count <= 0 { break }
            while line.isOpen, line.isSilent || faults.withLock({ isReply ? $0.holdsReplies : $0.holdsRequests }) {
                usleep(5_000)
            }
            var isLast = false
            if isReply, let limit = faults.withLock({ $0.replyBytes }) {
                let allowed = line.allowance(count, of: limit)
                isLast = allowed < count
                count = allowed
            }
            guard Self.sendAll(to, buffer[..<count]), !isLast else { break }
        }
        line.directionEnded()
    }

    private static func sendAll(_ socket: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// A connection to the Unix socket at `path`.
func unixSocket(_ path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isFitting = withUnsafeMutableBytes(of: &address.sun_path) { room in
        let bytes = Array(path.utf8)
        guard bytes.count < room.count else { return false }
        room.copyBytes(from: bytes)
        return true
    }
    guard isFitting else { throw SupportFault("too long for a socket: \(path)") }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard code == 0 else {
        close(descriptor)
        throw SupportFault("cannot connect to \(path): \(String(cString: strerror(errno)))")
    }
    return descriptor
}
