import Glibc
import JSON
import StorageSQLite
import TestSupport

/// `usersd serve` on a port of its own.
struct RunningServer: Sendable {
    let process: Binary
    let port: UInt16

    static let password = "SomeSecurePassword!"

    /// Returns when the log says where it listens.
    static func start(_ arguments: [String], _ variables: [String: String] = [:]) async throws -> RunningServer {
        let process = try Binary(
            ["serve", "--http-address", "127.0.0.1:0", "--dangerous-disable-rate-limits", "--loops", "2"] + arguments,
            variables)
        let port: UInt16 = try await eventually("it listens; it says: \(process.log)") {
            if let status = process.status { throw SupportFault("it ended with \(status): \(process.log)") }
            let mark = "listening on http://127.0.0.1:"
            guard let range = process.log.firstRange(of: mark) else { return nil }
            let rest = process.log[range.upperBound...]
            guard let end = rest.firstIndex(where: { !$0.isNumber }) else { return nil }
            return UInt16(rest[..<end])
        }
        return RunningServer(process: process, port: port)
    }

    /// SIGTERM, and the exit status.
    func stop() async throws -> Int32 {
        process.signal(SIGTERM)
        return try await process.exit()
    }

    /// One request on a connection of its own.
    /// - Parameter cookies: a `Cookie` field's value.
    /// - Throws: when there is no whole answer.
    func send(
        _ method: String, _ target: String, token: String? = nil, cookies: String? = nil, body: String? = nil
    ) throws -> Reply {
        let socket = try ClientSocket(port: port)
        var head = "\(method) \(target) HTTP/1.1\r\nHost: usersd.test\r\nConnection: close\r\n"
        if let token { head += "Coder-Session-Token: \(token)\r\n" }
        if let cookies { head += "Cookie: \(cookies)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        try socket.write("\(head)\r\n\(body ?? "")")
        return try Reply(socket.readToEnd())
    }

    /// Creates the owner and signs in; returns the token.
    func owner() throws -> String {
        let answer = try send(
            "POST", "/api/v2/users/first",
            body: #"{"email":"owner@usersd.test","username":"owner","password":"\#(Self.password)"}"#)
        guard answer.status == 201 else { throw SupportFault("no first user: \(answer)") }
        return try signIn()
    }

    func signIn() throws -> String {
        let answer = try send(
            "POST", "/api/v2/users/login", body: #"{"email":"owner@usersd.test","password":"\#(Self.password)"}"#)
        guard let token = answer.json?["session_token"]?.text else { throw SupportFault("no session: \(answer)") }
        return token
    }

    /// Creates a user who signs in nowhere, so that no password is hashed.
    func create(_ name: String, token: String) throws -> Reply {
        try send(
            "POST", "/api/v2/users", token: token,
            body: """
                {"username":"\(name)","email":"\(name)@usersd.test","login_type":"none","user_status":"active",\
                "organization_ids":["00000000-0000-0000-0000-000000000000"]}
                """)
    }
}

struct Reply: Sendable, CustomStringConvertible {
    let status: Int
    let head: String
    let body: String

    init(_ text: String) throws {
        guard let range = text.firstRange(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw SupportFault("no answer: \(text)")
        }
        head = String(text[..<range.lowerBound])
        body = String(text[range.upperBound...])
        self.status = status
    }

    var json: JSONValue? { try? JSONReader.only(Array(body.utf8)) }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix("\(name.lowercased()):")
        {
            return String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        return nil
    }

    /// 503 as JSON, which says when to try again.
    var isTryAgain: Bool {
        status == 503 && header("Retry-After").flatMap { Int($0) } ?? 0 > 0
            && header("Content-Type")?.hasPrefix("application/json") == true
    }

    var description: String { "\(status) \(body)" }
}

/// A connection to a server on this machine. It waits half a minute for each byte.
final class ClientSocket {
    private let descriptor: Int32

    /// - Parameter source: an address of 127.0.0.0/8 to come from.
    init(port: UInt16, from source: String = "127.0.0.1") throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let code = [(source, UInt16(0), bind), ("127.0.0.1", port, connect)].reduce(Int32(0)) { code, step in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = step.1.bigEndian
            inet_pton(AF_INET, step.0, &address.sin_addr)
            return code != 0
                ? code
                : withUnsafePointer(to: &address) { [descriptor] in
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        step.2(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
        }
        guard code == 0 else { throw SupportFault("cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Leaves with a reset instead of a farewell.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SupportFault("the connection was lost") }
            rest = rest.dropFirst(count)
        }
    }

    /// What arrives until `mark` has.
    func read(until mark: String) throws -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(mark) {
            guard let more = try chunk() else {
                throw SupportFault("no \(mark) in \(String(decoding: bytes, as: UTF8.self))")
            }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        while let more = try chunk() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What has come, or comes within that time; empty when nothing does, nil at the end of the stream or its loss.
    func available(within milliseconds: Int32) -> [UInt8]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) > 0 else { return [] }
        return try? chunk()
    }

    func chunk() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw SupportFault("the connection was lost: \(String(cString: strerror(errno)))") }
        return count == 0 ? nil : Array(buffer[..<count])
    }
}
