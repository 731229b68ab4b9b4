import Foundation
import Glibc

/// The randomness of a run, which can be had again: a failure prints the seed, and `USERSD_TEST_SEED` takes it.
struct Seed: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(_ state: UInt64) { self.state = state }

    /// Of this run.
    static let ofRun: UInt64 = number("USERSD_TEST_SEED").map(UInt64.init) ?? .random(in: 0..<1_000_000_000)

    /// How often something is killed: `USERSD_TEST_KILLS`, or what a normal run has time for.
    static func kills(orElse few: Int) -> Int { number("USERSD_TEST_KILLS") ?? few }

    private static func number(_ variable: String) -> Int? {
        getenv(variable).flatMap { Int(String(cString: $0)) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
