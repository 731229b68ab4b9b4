internal import HTTP
internal import Storage

/// `{user}` is `me`, an id or a username (users.md §1.5).
struct UserResolver: Sendable {
    let store: any UserStore
    let faults: Faults

    /// - Throws: `.notFound` for nobody, and for somebody whom the caller may not read.
    func resolve(_ path: PathSegments, _ index: Int, for caller: Caller) async throws(APIError) -> UserRecord {
        if let user = try resolveAtOnce(path, index, for: caller) { return user }
        guard let user = try await find(path[index]), caller.can(.read, .user(user.id)) else { throw .notFound }
        return user
    }

    /// `me`; nil for everybody else, who has to be looked for.
    /// - Throws: `.notFound` for a caller who may not read itself.
    func resolveAtOnce(_ path: PathSegments, _ index: Int, for caller: Caller) throws(APIError) -> UserRecord? {
        guard path.segment(index, is: "me") else { return nil }
        guard caller.can(.read, .user(caller.id)) else { throw .notFound }
        return caller.user
    }

    private func find(_ segment: ArraySlice<UInt8>) async throws(APIError) -> UserRecord? {
        // No name holds a NUL, and Postgres would refuse to look for it.
        guard !segment.contains(0) else { return nil }
        let text = String(decoding: segment, as: UTF8.self)
        do throws(StorageError) {
            if let id = UUID(parsing: text) { return try await store.user(id: id) }
            return try await store.findUser(username: text)
        } catch {
            if case .notFound = error { return nil }
            throw faults.error(error)
        }
    }
}
