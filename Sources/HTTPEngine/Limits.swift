/// Every bound the engine enforces.
public struct Limits: Sendable {
    /// Bytes of a request line and its fields, the empty line included. Beyond: 431, or 414 while still in the
    /// request line.
    public var headBytes = 16 * 1024
    /// Field lines of one request. Beyond: 431.
    public var fieldCount = 100
    /// Bytes of a request body after decoding. Beyond: 413 (decisions.md #24).
    public var bodyBytes = 1 << 20
    /// Bytes of chunk-size lines, extensions and trailers of one chunked body. Beyond: 400.
    public var chunkOverheadBytes = 64 * 1024
    /// Unsent reply bytes of one connection beyond which it takes no further request.
    public var unsentBytes = 64 * 1024

    /// Connections of the process. At the limit the longest idle ones are closed, and listeners pause until one is.
    public var connections = 10_000
    /// Connections from one address (an IPv6 address's /64). Beyond: closed at once.
    public var connectionsPerAddress = 2_048
    /// Requests answered on one connection before it is closed.
    public var requestsPerConnection = 1_000_000
    /// Connections the kernel holds ready for `accept`.
    public var backlog: Int32 = 4_096

    /// Longest wait for a next request on an open connection, milliseconds. Then: closed.
    public var idleMilliseconds: UInt64 = 75_000
    /// The same while `connections` is reached and others wait to come in.
    public var crowdedIdleMilliseconds: UInt64 = 1_000
    /// Longest time from a head's first byte to its last. Then: 408.
    public var headMilliseconds: UInt64 = 10_000
    /// Longest time for a body. Then: 408.
    public var bodyMilliseconds: UInt64 = 30_000
    /// Longest time in which a client takes no byte of a reply. Then: closed.
    public var writeMilliseconds: UInt64 = 30_000
    /// How long a refused client may go on sending before its connection is cut.
    public var lingerMilliseconds: UInt64 = 1_000
    /// How long requests in flight may take when the server stops.
    public var drainMilliseconds: UInt64 = 10_000

    public init() {}
}
