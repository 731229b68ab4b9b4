internal import HTTP
internal import JSON
internal import JWTKit
internal import Storage
internal import Synchronization

/// A provider's signing keys (RFC 7517), fetched when first needed, and again for a token whose key is not among them:
/// providers change keys. Tokens of made-up keys cost the provider a fetch a minute at the most.
final class KeySet: Sendable {
    /// A public key and what its entry says of it.
    struct Key: Sendable {
        /// nil: the entry has none.
        let id: String?
        let algorithm: String?
        let kind: String
        let members: [JSONValue.Member]
    }

    enum Fault: Error, Sendable, Equatable {
        case unreachable(String)
        case noKey
        case badSignature
    }

    private struct State {
        var keys: [Key]?
        /// When they were last fetched anew for a token whose key was not there.
        var refetched: Timestamp?
        /// Some token was signed with one of them. Until then a set may be half made, and is asked for each time.
        var isProven = false

        /// A fetch that is under way costs nothing more.
        func mayRefetch(at now: Timestamp) -> Bool {
            !isProven || waiting != nil || refetched.map { $0.adding(seconds: KeySet.pause) <= now } ?? true
        }
        /// A fetch that is under way, and who waits for it.
        var waiting: [CheckedContinuation<Result<[Key], Fault>, Never>]?
    }

    private let url: String
    private let client: any Client
    private let state = Mutex(State())

    private static let keyLimit = 100
    /// Seconds between two fetches for keys that are not there.
    private static let pause: Int64 = 60

    init(url: String, client: any Client) {
        self.url = url
        self.client = client
    }

    /// Checks the signature of a compact token (RFC 7515 §3.1).
    func verify(_ token: String, keyID: String?, algorithm: String, at now: Timestamp) async throws(Fault) {
        let (known, mayRefetch) = state.withLock { ($0.keys, $0.mayRefetch(at: now)) }
        if let known {
            let fitting = Self.fitting(known, keyID, algorithm)
            if !fitting.isEmpty, await Self.isSigned(token, by: fitting, algorithm) {
                return state.withLock { $0.isProven = true }
            }
            // Without an id any key may be the one, so a new key looks like a wrong signature.
            if !fitting.isEmpty, keyID != nil || !mayRefetch { throw .badSignature }
            guard mayRefetch else { throw .noKey }
            state.withLock { $0.refetched = now }
        }
        let fitting = Self.fitting(try await fetch(), keyID, algorithm)
        guard !fitting.isEmpty else { throw .noKey }
        guard await Self.isSigned(token, by: fitting, algorithm) else { throw .badSignature }
        state.withLock { $0.isProven = true }
    }

    private static func fitting(_ keys: [Key], _ id: String?, _ algorithm: String) -> [Key] {
        keys.filter { key in
            (id == nil || key.id == nil || key.id == id) && (key.algorithm == nil || key.algorithm == algorithm)
                && key.kind == kind(of: algorithm)
        }
    }

    private static func kind(of algorithm: String) -> String {
        switch algorithm.prefix(2) {
        case "RS", "PS": "RSA"
        case "ES": "EC"
        default: "OKP"
        }
    }

    private static func isSigned(_ token: String, by keys: [Key], _ algorithm: String) async -> Bool {
        for key in keys {
            guard let verifier = await verifier(key, algorithm) else { continue }
            if (try? await verifier.verify(token, as: AnyPayload.self)) != nil { return true }
        }
        return false
    }

    /// A collection of this one key, for this one algorithm: what the token's header says decides nothing.
    private static func verifier(_ key: Key, _ algorithm: String) async -> JWTKeyCollection? {
        let members = key.members.filter { $0.name != "kid" && $0.name != "alg" }
        var writer = JSONWriter()
        // jwt-kit wants an id on every key.
        writer.value(
            .object(
                members + [JSONValue.Member("kid", .string("key")), JSONValue.Member("alg", .string(algorithm))]))
        guard let value = try? JWK(json: String(decoding: writer.bytes, as: UTF8.self)) else { return nil }
        let collection = JWTKeyCollection()
        guard (try? await collection.add(jwk: value, isDefault: true)) != nil else { return nil }
        return collection
    }

    /// Claims are read by our own reader; here only the signature counts.
    private struct AnyPayload: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    // MARK: Fetching

    /// One fetch at a time, however many ask.
    private func fetch() async throws(Fault) -> [Key] {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<[Key], Fault>, Never>) in
            let begins = state.withLock { state in
                if state.waiting != nil {
                    state.waiting?.append(continuation)
                    return false
                }
                state.waiting = [continuation]
                return true
            }
            guard begins else { return }
            Task {
                let result = await load()
                let waiting = state.withLock { state in
                    if case .success(let keys) = result { state.keys = keys }
                    defer { state.waiting = nil }
                    return state.waiting ?? []
                }
                for waiter in waiting { waiter.resume(returning: result) }
            }
        }
        return try result.get()
    }

    private func load() async -> Result<[Key], Fault> {
        let answer: ClientResponse
        do throws(ClientFault) { answer = try await client.send(ClientRequest("GET", url)) } catch {
            return .failure(.unreachable("the key set cannot be fetched: \(error.description)"))
        }
        guard answer.status == 200, let json = try? JSONReader.only(answer.body), let keys = json["keys"] else {
            return .failure(.unreachable("the key set's address answered \(answer.status) without a key set"))
        }
        return .success(keys.elements.prefix(Self.keyLimit).compactMap(Self.key))
    }

    /// - Returns: nil for keys that sign nothing for us: private or symmetric ones, and encryption.
    private static func key(_ entry: JSONValue) -> Key? {
        guard case .object(let members) = entry, entry["d"] == nil, entry["k"] == nil,
            ["sig", nil].contains(entry["use"]?.text), let kind = entry["kty"]?.text
        else { return nil }
        return Key(id: entry["kid"]?.text, algorithm: entry["alg"]?.text, kind: kind, members: members)
    }
}
