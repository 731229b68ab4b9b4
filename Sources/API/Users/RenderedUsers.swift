internal import HTTP
internal import Storage
internal import Synchronization

/// Users and pages of them as they were last written. Whoever asks for what has not changed is sent the same bytes:
/// what they were made of is compared with what storage has just given, so they are never older than that.
///
/// One for each loop: nobody waits for its lock.
final class RenderedUsers: Sendable {
    private struct Kept {
        var users: [UUID: (user: UserRecord, body: [UInt8])] = [:]
        var pages: [ObjectIdentifier: (page: UserPage, body: [UInt8])] = [:]
    }

    private let kept = Mutex(Kept())

    private static let userLimit = 2_048
    private static let pageLimit = 32
    /// Longer pages are written anew each time.
    private static let pageBytes = 128 << 10

    func reply(_ user: UserRecord) -> Reply {
        let body = kept.withLock { kept in
            if let known = kept.users[user.id], known.user == user { return known.body }
            let body = Reply.body(UserWire(user))
            if kept.users.count >= Self.userLimit { kept.users.removeAll(keepingCapacity: true) }
            kept.users[user.id] = (user, body)
            return body
        }
        return Reply(.ok, body: body)
    }

    func reply(_ page: UserPage) -> Reply {
        let known = kept.withLock { $0.pages[ObjectIdentifier(page)]?.body }
        if let known { return Reply(.ok, body: known) }
        let body = Reply.body(UserPageWire(page: page))
        if body.count <= Self.pageBytes {
            kept.withLock { kept in
                if kept.pages.count >= Self.pageLimit { kept.pages.removeAll(keepingCapacity: true) }
                // The page is kept, too: its identity is nobody else's as long as it is.
                kept.pages[ObjectIdentifier(page)] = (page, body)
            }
        }
        return Reply(.ok, body: body)
    }
}
