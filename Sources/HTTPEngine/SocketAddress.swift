internal import CLinux
internal import Glibc
internal import HTTP
public import Loops

/// Where to listen: an IPv4 or IPv6 address and a TCP port.
public struct SocketAddress: Sendable, CustomStringConvertible {
    public let host: String
    public let port: UInt16

    /// - Parameter text: `host:port`, `[v6]:port` or `:port` (every IPv4 address). Port 0: the kernel chooses.
    /// - Returns: nil when the host is no address, or the port no number up to 65535.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].utf8.allSatisfy({ 48...57 ~= $0 }),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.isEmpty { host = "0.0.0.0" }
        if host == "localhost" { host = "127.0.0.1" }
        self.host = host
        self.port = port
        guard PeerAddress(parsing: host) != nil else { return nil }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    static func peer(_ storage: sockaddr_storage) -> PeerAddress {
        let family = Int32(storage.ss_family)
        return withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET {
                let address = bytes.loadUnaligned(as: sockaddr_in.self)
                return PeerAddress(v4: UInt32(bigEndian: address.sin_addr.s_addr))
            }
            return withUnsafeBytes(of: bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr) {
                PeerAddress(networkOrder: $0)
            }
        }
    }

    /// A listening socket that shares its port with the other loops' (SO_REUSEPORT).
    /// - Throws: what `bind` said; `isAddressInUse` when another process has the port.
    func listen(backlog: Int32, sharing: Bool) throws(SystemError) -> (descriptor: Int32, port: UInt16) {
        let descriptor = try bound(sharing: sharing)
        let number = descriptor.number
        // What the client has not taken stays with us, where it counts against `Limits.unsentBytes`, instead of in
        // megabytes of the kernel's. Accepted sockets inherit it.
        var unsent: Int32 = 65_536
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsent, socklen_t(MemoryLayout<Int32>.size))
        _ = try Syscall.checked("listen") { Glibc.listen(number, backlog) }
        return (descriptor.release(), try Self.localPort(number))
    }

    /// Holds the address until the engine listens: with port 0, the kernel chooses one now.
    /// - Throws: as `listen`.
    public func reserve() throws(SystemError) -> Reservation {
        // SO_REUSEPORT would let a second usersd of the same user join silently: one bind without it tells.
        if port != 0 { _ = try bound(sharing: false) }
        let descriptor = try bound(sharing: true)
        return Reservation(address: with(port: try Self.localPort(descriptor.number)), descriptor: descriptor)
    }

    /// A port that nobody else gets. It takes no connections.
    public final class Reservation: Sendable {
        public let address: SocketAddress
        private let descriptor: Descriptor

        fileprivate init(address: SocketAddress, descriptor: consuming Descriptor) {
            self.address = address
            self.descriptor = descriptor
        }
    }

    private func bound(sharing: Bool) throws(SystemError) -> Descriptor {
        let isV6 = host.contains(":")
        let descriptor = Descriptor(
            try Syscall.checked("socket") {
                socket(
                    isV6 ? AF_INET6 : AF_INET,
                    Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        let number = descriptor.number
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = try Syscall.checked("setsockopt") { setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &one, size) }
        if sharing {
            _ = try Syscall.checked("setsockopt") { setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &one, size) }
        }
        _ = try Syscall.checked("bind") { isV6 ? bindV6(number) : bindV4(number) }
        return descriptor
    }

    private func bindV4(_ descriptor: Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func bindV6(_ descriptor: Int32) -> Int32 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        inet_pton(AF_INET6, host, &address.sin6_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    private static func localPort(_ descriptor: Int32) throws(SystemError) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try Syscall.checked("getsockname") {
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
        }
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.loadUnaligned(as: sockaddr_in.self).sin_port) }
    }

    /// The same address with the port the kernel chose.
    func with(port: UInt16) -> SocketAddress { SocketAddress(host: host, port: port) }

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}
