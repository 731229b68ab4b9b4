internal import Glibc

/// An IP address in network order; an IPv4 address is held as the last four bytes of ::ffff:0:0/96.
public struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(v4 address: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address)) }

    /// - Returns: nil when the text is neither an IPv4 nor an IPv6 address.
    public init?(parsing text: String) {
        // C would stop reading at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = withUnsafeBytes(of: v6) { PeerAddress(networkOrder: $0) }
    }

    /// The 16 bytes of an IPv6 address.
    public init(networkOrder bytes: UnsafeRawBufferPointer) {
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    public var v4: UInt32? { high == 0 && low >> 32 == 0xffff ? UInt32(truncatingIfNeeded: low) : nil }

    /// The network that limits count by: the address itself, or an IPv6 address's /64.
    public var network: PeerAddress { v4 == nil ? PeerAddress(high: high, low: 0) : self }

    public var description: String {
        if let v4 { return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)" }
        var words = (high.bigEndian, low.bigEndian)
        return withUnsafeBytes(of: &words) { bytes in
            let text = [CChar](unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer, count in
                inet_ntop(AF_INET6, bytes.baseAddress, buffer.baseAddress, socklen_t(buffer.count))
                count = buffer.count
            }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}

/// A network in CIDR notation: which addresses a proxy may have.
public struct AddressRange: Sendable {
    private let base: PeerAddress
    private let bits: Int

    /// - Parameter text: `10.0.0.0/8`, `fd00::/8`, or an address alone.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = PeerAddress(parsing: String(first)) else { return nil }
        let width = base.v4 == nil ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ 48...57 ~= $0 }), let number = Int(parts[1]),
                number <= width
            else {
                return nil
            }
            length = number
        }
        self.base = base
        bits = length + 128 - width
    }

    public func contains(_ address: PeerAddress) -> Bool {
        let highMask: UInt64 = bits >= 64 ? .max : bits == 0 ? 0 : .max << UInt64(64 - bits)
        let lowMask: UInt64 = bits <= 64 ? 0 : bits == 128 ? .max : .max << UInt64(128 - bits)
        return (address.high ^ base.high) & highMask == 0 && (address.low ^ base.low) & lowMask == 0
    }
}
