internal import HTTP
internal import JSON
internal import Loops
internal import Storage

/// Writes down who changed what (auth.md §13): with the change where it is a key or a session, otherwise behind the
/// answer. What cannot be written there stands in the server's log.
struct AuditLog: Sendable {
    let store: any AuditStore
    let background: Background
    let ambient: Ambient
    let faults: Faults

    /// What an entry is about.
    struct Subject: Sendable {
        let resource: AuditResource
        /// The user's, for keys too.
        let id: UUID
        var target = ""

        static func user(_ user: UserRecord) -> Subject { Subject(resource: .user, id: user.id, target: user.username) }

        /// The name `nil` is written as an empty text.
        static func key(of user: UUID, name: String = "") -> Subject {
            Subject(resource: .apiKey, id: user, target: name == "nil" ? "" : name)
        }
    }

    /// A status change that a sign-in or a use of a key caused (auth.md §3).
    static let dormancy = Array(#"{"automatic_actor":"coder","automatic_subsystem":"dormancy"}"#.utf8)

    /// Runs a change that the caller asked for; what it did, or the status that refused it, is written down.
    /// - Parameter change: fills in what changed, and may say more of the subject.
    func write<Value>(
        _ call: Call, _ action: AuditAction, _ subject: Subject, _ status: Status,
        _ change: (inout AuditDiff, inout Subject) async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        let caller = try call.caller
        var diff = AuditDiff()
        var subject = subject
        do throws(APIError) {
            let value = try await change(&diff, &subject)
            note(call, action, subject, by: caller.id, status, diff)
            return value
        } catch {
            note(call, action, subject, by: caller.id, error.status)
            throw error
        }
    }

    /// A dormant user has become active by signing in, or by using a key.
    func noteWakeUp(_ call: Call, _ user: UserRecord) {
        var diff = AuditDiff()
        diff.add("status", .string(UserStatus.dormant.rawValue), .string(UserStatus.active.rawValue))
        note(call, .write, .user(user), by: user.id, .ok, diff, additionalFields: Self.dormancy)
    }

    /// An entry for storage to write with the change.
    func entry(
        _ call: Call, _ action: AuditAction, _ subject: Subject, by actor: UUID, _ status: Status,
        _ diff: AuditDiff = AuditDiff(), additionalFields: [UInt8] = Array("{}".utf8)
    ) -> AuditRecord {
        let agent = call.request.text(HeaderName("User-Agent"))
        return AuditRecord(
            id: ambient.orderedID(at: call.now), time: call.now, userID: actor, ip: call.client.description,
            userAgent: agent.map { String($0.unicodeScalars.prefix(256).filter { $0.value != 0 }.map(Character.init)) },
            resource: subject.resource, resourceID: subject.id, target: subject.target, action: action,
            diff: diff.json, status: status.rawValue, additionalFields: additionalFields, requestID: call.requestID)
    }

    /// Writes one entry behind the answer.
    func note(
        _ call: Call, _ action: AuditAction, _ subject: Subject, by actor: UUID, _ status: Status,
        _ diff: AuditDiff = AuditDiff(), additionalFields: [UInt8] = Array("{}".utf8)
    ) {
        let record = entry(call, action, subject, by: actor, status, diff, additionalFields: additionalFields)
        let store = store
        let faults = faults
        let isTaken = background.add {
            do throws(StorageError) { try await store.insert(record) } catch {
                faults.note("an audit entry could not be written: \(record.action) by \(record.userID)", error)
            }
        }
        if !isTaken { faults.note("an audit entry was dropped: \(record.action) by \(record.userID)", .busy) }
    }
}
