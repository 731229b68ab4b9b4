internal import CLinux
internal import Glibc

/// The readiness of descriptors. The one file that knows epoll; kqueue would go here and nowhere else.
struct Epoll: ~Copyable {
    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity = 256

    init() throws(SystemError) {
        descriptor = Descriptor(try Syscall.checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        events = .allocate(capacity: capacity)
    }

    deinit { events.deallocate() }

    func add(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, number, interest, token)
    }

    func change(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, number, interest, token)
    }

    func remove(_ number: Int32) {
        _ = epoll_ctl(descriptor.number, EPOLL_CTL_DEL, number, nil)
    }

    /// Waits for readiness, at most `timeout` milliseconds (-1: for ever). Returns the number of events.
    func wait(_ timeout: Int32) -> Int {
        switch Syscall.nonBlocking({ Int(epoll_wait(descriptor.number, events, Int32(capacity), timeout)) }) {
        case .done(let count): return count
        case .wouldBlock, .failed: return 0
        }
    }

    func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        (events[index].data.u64, Readiness(rawValue: events[index].events))
    }

    private func control(
        _ operation: Int32, _ number: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = token
        _ = try Syscall.checked("epoll_ctl") { epoll_ctl(descriptor.number, operation, number, &event) }
    }
}

/// What to be told about; level-triggered.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let read = Interest(rawValue: 0x001)  // EPOLLIN
    public static let write = Interest(rawValue: 0x004)  // EPOLLOUT
    public static let peerClosed = Interest(rawValue: 0x2000)  // EPOLLRDHUP
}

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 0x001)
    public static let writable = Readiness(rawValue: 0x004)
    public static let failed = Readiness(rawValue: 0x008)  // EPOLLERR
    public static let hungUp = Readiness(rawValue: 0x010)  // EPOLLHUP
    public static let peerClosed = Readiness(rawValue: 0x2000)
}
