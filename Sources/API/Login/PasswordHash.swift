internal import Crypto
internal import CryptoExtras
internal import HTTP
public import Loops
internal import Synchronization

/// Coder's stored form of a password (auth.md §11): `$pbkdf2-sha256$<iterations>$<salt>$<hash>`, unpadded base64.
public enum PasswordHash {
    /// What Coder writes; verification takes the number from the stored text.
    public static let iterations = 65_535
    static let saltCount = 16
    static let hashCount = 64
    /// Work that a stored text may ask for: a damaged or hostile row must not hold a thread for hours.
    private static let iterationLimit = 10_000_000

    enum Fault: Error { case malformed }

    static func make(_ password: String, salt: [UInt8], iterations: Int = iterations) -> [UInt8] {
        text(derive(password, salt: salt, iterations: iterations), salt: salt, iterations: iterations)
    }

    static func text(_ key: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        let text = "$pbkdf2-sha256$\(iterations)$"
        return Array(text.utf8) + Base64.encode(salt, padded: false) + [36] + Base64.encode(key, padded: false)
    }

    /// Whether `password` makes `stored`, compared as whole texts in constant time.
    /// - Throws: when the stored text is not of this form.
    static func verify(_ password: String, against stored: [UInt8]) throws(Fault) -> Bool {
        let parts = stored.split(separator: 36, omittingEmptySubsequences: false)
        guard stored.count >= hashCount, parts.count == 5, parts[0].isEmpty,
            parts[1].elementsEqual("pbkdf2-sha256".utf8),
            let iterations = Int(String(decoding: parts[2], as: UTF8.self)), 1...iterationLimit ~= iterations,
            let salt = Base64.decode(parts[3], padded: false), Base64.decode(parts[4], padded: false) != nil
        else { throw .malformed }
        return ConstantTime.areEqual(make(password, salt: salt, iterations: iterations), stored)
    }

    private static func derive(_ password: String, salt: [UInt8], iterations: Int) -> [UInt8] {
        var text = Array(password.utf8)
        defer { Wipe.bytes(&text, count: text.count) }
        let key = try? KDF.Insecure.PBKDF2.deriveKey(
            from: text, salt: salt, using: .sha256, outputByteCount: hashCount,
            unsafeUncheckedRounds: iterations)
        guard let key else { fatalError("PBKDF2 refused parameters that are checked above") }
        return key.withUnsafeBytes { Array($0) }
    }
}

/// Hashes off the loops: 65,535 rounds take some ten milliseconds.
public struct PasswordHasher: Sendable {
    private let pool: Offload
    private let meter = HashMeter()
    private let ambient: Ambient
    private let iterations: Int
    /// What a sign-in without a stored password is compared with, at the same cost: a random key, which no password is
    /// known to make (decisions.md #16).
    private let decoy: [UInt8]

    /// - Parameter iterations: the cost of new hashes, in rounds.
    public init(pool: Offload, ambient: Ambient, iterations: Int = PasswordHash.iterations) {
        self.pool = pool
        self.ambient = ambient
        self.iterations = iterations
        decoy = PasswordHash.text(
            ambient.randomBytes(PasswordHash.hashCount), salt: ambient.randomBytes(PasswordHash.saltCount),
            iterations: iterations)
    }

    func hash(_ password: String) async throws(APIError) -> [UInt8] {
        let salt = ambient.randomBytes(PasswordHash.saltCount)
        let iterations = iterations
        return try await run { PasswordHash.make(password, salt: salt, iterations: iterations) }
    }

    /// False too when there is nothing stored, after the same work. nil: the stored text is damaged.
    func verify(_ password: String, against stored: [UInt8]) async throws(APIError) -> Bool? {
        let decoy = decoy
        return try await run {
            if stored.isEmpty {
                _ = try? PasswordHash.verify(password, against: decoy)
                return false
            }
            return try? PasswordHash.verify(password, against: stored)
        }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(APIError) -> Value {
        let (meter, ticks) = (meter, ambient.ticks)
        do throws(Overloaded) {
            return try await pool.run {
                let start = ticks()
                defer { meter.add(nanoseconds: ticks() - start) }
                return work()
            }
        } catch { throw .busy }
    }

    /// What was hashed since the start, and what waits.
    var figures: (count: UInt64, nanoseconds: UInt64, waiting: Int) {
        (meter.count, meter.nanoseconds, pool.waitingCount)
    }
}

/// Counts hashes on the threads of the pool.
private final class HashMeter: Sendable {
    private let counter = Atomic<UInt64>(0)
    private let time = Atomic<UInt64>(0)

    func add(nanoseconds: UInt64) {
        counter.wrappingAdd(1, ordering: .relaxed)
        time.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    var count: UInt64 { counter.load(ordering: .relaxed) }
    var nanoseconds: UInt64 { time.load(ordering: .relaxed) }
}
