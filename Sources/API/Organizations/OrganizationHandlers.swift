internal import HTTP
internal import Storage

/// Organizations, as their members and the owners of the deployment see them (users.md §11, clients.md §4).
struct OrganizationHandlers: Sendable {
    let store: any OrganizationStore
    let faults: Faults

    /// `GET /organizations`
    @Sendable func list(_ call: Call) async throws(APIError) -> WireArray<OrganizationWire> {
        let caller = try call.caller
        do throws(StorageError) {
            return Self.readable(try await store.organizations(), by: caller)
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET /organizations/{organization}`
    @Sendable func get(_ call: Call) async throws(APIError) -> OrganizationWire {
        OrganizationWire(try await find(call.parameter(0), try call.caller))
    }

    /// `GET /users/{user}/organizations`
    @Sendable func ofUser(_ call: Call) async throws(APIError) -> WireArray<OrganizationWire> {
        let (caller, target) = (try call.caller, try call.target)
        do throws(StorageError) {
            return Self.readable(try await store.organizations(ofUser: target.id), by: caller)
        } catch {
            throw faults.error(error)
        }
    }

    /// `GET /users/{user}/organizations/{organizationname}`: by name only; the user need not be a member.
    @Sendable func named(_ call: Call) async throws(APIError) -> OrganizationWire {
        let caller = try call.caller
        guard let found = try await find(name: call.parameter(1)), OrganizationRules.mayRead(found, caller) else {
            throw .notFound
        }
        return OrganizationWire(found)
    }

    private static func readable(
        _ organizations: [OrganizationRecord], by caller: Caller
    ) -> WireArray<OrganizationWire> {
        WireArray(organizations.filter { OrganizationRules.mayRead($0, caller) }.map(OrganizationWire.init))
    }

    /// By id, by name, or `default`.
    /// - Throws: `.notFound`, also for an organization that the caller may not read.
    func find(_ text: String, _ caller: Caller) async throws(APIError) -> OrganizationRecord {
        let found: OrganizationRecord?
        do throws(StorageError) {
            if text == "default" {
                found = try await store.defaultOrganization()
            } else if let id = UUID(parsing: text) {
                found = try await store.findOrganization(id: id)
            } else {
                found = text.utf8.contains(0) ? nil : try await store.findOrganization(name: text)
            }
        } catch {
            throw faults.error(error)
        }
        guard let found, !found.isDeleted, OrganizationRules.mayRead(found, caller) else { throw .notFound }
        return found
    }

    private func find(name: String) async throws(APIError) -> OrganizationRecord? {
        if name.utf8.contains(0) { return nil }
        do throws(StorageError) {
            return try await store.findOrganization(name: name)
        } catch {
            throw faults.error(error)
        }
    }
}
