import Foundation
import Glibc
import TestSupport

/// An SMTP server that prints what it receives: Debian's `python3-aiosmtpd`.
struct MailCatcher: Sendable {
    let process: Binary
    let port: UInt16

    static func start() async throws -> MailCatcher {
        let port = try ClosedPort.any()
        let process = try Binary(
            [
                "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:\(port)", "-c", "aiosmtpd.handlers.Debugging",
                "stdout",
            ],
            ["PYTHONUNBUFFERED": "1"], program: "/usr/bin/python3")
        _ = try await eventually("the mail server takes connections") {
            if let status = process.status {
                throw SupportFault("no mail server (is python3-aiosmtpd installed?): \(status) \(process.log)")
            }
            guard let socket = try? ClientSocket(port: port) else { return nil as Bool? }
            _ = try socket.read(until: "220 ")
            try socket.write("QUIT\r\n")
            return true
        }
        return MailCatcher(process: process, port: port)
    }

    /// Every message so far, headers first.
    var all: [String] {
        let parts = process.output.components(separatedBy: "---------- MESSAGE FOLLOWS ----------\n").dropFirst()
        return parts.filter { $0.contains("------------ END MESSAGE ------------") }
    }

    /// Those about a password.
    var messages: [String] { all.filter { $0.contains("Subject: Reset your password\n") } }

    func message(_ index: Int = 0) async throws -> String {
        try await eventually("mail number \(index) arrives") { messages.count > index ? messages[index] : nil }
    }
}

enum ClosedPort {
    /// A port of this machine on which nobody listened a moment ago.
    static func any() throws -> UInt16 {
        let listener = try Listener()
        defer { listener.close() }
        return listener.port
    }
}

/// A listening socket on this machine.
final class Listener: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard code == 0 else { throw SupportFault("cannot listen: \(String(cString: strerror(errno)))") }
        port = address.sin_port.bigEndian
    }

    /// The next connection; nil when the socket was closed.
    func take() -> Int32? {
        let connection = accept(descriptor, nil, nil)
        return connection < 0 ? nil : connection
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
    }
}
