internal import Crypto
internal import CryptoExtras
internal import HTTP
public import Loops

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
        let key = derive(password, salt: salt, iterations: iterations)
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
        let key = try? KDF.Insecure.PBKDF2.deriveKey(
            from: Array(password.utf8), salt: salt, using: .sha256, outputByteCount: hashCount,
            unsafeUncheckedRounds: iterations)
        guard let key else { fatalError("PBKDF2 refused parameters that are checked above") }
        return key.withUnsafeBytes { Array($0) }
    }
}

/// Hashes off the loops: 65,535 rounds take some ten milliseconds.
public struct PasswordHasher: Sendable {
    private let pool: Offload
    private let ambient: Ambient
    private let iterations: Int
    /// What a sign-in without a stored password is compared with, at the same cost. Its password is random, so that
    /// nobody knows it (decisions.md #16).
    private let decoy: [UInt8]

    /// - Parameter iterations: the cost of new hashes, in rounds.
    public init(pool: Offload, ambient: Ambient, iterations: Int = PasswordHash.iterations) {
        self.pool = pool
        self.ambient = ambient
        self.iterations = iterations
        decoy = PasswordHash.make(
            ambient.randomAlphanumerics(32), salt: ambient.randomBytes(PasswordHash.saltCount), iterations: iterations)
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
        do throws(Overloaded) { return try await pool.run(work) } catch { throw .busy }
    }
}
