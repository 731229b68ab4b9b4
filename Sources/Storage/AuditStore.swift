/// `audit_action`, the ones that usersd writes.
public enum AuditAction: String, Sendable, CaseIterable {
    case create, write, delete, login, logout, register
    case requestPasswordReset = "request_password_reset"
}

/// `resource_type`, the ones that usersd writes.
public enum AuditResource: String, Sendable, CaseIterable {
    case user
    case apiKey = "api_key"
    case gitSSHKey = "git_ssh_key"
    case convertLogin = "convert_login"
}

/// A row of `audit_logs`: who did what to whom, and how it ended (database.md §2.15).
public struct AuditRecord: Sendable, Equatable {
    public var id: UUID
    public var time: Timestamp
    /// Who acted.
    public var userID: UUID
    /// An address without a mask.
    public var ip: String
    /// At most 256 characters; nil when the request had none.
    public var userAgent: String?
    public var resource: AuditResource
    /// The user's id, for keys too.
    public var resourceID: UUID
    /// The user name, the name of a token, or a public key.
    public var target: String
    public var action: AuditAction
    /// A JSON object: field to `{old, new, secret}`; empty for what was refused, and for sign-in and sign-out.
    public var diff: [UInt8]
    /// The status that was answered.
    public var status: Int
    /// A JSON object.
    public var additionalFields: [UInt8]
    public var requestID: UUID

    public init(
        id: UUID, time: Timestamp, userID: UUID, ip: String, userAgent: String?, resource: AuditResource,
        resourceID: UUID, target: String, action: AuditAction, diff: [UInt8], status: Int, additionalFields: [UInt8],
        requestID: UUID
    ) {
        self.id = id
        self.time = time
        self.userID = userID
        self.ip = ip
        self.userAgent = userAgent
        self.resource = resource
        self.resourceID = resourceID
        self.target = target
        self.action = action
        self.diff = diff
        self.status = status
        self.additionalFields = additionalFields
        self.requestID = requestID
    }
}

/// What happened, for whoever must know it later.
public protocol AuditStore: Sendable {
    func insert(_ record: AuditRecord) async throws(StorageError)
}
