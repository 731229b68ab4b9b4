/// A row of `gitsshkeys`, without the private key, which never leaves the database.
public struct SSHKeyRecord: Sendable, Equatable {
    public let userID: UUID
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// An `authorized_keys` line with its newline.
    public let publicKey: String

    public init(userID: UUID, createdAt: Timestamp, updatedAt: Timestamp, publicKey: String) {
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.publicKey = publicKey
    }
}

/// One key pair for each user.
public protocol SSHKeyStore: Sendable {
    /// - Throws: `.notFound`.
    func sshKey(ofUser id: UUID) async throws(StorageError) -> SSHKeyRecord

    /// Replaces both halves and stamps `updated_at`.
    /// - Throws: `.notFound`.
    func setSSHKey(_ pair: SSHKeyPair, ofUser id: UUID, at now: Timestamp) async throws(StorageError) -> SSHKeyRecord
}
