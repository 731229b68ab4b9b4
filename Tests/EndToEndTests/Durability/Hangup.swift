import Foundation
import Glibc
import Synchronization
import TestSupport

/// Stands where Postgres stood, at its Unix socket, and hangs up on whoever connects: what a server does that dies
/// between the connection and its first word.
final class Hangup: Sendable {
    private let descriptor: Int32
    private let path: String
    private let calls = Mutex(0)

    /// How many have been hung up on.
    var count: Int { calls.withLock { $0 } }

    init(at path: String) throws {
        self.path = path
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0, listen(descriptor, 16) == 0 else { throw SupportFault("cannot listen at \(path)") }
        Thread.detachNewThread { [self] in
            while true {
                let caller = accept(descriptor, nil, nil)
                guard caller >= 0 else { return }
                var word = [UInt8](repeating: 0, count: 64)
                _ = recv(caller, &word, word.count, 0)
                close(caller)
                calls.withLock { $0 += 1 }
            }
        }
    }

    /// Makes room for the real one.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        unlink(path)
    }
}
