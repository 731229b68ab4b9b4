internal import HTTP
internal import Storage

/// `{user}` is `me`, an id or a username (users.md §1.5).
struct UserResolver: Sendable {
    let store: any UserStore
    let faults: Faults

    /// - Throws: `.notFound` for nobody, and for somebody whom the caller may not read.
    func resolve(_ path: PathSegments, _ index: Int, for caller: Caller) async throws(APIError) -> UserRecord {
        let user = path.segment(index, is: "me") ? caller.user : try await find(path[index])
        guard let user, caller.can(.read, .user(user.id)) else { throw .notFound }
        return user
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
