import Glibc
import TestSupport

/// Postgres spoken to from outside of any database of a test.
enum PostgresShell {
    static func run(_ text: String, _ url: String) throws { _ = try PostgresSQL.run(text, url) }

    /// A session that does nothing but be there, on a server that trusts everybody.
    /// - Returns: its socket; nil when the server has no room.
    static func session(_ path: String, _ user: String, _ database: String) throws -> Int32? {
        let descriptor = try unixSocket(path)
        var message: [UInt8] = [0, 3, 0, 0]  // version 3.0 of the protocol
        for text in ["user", user, "database", database] { message += Array(text.utf8) + [0] }
        message.append(0)
        let packet = withUnsafeBytes(of: UInt32(message.count + 4).bigEndian) { Array($0) } + message
        _ = send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL))
        var first: UInt8 = 0
        // R: authenticated; E: an error.
        if recv(descriptor, &first, 1, 0) == 1, first == UInt8(ascii: "R") {
            // Until it is ready, it may still be refused.
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0, !String(decoding: buffer[..<count], as: UTF8.self).contains("FATAL") { return descriptor }
        }
        close(descriptor)
        return nil
    }
}
