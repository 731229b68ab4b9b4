internal import Glibc
public import Storage

/// The real time: for fakes that the binary talks to, which has no `TestClock`.
public enum WallClock {
    @Sendable public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
