public import JSON

/// A provider's keys: the pair of each algorithm that signs now, and what its key set shows.
public struct FakeProviderKeys: Sendable {
    public private(set) var rsa: SigningKey
    public private(set) var ec: SigningKey
    /// The keys in the key set, in order. Take some out, or put foreign ones in.
    public var published: [SigningKey]
    private var made: [SigningKey]

    init() throws {
        rsa = try .make(.rs256, id: "rsa-1")
        ec = try .make(.es256, id: "ec-1")
        published = [rsa, ec]
        made = published
    }

    /// New pairs sign from here on, and the key set shows them.
    /// - Parameter keepingOld: the key set shows the old ones too, as a provider does while tokens of theirs live.
    public mutating func rotate(keepingOld: Bool = false) throws {
        let generation = made.count / 2 + 1
        rsa = try .make(.rs256, id: "rsa-\(generation)")
        ec = try .make(.es256, id: "ec-\(generation)")
        published = [rsa, ec] + (keepingOld ? published : [])
        made += [rsa, ec]
    }

    public subscript(algorithm: SigningKey.Algorithm) -> SigningKey {
        switch algorithm {
        case .rs256: rsa
        case .es256: ec
        }
    }

    /// The key set (RFC 7517 §5).
    public func keySet() throws -> JSONValue { ["keys": .array(try published.map { try $0.jwk() })] }

    func giveBack() { for key in made { key.giveBack() } }
}
