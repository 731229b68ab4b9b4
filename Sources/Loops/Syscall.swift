internal import CLinux
internal import Glibc

/// A failed system call: its name and `errno`, read at once.
public struct SystemError: Error, CustomStringConvertible, Sendable {
    public let call: StaticString
    public let code: Int32

    public init(_ call: StaticString, _ code: Int32) {
        self.call = call
        self.code = code
    }

    public var description: String { "\(call): \(String(cString: strerror(code)))" }
    public var isAddressInUse: Bool { code == EADDRINUSE }
    public var isPermissionDenied: Bool { code == EACCES || code == EPERM }
}

/// What a call on a non-blocking descriptor came to.
public enum Outcome: Sendable {
    case done(Int)  // bytes, or a descriptor
    case wouldBlock
    case failed(Int32)  // errno
}

public enum Syscall {
    /// Runs a call that answers -1 on failure, again for as long as a signal interrupts it.
    /// `EBADF` and `EFAULT` are bugs of ours: going on would act on somebody else's descriptor.
    public static func nonBlocking(_ call: () -> Int) -> Outcome {
        while true {
            let result = call()
            if result >= 0 { return .done(result) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case EBADF, EFAULT: fatalError("a system call was given a descriptor or address that is not ours")
            case let code: return .failed(code)
            }
        }
    }

    /// The same for calls that must succeed.
    /// - Throws: the call's name and `errno`.
    public static func checked(_ name: StaticString, _ call: () -> Int32) throws(SystemError) -> Int32 {
        switch nonBlocking({ Int(call()) }) {
        case .done(let result): return Int32(truncatingIfNeeded: result)
        case .wouldBlock: throw SystemError(name, EAGAIN)
        case .failed(let code): throw SystemError(name, code)
        }
    }

    /// Bytes from the kernel's generator, for keys and tokens.
    public static func fillRandom(_ buffer: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < buffer.count {
            let count = getrandom(buffer.baseAddress! + filled, buffer.count - filled, 0)
            if count > 0 { filled += count } else if errno != EINTR { fatalError("getrandom failed") }
        }
    }
}

/// A descriptor with one owner; closed with it.
public struct Descriptor: ~Copyable, Sendable {
    public let number: Int32

    public init(_ number: Int32) { self.number = number }

    /// A second descriptor of what `other` is one of.
    /// - Throws: `EBADF` when it is none, `EMFILE` when there are too many.
    public init(copying other: Int32) throws(SystemError) {
        let copy = fcntl(other, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl", errno) }
        number = copy
    }

    deinit { _ = Glibc.close(number) }

    /// Gives the descriptor away; the receiver closes it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}
