internal import HTTP
internal import JSON
internal import Storage

/// `/users/{user}/gitsshkey` (keys-and-shell.md §7). The private key is never sent.
struct SSHKeyHandlers: Sendable {
    let store: any SSHKeyStore
    let keys: SSHKeyMaker
    let audit: AuditLog
    let faults: Faults

    @Sendable func get(_ call: Call) async throws(APIError) -> SSHKeyWire {
        let target = try call.target
        guard try call.caller.can(.readPersonal, .user(target.id)) else { throw .forbidden }
        do throws(StorageError) {
            return SSHKeyWire(key: try await store.sshKey(ofUser: target.id))
        } catch {
            throw faults.error(error)
        }
    }

    @Sendable func regenerate(_ call: Call) async throws(APIError) -> SSHKeyWire {
        let target = try call.target
        let subject = AuditLog.Subject(resource: .gitSSHKey, id: target.id)
        return try await audit.write(call, .write, subject, .ok) { (diff, subject) throws(APIError) in
            let caller = try call.caller
            guard caller.can(.readPersonal, .user(target.id)), caller.can(.updatePersonal, .user(target.id)) else {
                throw .forbidden
            }
            let pair = try await keys.make()
            do throws(StorageError) {
                let old = try await store.sshKey(ofUser: target.id)
                let new = try await store.setSSHKey(pair, ofUser: target.id, at: call.now)
                subject.target = new.publicKey
                diff.add("public_key", .string(old.publicKey), .string(new.publicKey))
                diff.addSecret("private_key")
                return SSHKeyWire(key: new)
            } catch {
                throw faults.error(error)
            }
        }
    }
}

struct SSHKeyWire: WireValue {
    let key: SSHKeyRecord

    func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.key("user_id")
            object.id(key.userID)
            object.key("created_at")
            object.time(key.createdAt)
            object.key("updated_at")
            object.time(key.updatedAt)
            object.key("public_key")
            object.string(key.publicKey)
        }
    }
}
