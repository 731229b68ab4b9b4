internal import Storage
internal import Synchronization

/// Callers of sessions that storage has handed out before. A session does not change, so its caller is the same.
///
/// One for each loop: nobody waits for its lock.
final class KnownCallers: Sendable {
    private let callers = Mutex<[String: (session: SessionRecord, caller: Caller)]>([:])

    private static let limit = 2_048

    func caller(of session: SessionRecord) -> Caller {
        callers.withLock { callers in
            if let known = callers[session.key.id], known.session === session { return known.caller }
            let caller = Caller(key: session.key, user: session.user)
            if callers.count >= Self.limit { callers.removeAll(keepingCapacity: true) }
            callers[session.key.id] = (session, caller)
            return caller
        }
    }
}
