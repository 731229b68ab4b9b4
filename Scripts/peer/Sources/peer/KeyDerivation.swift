import CryptoExtras
import Foundation

/// PBKDF2 as usersd stores passwords: SHA-256, 65,535 rounds, 64 bytes.
enum KeyDerivation {
    static func rate(seconds: Double) -> Double {
        let begin = Date()
        let group = DispatchGroup()
        let counts = Counts()
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
            group.enter()
            Thread.detachNewThread {
                while Date().timeIntervalSince(begin) < seconds {
                    _ = try? KDF.Insecure.PBKDF2.deriveKey(
                        from: Data("SomeSecurePassword!".utf8), salt: Data(repeating: 7, count: 16), using: .sha256,
                        outputByteCount: 64, unsafeUncheckedRounds: 65_535)
                    counts.add()
                }
                group.leave()
            }
        }
        group.wait()
        return Double(counts.total) / Date().timeIntervalSince(begin)
    }

    private final class Counts: @unchecked Sendable {
        // Guarded by `lock`.
        private(set) var total = 0
        private let lock = NSLock()

        func add() { lock.withLock { total += 1 } }
    }
}
