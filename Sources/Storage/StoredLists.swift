internal import JSON

/// Lists as both backends hand them over: JSON texts that our own statements make.
public enum StoredLists {
    /// `["a","b"]`
    /// - Throws: `.broken` for anything else.
    public static func strings(_ text: [UInt8]) throws(StorageError) -> [String] {
        if text == [91, 93] { return [] }
        guard case .array(let elements)? = try? JSONReader.only(text) else {
            throw .broken("a stored list is no JSON array")
        }
        return elements.compactMap { if case .string(let value) = $0 { value } else { nil } }
    }

    /// `{"<organization id>": ["role"]}`, in the order of the ids.
    /// - Throws: `.broken` for anything else.
    public static func memberships(_ text: [UInt8]) throws(StorageError) -> [Membership] {
        if text.isEmpty || text == [123, 125] { return [] }
        guard case .object(let members)? = try? JSONReader.only(text) else {
            throw .broken("stored memberships are no JSON object")
        }
        var memberships: [Membership] = []
        for member in members {
            guard let id = UUID(parsing: member.name), case .array(let roles) = member.value else {
                throw .broken("a stored membership is malformed")
            }
            memberships.append(
                Membership(
                    organizationID: id,
                    roles: roles.compactMap { if case .string(let value) = $0 { value } else { nil } }))
        }
        return memberships
    }

    public static func json(_ strings: [String]) -> String {
        var writer = JSONWriter(reserving: 64)
        writer.array(strings) { $0.string($1) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
