internal import API
internal import Glibc
internal import Loops
internal import Storage

/// The clock and the kernel's generator.
enum World {
    static func ambient() -> Ambient {
        let pool = RandomPool()
        return Ambient(now: now, ticks: ticks, fillRandom: pool.fill)
    }

    @Sendable static func randomID() -> UUID {
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words) { Syscall.fillRandom($0) }
        return UUID(random: words)
    }

    @Sendable static func ticks() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Sendable static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// Random bytes from the kernel, fetched some thousand at a time: a request needs a few, and a system call each would
/// cost more than the rest of its answer. Bytes that were given out are wiped.
///
/// `@unchecked Sendable`: `bytes` and `used` are touched only with `lock` held.
private final class RandomPool: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_spinlock_t>.allocate(capacity: 1)
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private var used = 4096

    init() { pthread_spin_init(lock, Int32(PTHREAD_PROCESS_PRIVATE)) }

    deinit {
        pthread_spin_destroy(lock)
        lock.deallocate()
        bytes.deallocate()
    }

    @Sendable func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let start = buffer.baseAddress, buffer.count <= bytes.count else { return Syscall.fillRandom(buffer) }
        pthread_spin_lock(lock)
        defer { pthread_spin_unlock(lock) }
        if used + buffer.count > bytes.count {
            Syscall.fillRandom(bytes)
            used = 0
        }
        let source = bytes.baseAddress! + used
        memcpy(start, source, buffer.count)
        explicit_bzero(source, buffer.count)
        used += buffer.count
    }
}
