@testable import API
import HTTP
import Storage
import Testing

/// Counters are bounded: a flood from ever new networks takes neither memory nor time from the others.
@Suite struct RateCapacityTests {
    private static let capacity = 65_536
    private static let start = Timestamp(microseconds: 1_795_550_400_000_000)

    private static func network(_ number: Int) -> RateLimiter.Subject {
        .network(PeerAddress(high: UInt64(number) << 16, low: 1).network)
    }

    @Test("beyond the capacity newcomers share one counter, and whoever is known keeps their own")
    func flood() {
        let limiter = RateLimiter()
        for number in 0..<Self.capacity {
            #expect(!limiter.count(Self.network(number), route: 0, limit: 2, at: Self.start).isOver)
        }
        #expect(limiter.counterCount == Self.capacity)
        // Before a full table was swept once a minute only, each of these looked through all of it.
        let newcomers = (0..<5_000).map { number in
            limiter.count(Self.network(Self.capacity + number), route: 0, limit: 2, at: Self.start).isOver
        }
        #expect(newcomers.filter { !$0 }.count == 2)
        #expect(limiter.counterCount == Self.capacity + 1)
        #expect(limiter.count(Self.network(7), route: 0, limit: 2, at: Self.start).remaining == 0)
        #expect(limiter.count(Self.network(7), route: 0, limit: 2, at: Self.start).isOver)
    }

    @Test("counters that no window reaches any more make room")
    func sweep() {
        let limiter = RateLimiter()
        for number in 0..<Self.capacity { _ = limiter.count(Self.network(number), route: 0, limit: 2, at: Self.start) }
        let next = Self.start.adding(seconds: 60)
        // The last minute still counts.
        _ = limiter.count(Self.network(Self.capacity), route: 0, limit: 2, at: next)
        #expect(limiter.counterCount == Self.capacity + 1)
        let later = Self.start.adding(seconds: 180)
        for number in 0..<3 {
            #expect(
                limiter.count(Self.network(Self.capacity + 1 + number), route: 0, limit: 2, at: later).remaining == 1)
        }
        #expect(limiter.counterCount == 3)
    }
}
