internal import Crypto
internal import Loops

/// `<id>-<secret>`: 10 and 22 characters of `0-9A-Za-z` (auth.md §9.1). Only the SHA-256 of the secret is stored.
struct KeySecret: Sendable {
    static let idCount = 10
    static let secretCount = 22

    let id: String
    private var secret: [UInt8]

    /// Why a text is no token.
    enum Fault: Error {
        case parts(Int)
        case idLength(Int)
        case secretLength(Int)

        var detail: String {
            switch self {
            case .parts(let count): "The session token has \(count) parts separated by a hyphen, not 2."
            case .idLength(let count): "The id of the session token has \(count) characters, not \(KeySecret.idCount)."
            case .secretLength(let count):
                "The secret of the session token has \(count) characters, not \(KeySecret.secretCount)."
            }
        }
    }

    /// Splits a presented token.
    init(parsing token: ArraySlice<UInt8>) throws(Fault) {
        var hyphen = token.endIndex
        var partCount = 1
        for index in token.indices where token[index] == 45 {
            if partCount == 1 { hyphen = index }
            partCount += 1
        }
        guard partCount == 2 else { throw .parts(partCount) }
        let (first, second) = (token[..<hyphen], token[(hyphen + 1)...])
        guard first.count == Self.idCount else { throw .idLength(first.count) }
        guard second.count == Self.secretCount else { throw .secretLength(second.count) }
        id = String(decoding: first, as: UTF8.self)
        secret = Array(second)
    }

    init(random ambient: Ambient) {
        id = ambient.randomAlphanumerics(Self.idCount)
        secret = Array(ambient.randomAlphanumerics(Self.secretCount).utf8)
    }

    /// The whole token: returned once, when it is made.
    var token: String { "\(id)-\(String(decoding: secret, as: UTF8.self))" }

    /// SHA-256 of the secret, 32 bytes.
    var hash: [UInt8] { withHash { Array($0) } }

    /// Call it when the secret has done its work.
    mutating func wipe() { Wipe.bytes(&secret, count: secret.count) }

    func matches(_ stored: [UInt8]) -> Bool {
        withHash { hash in stored.withUnsafeBytes { ConstantTime.areEqual(hash, $0) } }
    }

    /// Without an array for the hash: every request comes by here.
    private func withHash<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var function = SHA256()
        secret.withUnsafeBytes { function.update(bufferPointer: $0) }
        let hash = function.finalize()
        // The function keeps its last block, which is the secret, and is freed as it stands: a whole block of nothing
        // takes its place.
        Self.nothing.withUnsafeBytes { function.update(bufferPointer: $0) }
        return hash.withUnsafeBytes(body)
    }

    private static let nothing = [UInt8](repeating: 0, count: SHA256.blockByteCount)
}

enum ConstantTime {
    /// Compares without telling by time where the first difference is. Lengths are no secret.
    static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.withUnsafeBytes { a in b.withUnsafeBytes { areEqual(a, $0) } }
    }

    static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return difference == 0
    }
}
